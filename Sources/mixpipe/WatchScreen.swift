import Foundation
import Mixtures
import Numerics
import Reports
import Runs
import Storage
import Studies

/// How far the runs of a folder's journal have come, for a terminal.
struct WatchScreen {
  private let folder: String
  private let now: Double
  private let records: [RunRecord]
  private let study: StudyConfiguration?
  private let objective: Objective?

  /// - Parameter now: seconds since 1970.
  /// - Throws: ``UnfitFolder`` for a folder without a journal of runs, `StorageError` for a damaged one.
  init(folder: String, now: Double) throws {
    self.folder = folder
    self.now = now
    // One journal for all commands; older ones are read as what it would have held.
    records = try RunGrid.ledger(of: folder).records
    if records.isEmpty {
      throw UnfitFolder(
        "\(folder): found no journal of runs; expected the folder of a study, a comparison, a testbed or a "
          + "sweep that has begun")
    }
    study = try StudyConfiguration.stored(in: folder)
    objective = try study?.objective ?? ComparisonConfiguration.stored(in: folder)?.objective
  }

  private func name(_ record: RunRecord) -> String {
    record.claims.first.map { "\($0.name) \($0.ordinal + 1)" } ?? "run \(record.request.id)"
  }

  /// The objective; the mean over the training domains where no study says what it is.
  private func loss(_ record: RunRecord) -> Double? {
    guard let outcome = record.outcome else { return nil }
    let domains = objective?.domains ?? record.request.key.conditions.domains
    return outcome.losses(of: domains).map { losses in
      objective?.value(of: losses) ?? Statistics.mean(losses)
    }
  }

  private var ended: [RunRecord] { records.filter { $0.state == .ended } }
  private var pending: [RunRecord] { records.filter { $0.state == .pending } }

  /// Of the wall's clock, for one run; nil before the first has ended.
  private var meanSeconds: Double? {
    let seconds = ended.map(\.seconds).filter { $0 > 0 }
    return seconds.isEmpty ? nil : Statistics.mean(seconds)
  }

  private struct Group {
    var name: String
    var purpose: RunClaim.Purpose
    var ended = 0
    var pending = 0
    var best: Double?
  }

  private var groups: [Group] {
    var groups: [Group] = []
    for record in records {
      for claim in record.claims {
        // The points of a grid are many, its sizes few.
        let name = claim.purpose == .grid ? record.request.key.conditions.size : claim.name
        let place =
          groups.firstIndex { $0.name == name && $0.purpose == claim.purpose } ?? groups.count
        if place == groups.count { groups.append(Group(name: name, purpose: claim.purpose)) }
        switch record.state {
        case .ended:
          groups[place].ended += 1
          if let loss = loss(record) { groups[place].best = min(groups[place].best ?? loss, loss) }
        case .pending: groups[place].pending += 1
        case .cancelled, .lost: break
        }
      }
    }
    return groups
  }

  /// Runs that a study may still ask for, at most; nil where nobody knows.
  private var left: Int? {
    guard let study else { return nil }
    // By claims: a run that several methods ask for counts for each.
    func count(_ purpose: RunClaim.Purpose) -> Int {
      ended.reduce(0) { $0 + $1.claims.count { $0.purpose == purpose } }
    }
    let searches = study.methods.reduce(0) { $0 + $1.trials }
    let confirmations = study.methods.reduce(0) {
      $0 + min(study.finalists, $1.trials) * study.confirmationSeeds
    }
    return max(searches - count(.search), 0) + max(confirmations - count(.confirmation), 0)
  }

  var text: String {
    var lines = ["\(folder)   \(Format.date(now))", ""]
    let diverged = ended.count { $0.outcome?.hasDiverged == true }
    let lost = records.count { $0.state == .lost }
    var counts = ["\(ended.count) runs have ended", "\(pending.count) are under way"]
    if diverged > 0 { counts.append("\(diverged) diverged") }
    if lost > 0 { counts.append("\(lost) were lost") }
    lines.append(counts.joined(separator: ", ") + ".")
    if let left, let meanSeconds, left > 0 {
      let workers = Double(max(pending.count, 1))
      lines.append(
        "At most \(left) runs are left, about \(Format.duration(Double(left) * meanSeconds / workers))."
      )
    }
    let searched = ended.filter { record in
      record.claims.contains { $0.purpose == .search || $0.purpose == .grid }
    }
    if let best = searched.compactMap({ record in loss(record).map { ($0, record) } })
      .min(by: { $0.0 < $1.0 })
    {
      lines.append(
        "Best so far: \(Format.loss(best.0)), \(name(best.1)): "
          + "\(Format.specification(best.1.request.key.mixture)).")
    }
    lines.append("")
    var table = TextTable([
      .init("", .left), .init("", .left), .init("ended"), .init("under way"), .init("lowest loss"),
    ])
    for group in groups {
      table.append([
        group.name, words(group.purpose), "\(group.ended)", "\(group.pending)",
        group.best.map(Format.loss) ?? "–",
      ])
    }
    lines.append(table.text)
    for record in pending {
      let since = now - record.askedAt
      let mean = meanSeconds.map { " of about \(Format.duration($0))" } ?? ""
      lines.append(
        "under way: \(name(record)), \(record.request.key.conditions.size), for "
          + "\(Format.duration(max(since, 0)))\(mean)")
    }
    for record in ended.sorted(by: { ($0.endedAt ?? 0) > ($1.endedAt ?? 0) }).prefix(3) {
      let outcome = loss(record).map(Format.loss) ?? "diverged"
      let ago = record.endedAt.map { ", \(Format.duration(max(now - $0, 0))) ago" } ?? ""
      lines.append("ended: \(name(record)), \(outcome)\(ago)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func words(_ purpose: RunClaim.Purpose) -> String {
    switch purpose {
    case .search: "search"
    case .confirmation: "fresh seeds"
    case .transfer: "transfer check"
    case .grid: "grid"
    }
  }
}
