import Foundation
import Numerics
import Runs
import Storage
import Studies

/// The table that a testbed writes, `runs.csv`: a row for each run and rung.
package struct TestbedTable: Sendable {
  package struct Row: Sendable {
    package var run: String
    package var size: String
    package var parameters: Int
    package var tokens: Int
    package var seed: UInt64
    package var weights: [Double]
    /// Of each held-out domain; nil where the run diverged.
    package var losses: [Double]?
    /// Over the training domains, nats per token.
    package var objective: Double?
  }

  package let domains: [String]
  package let heldOut: [String]
  package let rows: [Row]

  /// - Throws: `StorageError` for a file that cannot be read, `TestbedTableError` for one that is no such
  ///   table.
  package init(at path: String) throws {
    var reader = CSVReader([UInt8](try readFile(at: path)))
    func fields() throws -> [String]? {
      do {
        return try reader.next()?.map { String(decoding: $0, as: UTF8.self) }
      } catch let problem {
        throw TestbedTableError(path: path, line: problem.line, reason: problem.reason)
      }
    }
    let head = try fields() ?? []
    func column(_ name: String) throws -> Int {
      guard let index = head.firstIndex(of: name) else {
        throw TestbedTableError(
          path: path, line: 1,
          reason: "no column '\(name)'; expected the runs.csv that 'mixpipe testbed' writes")
      }
      return index
    }
    let (run, size, parameters) = (try column("run"), try column("size"), try column("parameters"))
    let (tokens, seed) = (try column("tokens"), try column("seed"))
    let weights = head.indices.filter { head[$0].hasPrefix("w_") }
    let losses = head.indices.filter { head[$0].hasPrefix("loss_") }
    let domains = weights.map { String(head[$0].dropFirst(2)) }
    let heldOut = losses.map { String(head[$0].dropFirst(5)) }
    let trained = heldOut.indices.filter { domains.contains(heldOut[$0]) }
    var rows: [Row] = []
    while let cells = try fields() {
      guard cells.count == head.count, let count = Int(cells[parameters]),
        let length = Int(cells[tokens]), let number = UInt64(cells[seed])
      else {
        throw TestbedTableError(
          path: path, line: reader.line,
          reason: "expected \(head.count) fields with whole parameters, tokens and seed")
      }
      let shares = weights.compactMap { Double(cells[$0]) }
      let values = losses.compactMap { Double(cells[$0]) }
      guard shares.count == weights.count else {
        throw TestbedTableError(path: path, line: reader.line, reason: "a weight is no number")
      }
      let isWhole = values.count == losses.count && values.allSatisfy(\.isFinite)
      let counted = trained.isEmpty ? Array(heldOut.indices) : trained
      rows.append(
        Row(
          run: cells[run], size: cells[size], parameters: count, tokens: length, seed: number,
          weights: shares, losses: isWhole ? values : nil,
          objective: isWhole && !counted.isEmpty
            ? counted.reduce(0) { $0 + values[$1] } / Double(counted.count) : nil))
    }
    self.init(domains: domains, heldOut: heldOut, rows: rows)
  }
}

extension TestbedTable {
  /// From a testbed's journal; what is under way is left out.
  package init(_ record: TestbedRecord) {
    let domains = record.runs.first?.key.mixture.domains ?? []
    let heldOut =
      record.runs.lazy.compactMap { run in
        run.outcomes?.lazy.compactMap { $0.outcome.result?.losses.map(\.domain) }.first
      }.first ?? domains
    let rows = record.runs.flatMap { run in
      (run.outcomes ?? []).map { rung in
        Row(
          run: run.name, size: run.key.conditions.size, parameters: run.key.conditions.parameters,
          tokens: rung.tokens, seed: run.key.seed, weights: run.key.mixture.weights,
          losses: rung.outcome.losses(of: heldOut), objective: run.mean(at: rung.tokens))
      }
    }
    self.init(domains: domains, heldOut: heldOut, rows: rows)
  }

  private init(domains: [String], heldOut: [String], rows: [Row]) {
    self.domains = domains
    self.heldOut = heldOut
    self.rows = rows
  }
}

/// A table that is no testbed's.
package struct TestbedTableError: Error, CustomStringConvertible {
  var path: String
  var line: Int
  var reason: String

  package var description: String { "\(path), line \(line): \(reason)" }
}
