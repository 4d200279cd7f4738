import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// BOCA (Kandasamy et al., *Multi-fidelity Bayesian Optimisation with Continuous Approximations*, ICML 2017,
/// algorithm 1): the mixture of the lowest confidence bound at the target, at the cheapest fidelity where its
/// objective is still uncertain.
///
/// The model is a product of squared exponentials of mixture, size and length. A fidelity z is uncertain
/// where the posterior deviation exceeds γ(z) = √κ₀ ξ(z) (λ(z)/λ(z*))^q with q = 1/(p + d + 2), and it is one
/// to consider where ξ(z) > max ξ/√β. ξ² = 1 - φ(z, z*)² is what z leaves open of the target z*, λ the cost, p
/// the dimensions of fidelities and d those of mixtures, β = ½ d ln(2 l t + 1) at query t with l the mixtures'
/// diameter in lengthscales. Where no fidelity qualifies, it is the target. The first tenth of the budget goes
/// to random mixtures at random fidelities.
struct ConfidenceSearch: FidelityMethod {
  let context: FidelityContext
  private var cache: (data: ScaleData, surrogate: EndpointSurrogate?)?

  private static let randomShare = 0.1

  init(context: FidelityContext) { self.context = context }

  var measuresOnTheWay: Bool { false }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let paid = context.budget - budgetLeft
    guard paid >= Self.randomShare * context.budget, let surrogate = surrogate(runs) else {
      return randomStep(runs, budgetLeft)
    }
    let queries = runs.reduce(1) { $0 + $1.measurements.count + ($1.isUnderWay ? 1 : 0) }
    let dimensions = Double(context.domains.count - 1)
    let beta = max(
      0.5 * dimensions * log(2 * surrogate.diameter(ofOutput: 0) * Double(queries) + 1), 1)
    let mixtures = mixtures(surrogate, runs)
    let predictions = surrogate.targetLosses(at: mixtures.map(\.weights)).map { $0[0] }
    let bounds = predictions.map { $0.mean - beta.squareRoot() * $0.deviation }
    for place in mixtures.indices.sorted(by: { (bounds[$0], $0) < (bounds[$1], $1) }) {
      let options = context.options(
        over: [mixtures[place]], runs: runs, budgetLeft: budgetLeft, measuringOnTheWay: false
      ) { Array(context.grid.levels[$0].indices) }
      if let step = cheapest(of: options, mixtures[place], surrogate, beta: beta) { return step }
    }
    return nil
  }

  /// The cheapest step of a mixture to a fidelity that qualifies, or the one to the target.
  ///
  /// - Returns: nil where the target can be had no more.
  private func cheapest(
    of options: [FidelityOption], _ mixture: Mixture, _ surrogate: EndpointSurrogate, beta: Double
  ) -> FidelityStep? {
    let target = context.grid.target
    func isTarget(_ option: FidelityOption) -> Bool {
      option.level == target.level && option.rungs.upperBound == target.rung
    }
    guard let final = options.first(where: isTarget) else { return nil }
    let lower = options.filter { $0.cost < final.cost }
    let places = lower.map {
      EndpointSurrogate.Place(
        weights: mixture.weights, parameters: context.parameters($0.level),
        tokens: context.tokens($0.level, $0.rungs.upperBound))
    }
    guard !places.isEmpty else { return final.step }
    let deviations = surrogate.losses(at: places).map { $0[0].deviation }
    let gaps = places.map { surrogate.prior(ofOutput: 0, at: $0) }
    let widest = gaps.map(\.gap).max()!
    let power = 1 / (2 + Double(context.domains.count - 1) + 2)
    let qualified = lower.indices.filter {
      deviations[$0] > gaps[$0].deviation * gaps[$0].gap * pow(lower[$0].cost / final.cost, power)
        && gaps[$0].gap > widest / beta.squareRoot()
    }
    return qualified.min { (lower[$0].cost, $0) < (lower[$1].cost, $1) }.map { lower[$0].step }
      ?? final.step
  }

  private func randomStep(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    var generator = SeededGenerator(seed: context.seed, stream: "random query \(runs.count)")
    let points = context.grid.levels.indices.flatMap { level in
      context.grid.levels[level].indices.map { FidelityPoint(level: level, rung: $0) }
    }.filter { $0.level < context.grid.target.level || $0.rung <= context.grid.target.rung }
    for _ in 0..<100 {
      let point = points[generator.integer(below: points.count)]
      let mixture: Mixture
      if let candidates = context.candidates {
        guard !candidates.isEmpty else { return nil }
        mixture = candidates[generator.integer(below: candidates.count)]
      } else {
        mixture = context.uniformMixture(using: &generator)
      }
      let step = FidelityStep.start(mixture, at: point)
      if context.admits(step, runs: runs),
        context.cost(of: step, runs: runs, measuringOnTheWay: false) <= budgetLeft + 1e-9
      {
        return step
      }
    }
    return nil
  }

  /// Every measurement is a query of its own.
  private mutating func surrogate(_ runs: [FidelityRun]) -> EndpointSurrogate? {
    guard var data = context.scaleData(runs)?.data else { return nil }
    data.runs = data.runs.flatMap { run in
      run.tokens.indices.map {
        ScaleData.Run(
          weights: run.weights, parameters: run.parameters, tokens: [run.tokens[$0]],
          losses: [run.losses[$0]])
      }
    }
    data = data.reduced(to: context.objective.lossFunction(of: context.outputs))
    if let cache, cache.data == data { return cache.surrogate }
    let surrogate = EndpointSurrogate(.product, data: data, iterations: 30)
    cache = (data, surrogate)
    return surrogate
  }

  private func mixtures(_ surrogate: EndpointSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    if let candidates = context.targetCandidates {
      return context.sound(candidates, runs: runs)
    }
    var observed: [Mixture] = []
    for run in runs where !observed.contains(run.mixture) { observed.append(run.mixture) }
    observed = context.sound(observed, runs: runs).filter { context.feasible.contains($0.weights) }
    let found = context.proposals(
      exponent: 0.5, incumbents: observed.map(\.weights), count: observed.count + 24,
      seed: context.seed &+ UInt64(runs.count)
    ) { mixtures in
      surrogate.targetLosses(at: mixtures).map { $0[0].mean - $0[0].deviation }
    }
    return observed + found.dropFirst(observed.count)
  }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    guard let surrogate = surrogate(runs) else { return nil }
    let mixtures = mixtures(surrogate, runs)
    let predictions = surrogate.targetLosses(at: mixtures.map(\.weights)).map { $0[0] }
    return predictions.indices.min {
      (predictions[$0].mean, $0) < (predictions[$1].mean, $1)
    }.map { FidelityRecommendation(mixture: mixtures[$0], predicted: predictions[$0]) }
  }
}
