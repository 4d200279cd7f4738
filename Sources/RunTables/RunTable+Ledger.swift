import Mixtures
import Runs
import Storage

extension RunTable {
  /// The runs of an engine's journal as a table: the same as if they had been written as CSV.
  ///
  /// - Parameters:
  ///   - path: of the folder, for messages.
  ///   - heldOut: what has columns though nothing was measured yet.
  package init(
    _ ledger: RunLedger, path: String, heldOut: [String] = [], columns: Columns = Columns(),
    needsLosses: Bool = true
  ) throws {
    try self.init(
      [CellTable(ledger, path: path, heldOut: heldOut)], paths: [path], columns: columns,
      needsLosses: needsLosses)
  }

  /// The headings of an engine's runs.
  package static func heading(ofWeight domain: String) -> String { "weight_\(domain)" }
  package static func heading(ofLoss heldOut: String) -> String { "loss_\(heldOut)" }
}

extension CellTable {
  /// A row for each rung of each run; runs count from 1.
  ///
  /// - Parameter heldOut: what has columns though nothing was measured yet.
  init(_ ledger: RunLedger, path: String, heldOut: [String] = []) throws(RunTableError) {
    let records = ledger.records
    guard let first = records.first else { throw .noRows(path: path) }
    let domains = first.request.key.conditions.domains
    if let other = records.first(where: { $0.request.key.conditions.domains != domains }) {
      throw .domainsDiffer(
        path: path, found: other.request.key.conditions.domains, expectedAsIn: "its first run",
        expected: domains)
    }
    var measured = heldOut
    for record in records {
      for rung in record.outcomes ?? [] {
        for loss in rung.outcome.result?.losses ?? [] where !measured.contains(loss.domain) {
          measured.append(loss.domain)
        }
      }
    }
    let hasTokens = records.contains { $0.request.to > 1 }
    let hasSizes = records.contains { !$0.request.key.conditions.size.isEmpty }
    let head =
      ["run", "status", "seed"] + (hasSizes ? ["size"] : []) + (hasTokens ? ["tokens"] : [])
    self.path = path
    isJournal = true
    columns =
      head + domains.map(RunTable.heading(ofWeight:)) + measured.map(RunTable.heading(ofLoss:))
    dialect.form = .closed
    for record in records {
      let request = record.request
      func row(_ status: String, _ tokens: Int, _ losses: [DomainLoss]) {
        var cells = ["\(request.id + 1)", status, "\(request.seed)"]
        if hasSizes { cells.append(request.key.conditions.size) }
        if hasTokens { cells.append("\(tokens)") }
        cells += request.mixture.weights.map { "\($0)" }
        cells += measured.map { name in
          losses.first { $0.domain == name }.map { "\($0.loss)" } ?? ""
        }
        rows.append(Row(line: request.id + 2, cells: cells))
      }
      switch record.state {
      case .pending: row("pending", request.to, [])
      case .lost: row("lost", request.to, [])
      case .cancelled: row("cancelled", request.to, [])
      case .ended:
        for rung in record.outcomes ?? [] {
          switch rung.outcome {
          case .finished(let result): row("finished", rung.tokens, result.losses)
          case .diverged: row("diverged", rung.tokens, [])
          }
        }
      }
    }
  }
}
