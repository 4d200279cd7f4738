import GaussianProcesses
import Mixtures
import Numerics

/// Two losses in place of one.
extension ScaleSearch {
  /// λ of the next step: by how many parts of runs have been measured or are under way.
  func turnWeights(_ runs: [FidelityRun]) -> [Double]? {
    guard context.front != nil, context.composite else { return nil }
    return Scalarization.weights(
      ofStep: runs.reduce(0) { $0 + $1.measurements.count + ($1.isUnderWay ? 1 : 0) })
  }

  /// The two losses as one, made comparable by what is expected at the target of mixtures that were run; nil without a
  /// front.
  func scalarized(
    _ weights: [Double]?, _ surrogate: ScaleSurrogate, _ runs: [FidelityRun]
  ) -> LossFunction? {
    guard let weights, let outputs = context.frontOutputs else { return nil }
    let mixtures = observed(runs).map(\.weights)
    guard !mixtures.isEmpty else { return nil }
    let points = surrogate.targetLosses(at: mixtures).map { $0.map(\.mean) }
    return Scalarization(outputs: outputs, weights: weights, points: points).function(
      outputs: context.outputs.count)
  }
}

extension ScaleSearch: PredictsFront {
  /// Directions in which mixtures are sought that nobody ran.
  private static let directions = 8

  mutating func front(runs: [FidelityRun]) -> ParetoFront? {
    guard let names = context.front, let outputs = context.frontOutputs, context.composite,
      let surrogate = surrogate(runs)
    else { return nil }
    let observed = observed(runs)
    var candidates: [(mixture: Mixture, isRun: Bool)] = []
    func add(_ mixtures: [Mixture], isRun: Bool) {
      for mixture in mixtures
      where candidates.allSatisfy({
        totalVariation($0.mixture.weights, mixture.weights) > 1e-6
      }) {
        candidates.append((mixture, isRun))
      }
    }
    add(Array(context.candidates ?? observed), isRun: true)
    if context.pool == nil {
      for place in 0..<Self.directions {
        let first = (Double(place) + 0.5) / Double(Self.directions)
        guard let function = scalarized([first, 1 - first], surrogate, runs) else { continue }
        func means(_ mixtures: [[Double]]) -> [Double] {
          surrogate.targetValues(of: function, at: mixtures).map(\.mean)
        }
        let scores = means(observed.map(\.weights))
        let best = observed.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(4)
        let found = context.proposals(
          exponent: surrogate.exponent, incumbents: best.map { observed[$0].weights },
          count: best.count + 6, seed: context.seed &+ UInt64(place), score: means)
        add(Array(found.dropFirst(best.count)), isRun: false)
      }
    }
    return ParetoFront(
      domains: names, outputs: outputs, candidates: candidates, surrogate: surrogate,
      seed: context.seed)
  }
}
