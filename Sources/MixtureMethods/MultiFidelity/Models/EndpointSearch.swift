import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Multi-fidelity methods that model the objective at the end points of runs.
///
/// Runs that can be gone on with are candidates and cost what is left, as for every other method.
struct EndpointSearch: FidelityMethod {
  enum Design: Sendable {
    /// After Yen et al. (arXiv 2503.21023): 20 random configurations of the smallest size, then the largest
    /// expected improvement over cost^α over mixtures, sizes and three lengths, α = .99^iteration. Where the
    /// published code compares with the lowest loss at any fidelity, here it is the lowest posterior mean at the
    /// candidate's own: `mfms-fixed`.
    case expectedImprovement
    /// ADMIRE-BayesOpt (Chen et al., arXiv 2508.11551; `xo28/ADMIRE-BayesOpt`, version dc17795,
    /// `mfbayesopt_maxvalue.py`): one random run of the smallest size, then the most information about the lowest
    /// objective over cost, by one draw of it; every run goes to its size's end. What is handed over is the mixture
    /// of the largest such information at the target: `admire`.
    case maxValueEntropy
    /// The same with 32 draws, and the lowest posterior mean handed over: `admire-tuned`.
    case averagedMaxValueEntropy
  }

  let context: FidelityContext
  private let design: Design
  private var cache: (data: ScaleData, surrogate: EndpointSurrogate?)?

  init(_ design: Design, context: FidelityContext) {
    self.design = design
    self.context = context
  }

  var measuresOnTheWay: Bool { false }

  /// Random configurations to start with.
  private var initial: Int { design == .expectedImprovement ? 20 : 1 }

  /// Where runs of a size end.
  private func rungs(_ level: Int) -> [Int] {
    let all = context.grid.levels[level].indices
    let end =
      level == context.grid.target.level ? context.grid.target.rung : all.upperBound - 1
    guard design == .expectedImprovement else { return [end] }
    // 6000, 12000 and 19700 of 19700 steps.
    var chosen: [Int] = []
    for share in [0.305, 0.609, 1] {
      let wanted = share * context.tokens(level, end)
      let rung = (0...end).min {
        (abs(context.tokens(level, $0) - wanted), $0)
          < (abs(context.tokens(level, $1) - wanted), $1)
      }!
      if !chosen.contains(rung) { chosen.append(rung) }
    }
    return chosen
  }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    if runs.count < initial, let step = randomStep(runs, budgetLeft) { return step }
    guard let surrogate = surrogate(runs) else {
      return runs.contains(where: \.isUnderWay) ? nil : randomStep(runs, budgetLeft)
    }
    let mixtures = mixtures(surrogate, runs)
    let options = context.options(
      over: mixtures, runs: runs, budgetLeft: budgetLeft, measuringOnTheWay: false, rungs: rungs)
    guard !options.isEmpty else { return nil }
    let scores =
      switch design {
      case .expectedImprovement: improvements(options, mixtures, surrogate, runs)
      case .maxValueEntropy, .averagedMaxValueEntropy:
        informations(options, mixtures, surrogate, runs)
      }
    return scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }
      .map { options[$0].step }
  }

  /// A random mixture at the smallest size.
  private func randomStep(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    var generator = SeededGenerator(seed: context.seed, stream: "cheap run \(runs.count)")
    let ends = rungs(0)
    let rung = ends[generator.integer(below: ends.count)]
    let point = FidelityPoint(level: 0, rung: rung)
    let mixture: Mixture?
    if let order = context.shuffledCandidates("cheap mixtures") {
      mixture = order.first { context.admits(.start($0, at: point), runs: runs) }
    } else {
      mixture = context.uniformMixture(using: &generator)
    }
    guard let mixture else { return nil }
    let step = FidelityStep.start(mixture, at: point)
    return context.cost(of: step, runs: runs, measuringOnTheWay: false) <= budgetLeft + 1e-9
      ? step : nil
  }

  private func place(_ option: FidelityOption, _ mixtures: [Mixture]) -> EndpointSurrogate.Place {
    .init(
      weights: mixtures[option.mixture].weights, parameters: context.parameters(option.level),
      tokens: context.tokens(option.level, option.rungs.upperBound))
  }

  /// ln (expected improvement / cost^α).
  private func improvements(
    _ options: [FidelityOption], _ mixtures: [Mixture], _ surrogate: EndpointSurrogate,
    _ runs: [FidelityRun]
  ) -> [Double] {
    let power = pow(0.99, Double(max(runs.count - initial, 0)))
    let predictions = surrogate.losses(at: options.map { place($0, mixtures) }).map { $0[0] }
    // The incumbent at each fidelity: the lowest posterior mean there over the mixtures that were run at all.
    var observed: [[Double]] = []
    for run in runs where !observed.contains(run.mixture.weights) {
      observed.append(run.mixture.weights)
    }
    var incumbents: [FidelityPoint: Double] = [:]
    return options.indices.map { x in
      let point = FidelityPoint(level: options[x].level, rung: options[x].rungs.upperBound)
      let best =
        incumbents[point]
        ?? surrogate.losses(
          at: observed.map {
            .init(
              weights: $0, parameters: context.parameters(point.level),
              tokens: context.tokens(point.level, point.rung))
          }
        ).map { $0[0].mean }.min()!
      incumbents[point] = best
      let (mean, deviation) = (predictions[x].mean, predictions[x].deviation)
      return Normal.logImprovement((best - mean) / deviation).value + log(deviation)
        - power * log(options[x].cost)
    }
  }

  /// ln (information about the lowest objective at the target / cost).
  private func informations(
    _ options: [FidelityOption], _ mixtures: [Mixture], _ surrogate: EndpointSurrogate,
    _ runs: [FidelityRun]
  ) -> [Double] {
    let targets = surrogate.targetPlaces(mixtures.map(\.weights))
    let (means, covariance) = surrogate.posterior(
      0, at: targets + options.map { place($0, mixtures) })
    let count = mixtures.count
    let all = Array(0..<count)
    guard
      let factor = Cholesky(factoring: covariance.submatrix(rows: all, columns: all))?.factor
    else { return options.map { _ in 0 } }
    // One draw is another at each step, many may be the same.
    var generator = SeededGenerator(
      seed: context.seed,
      stream: design == .maxValueEntropy ? "max-value draw \(runs.count)" : "max-value draws")
    let lowest = (0..<(design == .maxValueEntropy ? 1 : 32)).map { _ -> Double in
      let deviations = factor.times(all.map { _ in generator.normal() })
      return all.reduce(.infinity) { min($0, means[$1] + deviations[$1]) }
    }
    let noise = pow(surrogate.noiseDeviation(0), 2)
    return options.indices.map { x in
      let (m, at) = (options[x].mixture, count + x)
      let variance = max(covariance[m, m], 1e-300)
      let cross = covariance[m, at]
      let explained = min(
        cross * cross / (variance * (max(covariance[at, at], 0) + noise)), 1 - 1e-12)
      let deviation = variance.squareRoot()
      let gain = MaxValueInformation.gain(
        explained: explained, gaps: lowest.map { (means[m] - $0) / deviation })
      return log(max(gain, 1e-300)) - log(options[x].cost)
    }
  }

  private var function: LossFunction { context.objective.lossFunction(of: context.outputs) }

  private mutating func surrogate(_ runs: [FidelityRun]) -> EndpointSurrogate? {
    guard let data = context.scaleData(runs)?.data.ends.reduced(to: function) else { return nil }
    if let cache, cache.data == data { return cache.surrogate }
    let surrogate = EndpointSurrogate(
      design == .expectedImprovement ? .product : .linearTruncated, data: data, iterations: 30)
    cache = (data, surrogate)
    return surrogate
  }

  private func mixtures(_ surrogate: EndpointSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    func bounds(_ mixtures: [[Double]]) -> [Double] {
      surrogate.targetLosses(at: mixtures).map { $0[0].mean - $0[0].deviation }
    }
    if let candidates = context.targetCandidates {
      return context.sound(candidates, runs: runs)
    }
    var observed: [Mixture] = []
    for run in runs where !observed.contains(run.mixture) { observed.append(run.mixture) }
    observed = context.sound(observed, runs: runs).filter {
      context.feasible.contains($0.weights)
    }
    let scores = bounds(observed.map(\.weights))
    let incumbents = observed.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(40)
      .map { observed[$0] }
    let found = context.proposals(
      exponent: 0.5, incumbents: incumbents.map(\.weights), count: incumbents.count + 24,
      seed: context.seed &+ UInt64(runs.count), score: bounds)
    return incumbents + found.dropFirst(incumbents.count)
  }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    guard let surrogate = surrogate(runs) else { return nil }
    let mixtures = mixtures(surrogate, runs)
    guard !mixtures.isEmpty else { return nil }
    let predictions = surrogate.targetLosses(at: mixtures.map(\.weights)).map { $0[0] }
    if design == .maxValueEntropy {
      let target = context.grid.target
      let options = mixtures.indices.map {
        FidelityOption(
          step: .start(mixtures[$0], at: target), mixture: $0, level: target.level,
          rungs: 0...target.rung, run: nil, cost: 1)
      }
      let scores = informations(options, mixtures, surrogate, runs)
      let most = scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }!
      let chosen = options[most].mixture
      return FidelityRecommendation(mixture: mixtures[chosen], predicted: predictions[chosen])
    }
    let best = predictions.indices.min {
      (predictions[$0].mean, $0) < (predictions[$1].mean, $1)
    }!
    return FidelityRecommendation(mixture: mixtures[best], predicted: predictions[best])
  }
}
