import Foundation
import Mixtures
import Numerics
import RunTables
import TableSearches

/// A table whose losses come from a formula with a known best.
enum Fixture {
  static let domains = ["books", "web", "code"]

  /// Each domain's loss falls with its own weight and a little with the next one's.
  static func losses(_ w: [Double]) -> [Double] {
    (0..<3).map { i -> Double in
      let own = w[i]
      let next = w[(i + 1) % 3]
      return 3 + 0.5 * exp(-4 * own) + 0.4 * exp(-9 * own - 2 * next)
    }
  }

  static func table(
    count: Int, seed: UInt64 = 1, noise: Double = 0, empty: Int = 0
  ) throws -> RunTable {
    var generator = SeededGenerator(seed: seed, stream: "fixture")
    let rows = SobolSequence.simplexPoints(parts: 3, count: count, seed: seed).enumerated().map {
      index, w in
      RunTable.Row(
        path: "t.csv", line: index + 2, name: "\(index + 1)", run: index,
        mixture: Mixture(domains: domains, proportionalTo: w),
        status: index >= count - empty ? .pending : .finished,
        losses: index >= count - empty
          ? [nil, nil, nil] : losses(w).map { $0 + noise * generator.normal() })
    }
    return RunTable(
      domains: domains, heldOut: domains, targets: domains, rows: rows,
      layout: TableLayout(domains: domains, heldOut: domains))
  }
}
