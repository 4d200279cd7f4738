import GaussianProcesses
import Mixtures
import Numerics

/// What runs of several sizes and lengths say of any mixture at the target: its loss on every held-out domain, whether
/// the objective counts it or not.
package struct TargetModel: MixturePredictor {
  package let domains: [String]
  package let outputs: [String]
  package let surrogate: ScaleSurrogate
  /// The objective, of the outputs.
  package let function: LossFunction
  package let feasible: FeasibleMixtures
  /// The feasible mixture of the lowest expected objective.
  package let optimum: Mixture

  package var pool: [Mixture]? { nil }
  package var runs: Int { surrogate.data.count }
  /// The standard deviation of one run's own noise in the objective, at the optimum.
  package var noise: Double { surrogate.runNoise(of: function, at: optimum.weights) }

  /// Fits the model of `scale-bo` to the runs, whatever method asked for them.
  ///
  /// - Parameter context: its outputs are what is predicted.
  /// - Returns: nil with fewer than three runs measured, for a pool, and where leaving a mixture has a price.
  package init?(_ context: FidelityContext, runs: [FidelityRun]) {
    guard context.pool == nil, context.feasible.pull == nil, !context.judgesRuns else { return nil }
    var context = context
    context.composite = true
    context.front = nil
    var search = ScaleSearch(context: context)
    guard let surrogate = search.surrogate(runs) else { return nil }
    let function = context.objective.lossFunction(of: context.outputs)
    func means(_ mixtures: [[Double]]) -> [Double] {
      surrogate.targetMeans(of: function, at: mixtures)
    }
    let observed = search.observed(runs)
    let known = means(observed.map(\.weights))
    let best = observed.indices.sorted { (known[$0], $0) < (known[$1], $1) }.prefix(4)
    let candidates = context.proposals(
      exponent: surrogate.exponent, incumbents: best.map { observed[$0].weights },
      count: best.count + 8, seed: context.seed, score: means)
    let values = means(candidates.map(\.weights))
    guard let lowest = candidates.indices.min(by: { (values[$0], $0) < (values[$1], $1) }) else {
      return nil
    }
    optimum = candidates[lowest]
    domains = context.domains
    outputs = context.outputs
    feasible = context.feasible
    self.surrogate = surrogate
    self.function = function
  }

  package func predictions(
    of mixtures: [Mixture], against reference: Mixture?
  ) -> [MixturePrediction] {
    let base = reference ?? mixtures[0]
    let queries = surrogate.targetQueries(([base] + mixtures).map(\.weights))
    func field(_ function: LossFunction) -> ScaleSurrogate.Field {
      surrogate.field(function, at: queries) { _ in 0 }
    }
    let objective = field(function)
    let losses = outputs.indices.map { field(surrogate.unit($0)) }
    return mixtures.enumerated().map { place, mixture in
      var prediction = MixturePrediction(
        mixture: mixture, objective: objective.values[place + 1],
        losses: losses.map { $0.values[place + 1] })
      if let reference, reference != mixture {
        prediction.change = (
          objective.differences[place + 1], losses.map { $0.differences[place + 1] }
        )
      }
      return prediction
    }
  }

  package func objectives(at weights: [[Double]]) -> [Prediction] {
    surrogate.targetValues(of: function, at: weights)
  }

  package func means(at weights: [[Double]]) -> [Double] {
    surrogate.targetMeans(of: function, at: weights)
  }

  package func losses(at weights: [[Double]]) -> [[Prediction]] {
    surrogate.targetLosses(at: weights)
  }
}
