import Corpora
import ProxyModels
import Reports

/// What a person wants to know once a corpus is built: where every document went, and whether there is
/// enough of each domain.
struct CorpusReview {
  private let record: CorpusRecord

  init(_ record: CorpusRecord) { self.record = record }

  var text: String { "\n" + table.text + notes.map { "\n" + $0 + "\n" }.joined() }

  /// Columns that say nothing are left out.
  private var table: TextTable {
    let domains = record.domains.map(\.summary).filter { $0.fates != nil }
    let all: [(title: String, count: (DocumentFates) -> Int)] = [
      ("bad", { $0.bad.reduce(0) { $0 + $1.count } }), ("empty", \.empty),
      ("too short", \.tooShort), ("copies left out", \.copies), ("training", \.training),
      ("held out", \.heldOut), ("in neither", \.leftOut),
    ]
    let columns = all.filter { column in
      column.title == "training" || column.title == "held out"
        || domains.contains { column.count($0.fates!) > 0 }
    }
    var table = TextTable(
      [.init("domain", .left), .init("documents read")] + columns.map { .init($0.title) })
    for domain in domains {
      let fates = domain.fates!
      table.append(
        [visible(domain.name), "\(fates.read)"] + columns.map { "\($0.count(fates))" })
    }
    return table
  }

  private var notes: [String] {
    record.domains.flatMap { domain -> [String] in
      let summary = domain.summary
      let name = visible(summary.name)
      return (notesOfReading(summary.fates) + notesOfSize(summary)).map { "\(name): \($0)" }
    }
  }

  private func notesOfReading(_ fates: DocumentFates?) -> [String] {
    guard let fates else { return [] }
    var notes = fates.bad.map {
      "passed over \($0.count) \($0.count == 1 ? "line" : "lines"), \($0.reason); "
        + "the first at \(visible($0.first))"
    }
    if fates.repeated > 0 {
      notes.append(
        "the text of an earlier document came again \(times(fates.repeated)); copies are kept, on its "
          + "side ('--drop-copies' leaves them out)")
    }
    if fates.undecodable > 0 {
      notes.append(
        "\(fates.undecodableBytes) bytes in \(fates.undecodable) of \(fates.read) documents are not "
          + "UTF-8 and taken as they are; if that is another encoding, name it with '--encoding'")
    }
    if fates.otherFiles > 0 {
      notes.append("files of other kinds in the folders, passed over: \(fates.otherFiles)")
    }
    return notes
  }

  private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  /// What a run that measures on this corpus will find.
  private func notesOfSize(_ summary: DomainSummary) -> [String] {
    let wanted = HeldOutWindows.usualTokens
    let size = ModelSize.named("100k")!
    let least = HeldOutWindows.leastWindows * size.contextLength + 1
    let found = summary.heldOut.tokens
    var notes: [String] = []
    if found < least {
      notes.append(
        "\(found) held-out tokens, too few to measure on: 'train --size 100k' needs \(least); give "
          + "it about \((least - found) * 40 / 1000 + 1) kB more text")
    } else if found <= wanted {
      notes.append(
        "\(found) held-out tokens; a run measures on \(wanted) where there are as many, so this "
          + "domain's losses are less certain")
    }
    if summary.isTrained, summary.training.tokens <= size.contextLength {
      notes.append(
        "\(summary.training.tokens) training tokens, too few to train on: 'train --size 100k' needs "
          + "\(size.contextLength + 1)")
    }
    return notes
  }
}
