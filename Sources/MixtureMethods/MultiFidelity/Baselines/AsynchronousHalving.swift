import Foundation
import Mixtures
import Numerics

/// Asynchronous successive halving (Li et al., *A System for Massively Parallel Hyperparameter Tuning*,
/// MLSys 2020, algorithm 2): a run goes on as soon as it is among the best 1/η of those known at its rung,
/// from the highest rung down; where none is, a new one begins. Nothing ever waits.
struct AsynchronousHalving: FidelityMethod {
  let context: FidelityContext
  private let eta: Double
  /// From the least of the resource to the target.
  private let rungs: [FidelityPoint]
  /// In the order in which they are drawn; nil where there is no end to them.
  private let pool: [Mixture]?

  init(along kind: ResourcePath.Kind, eta: Double = 3, context: FidelityContext) {
    self.context = context
    self.eta = eta
    let path = ResourcePath(kind, along: context.grid)
    let rungs = path.rungs(bracket: path.brackets(eta: eta), eta: eta)
    self.rungs = rungs
    pool = context.shuffledCandidates("asynchronous halving")?.filter { mixture in
      rungs.allSatisfy { context.reaches($0, with: mixture) }
    }
  }

  var measuresOnTheWay: Bool { context.grid.measuringIsFree }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let index = RunIndex(runs, context: context)
    var mixtures: [Mixture] = []
    var seen: Set<[Double]> = []
    for run in runs where seen.insert(run.mixture.weights).inserted { mixtures.append(run.mixture) }

    /// Mixtures measured at a rung, the best first.
    func ranked(_ rung: Int) -> [(mixture: Mixture, value: Double)] {
      let known = mixtures.compactMap { mixture -> (mixture: Mixture, value: Double)? in
        guard case .measured(let value) = index.state(of: mixture, at: rungs[rung]) else {
          return nil
        }
        return (mixture, value)
      }
      return known.indices.sorted { (known[$0].value, $0) < (known[$1].value, $1) }
        .map { known[$0] }
    }
    /// The best of a rung's first that is not promoted yet.
    func promotion(of ranked: ArraySlice<(mixture: Mixture, value: Double)>, from rung: Int)
      -> FidelityStep?
    {
      for (mixture, value) in ranked where value.isFinite {
        if let step = index.step(bringing: mixture, to: rungs[rung + 1]) { return step }
      }
      return nil
    }

    let fields = rungs.indices.dropLast().map(ranked)
    for rung in fields.indices.reversed() {
      let share = Int(floor(Double(fields[rung].count) / eta + 1e-9))
      if let step = promotion(of: fields[rung].prefix(share), from: rung) { return step }
    }
    if let pool {
      if mixtures.count < pool.count { return .start(pool[mixtures.count], at: rungs[0]) }
      // A pool has an end, which the authors' configurations have not: the next best go on.
      for rung in fields.indices.reversed() {
        if let step = promotion(of: fields[rung][...], from: rung) { return step }
      }
      return nil
    }
    var generator = SeededGenerator(
      seed: context.seed, stream: "asynchronous configuration \(mixtures.count)")
    return .start(context.uniformMixture(using: &generator), at: rungs[0])
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
  }
}
