import Mixtures
import Numerics
import Runs

/// A sweep as its journal tells it: runs over sizes, learning rates and seeds.
package struct SweepRecord: Sendable {
  /// Runs that differ in nothing but their seeds.
  package struct Cell: Sendable, Hashable {
    package var conditions: RunConditions
    package var mixture: Mixture
    package var tokens: Int
    /// In the order in which they were asked for; nil where the run diverged or has not ended.
    package var runs: [Run]

    package struct Run: Sendable, Hashable {
      package var seed: UInt64
      package var outcome: RunOutcome?
    }

    /// The base learning rate; nil for runs of an earlier version, which did not keep it.
    package var learningRate: Double? { conditions.evaluator.trainer?.learningRate }

    /// Means over the training domains of the runs that finished, nats per token.
    package var means: [Double] {
      runs.compactMap { run in
        run.outcome?.losses(of: mixture.domains).map { Statistics.mean($0) }
      }
    }

    package var hasEnded: Bool { runs.allSatisfy { $0.outcome != nil } }
    package var diverged: Int { runs.count { $0.outcome?.hasDiverged == true } }

    /// Of the runs that finished, the middle one's tokens a second; nil where nobody knows.
    package var tokensPerSecond: Double? {
      let rates = runs.compactMap { $0.outcome?.result?.tokensPerSecond }.sorted()
      return rates.isEmpty ? nil : rates[rates.count / 2]
    }
  }

  package var folder: String
  /// By mixture in the order in which they were asked for, then by parameters, tokens and rate.
  package private(set) var cells: [Cell] = []

  /// Reads a folder's journal; a sweep at work is read as far as it has come.
  package static func read(folder: String) throws -> SweepRecord {
    SweepRecord(folder: folder, of: try RunGrid.ledger(of: folder))
  }

  package init(folder: String, of ledger: RunLedger) {
    self.folder = folder
    var mixtures: [Mixture] = []
    for record in ledger.records(of: RunGrid.sweep) {
      let key = record.request.key
      if !mixtures.contains(key.mixture) { mixtures.append(key.mixture) }
      let run = Cell.Run(seed: key.seed, outcome: record.outcome)
      let place = cells.firstIndex {
        $0.conditions == key.conditions && $0.mixture == key.mixture
          && $0.tokens == record.request.to
      }
      if let place {
        cells[place].runs.append(run)
      } else {
        cells.append(
          Cell(
            conditions: key.conditions, mixture: key.mixture, tokens: record.request.to,
            runs: [run]))
      }
    }
    func order(_ cell: Cell) -> (Int, Int, Int, Double) {
      (
        mixtures.firstIndex(of: cell.mixture)!, cell.conditions.parameters, cell.tokens,
        cell.rateOrder
      )
    }
    cells = cells.enumerated().sorted {
      let (a, b) = (order($0.element), order($1.element))
      return a != b ? a < b : $0.offset < $1.offset
    }.map(\.element)
  }

  /// Without those for which `isIncluded` is false.
  package func filtered(_ isIncluded: (Cell) -> Bool) -> SweepRecord {
    var result = self
    result.cells = cells.filter(isIncluded)
    return result
  }

  /// The lowest mean among cells that differ from this one in their rates only; nil where all diverged.
  package func best(beside cell: Cell) -> Double? {
    cells.filter {
      $0.mixture == cell.mixture && $0.tokens == cell.tokens
        && $0.conditions.size == cell.conditions.size
    }.compactMap { $0.means.isEmpty ? nil : Statistics.mean($0.means) }.min()
  }
}

extension SweepRecord.Cell {
  /// As a table shows it.
  package var rate: String {
    learningRate.map { "\($0)" }
      ?? OldSweepRun.rateFactor(of: conditions.evaluator).map { "\($0) × the default" } ?? "unknown"
  }

  fileprivate var rateOrder: Double {
    learningRate ?? OldSweepRun.rateFactor(of: conditions.evaluator) ?? 0
  }
}
