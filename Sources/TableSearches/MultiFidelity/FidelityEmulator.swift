import Foundation
import MixtureMethods
import Mixtures
import Numerics

/// A table of mixtures that nobody ran: between those of a real one, with losses from a ``Landscape`` that is
/// fitted to each size and rung by itself. It stands for a continuous space: many mixtures, none beyond
/// the hull of the real ones.
package struct FidelityEmulator: Sendable {
  /// How well one size and rung gives losses of mixtures that it has not seen.
  package struct Quality: Sendable, Codable {
    package var size: String
    package var tokens: Int
    package var mixtures: Int
    package var landscape: Landscape.Quality
  }

  /// Fewer mixtures than this at a rung say too little; it is left out.
  private static let leastMixtures = 12

  package let table: FidelityTable
  /// From the smallest size and shortest length on.
  package let qualities: [Quality]

  /// - Parameters:
  ///   - count: mixtures; those of the real table that are measured at the target are among them.
  ///   - forEach: calls its body with each of 0 ..< its first argument, on whatever threads.
  /// - Throws: ``ReplayError`` where the target has too few mixtures; what `forEach` throws.
  package init(
    fittedTo real: FidelityTable, count: Int, seed: UInt64 = 1,
    forEach: (Int, @escaping @Sendable (Int) throws -> Void) throws -> Void
  ) throws {
    struct Cell: Sendable {
      var level: Int
      var rung: Int
      var pool: RunPool
    }
    var cells: [Cell] = []
    for (level, rungs) in real.grid.levels.enumerated() {
      for rung in rungs.indices {
        let known = real.runs.indices.compactMap { mixture -> (Int, [Double])? in
          let replicates = real.comparableRuns(of: mixture, level: level).compactMap {
            $0.losses[rung]
          }
          guard !replicates.isEmpty else { return nil }
          return (
            mixture,
            real.objective.domains.indices.map { d in Statistics.mean(replicates.map { $0[d] }) }
          )
        }
        let isTarget = FidelityPoint(level: level, rung: rung) == real.grid.target
        guard known.count >= Self.leastMixtures || isTarget else { continue }
        guard known.count >= 8 else { throw ReplayError.tooFewRuns(found: known.count) }
        cells.append(
          Cell(
            level: level, rung: rung,
            pool: RunPool(
              domains: real.domains, objective: real.objective,
              mixtures: known.map { real.pool.mixtures[$0.0] }, losses: known.map(\.1))))
      }
    }
    let mixtures = Self.mixtures(between: real, count: count, seed: seed)
    let weights = mixtures.map(\.weights)
    let work = cells
    let fitted = Gathered<(quality: Landscape.Quality, losses: [[Double]])>(count: work.count)
    try forEach(work.count) { index in
      let landscape = Landscape(fittedTo: work[index].pool)
      fitted.set(index, (landscape.quality, weights.map { landscape.losses(at: $0) }))
    }
    let found = fitted.values
    let targetPlace = work.firstIndex {
      FidelityPoint(level: $0.level, rung: $0.rung) == real.grid.target
    }!
    qualities = zip(work, found).map { cell, fit in
      let scale = real.grid.levels[cell.level][cell.rung].scale
      return Quality(
        size: scale.size, tokens: scale.tokens, mixtures: cell.pool.count, landscape: fit.quality)
    }
    // Only what was fitted is on the grid.
    let levels = real.grid.levels.indices.map { level in
      work.indices.filter { work[$0].level == level }
    }
    let kept = levels.indices.filter { !levels[$0].isEmpty }
    let targetLevel = kept.firstIndex(of: real.grid.target.level)!
    table = FidelityTable(
      domains: real.domains, objective: real.objective,
      grid: FidelityGrid(
        levels: kept.map { level in
          levels[level].map { real.grid.levels[level][work[$0].rung] }
        },
        target: FidelityPoint(
          level: targetLevel, rung: levels[kept[targetLevel]].firstIndex(of: targetPlace)!)),
      mixtures: mixtures,
      runs: mixtures.indices.map { mixture in
        kept.map { level in
          [FidelityTable.Run(losses: levels[level].map { found[$0].losses[mixture] })]
        }
      }, notes: real.notes)
  }

  /// The real mixtures, then points between two to five of them, and as many between all.
  private static func mixtures(
    between real: FidelityTable, count: Int, seed: UInt64
  ) -> [Mixture] {
    var generator = SeededGenerator(seed: seed, stream: "emulated mixtures")
    let vertices = real.pool.mixtures
    var mixtures = Array(vertices.prefix(count))
    while mixtures.count < count {
      let corners = mixtures.count % 2 == 0 ? vertices.count : 2 + generator.integer(below: 4)
      let shares = Simplex.dirichlet(
        parts: corners, concentration: corners == vertices.count ? 0.3 : 1, using: &generator)
      var weights = [Double](repeating: 0, count: real.domains.count)
      for (corner, share) in shares.enumerated() {
        let vertex =
          corners == vertices.count
          ? vertices[corner] : vertices[generator.integer(below: vertices.count)]
        for j in weights.indices { weights[j] += share * vertex.weights[j] }
      }
      mixtures.append(Mixture(domains: real.domains, proportionalTo: weights))
    }
    return mixtures
  }
}
