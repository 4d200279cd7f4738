import Mixtures
import Numerics

/// Mixtures drawn at random and ranked by a model, as RegMix does.
package struct Simulation {
  /// The lowest predictions first.
  package let best: [[Double]]

  /// - Parameters:
  ///   - count: how many to draw.
  ///   - keeping: how many of the best to keep.
  ///   - concentrations: of the Dirichlet distribution.
  ///   - feasible: draws become the nearest of these; nil for no limits.
  package init(
    count: Int, keeping: Int, concentrations: [Double], seed: UInt64, stream: String,
    model: RegressionModel, feasible: FeasibleMixtures? = nil
  ) {
    let feasible = feasible.flatMap { $0.isWholeSimplex ? nil : $0 }
    var generator = SeededGenerator(seed: seed, stream: stream)
    var kept: [(value: Double, index: Int, mixture: [Double])] = []
    // Sorted now and then rather than at each draw.
    for index in 0..<count {
      var mixture = Simplex.dirichlet(concentrations: concentrations, using: &generator)
      if let feasible { mixture = feasible.nearest(to: mixture) }
      let value = model.objective(at: mixture)
      if kept.count >= keeping, value >= kept[keeping - 1].value { continue }
      kept.append((value, index, mixture))
      if kept.count >= 4 * keeping || index == keeping - 1 {
        kept.sort { ($0.value, $0.index) < ($1.value, $1.index) }
        kept.removeLast(max(kept.count - keeping, 0))
      }
    }
    kept.sort { ($0.value, $0.index) < ($1.value, $1.index) }
    best = kept.prefix(keeping).map(\.mixture)
  }

  /// The mean of the best mixtures.
  package var mean: [Double] {
    best[0].indices.map { part in best.reduce(0) { $0 + $1[part] } / Double(best.count) }
  }
}
