import GaussianProcesses
import Mixtures
import Numerics
import Synchronization

/// A search that fits a model of the losses to all its trials and hands over the model's optimum.
protocol FittedSearch: PredictsLosses {
  associatedtype Model: LossModel
  var context: MethodContext { get }
  var runs: FittedRuns<Model> { get set }
  /// Nil with too few finished trials.
  func fitted(to data: LawData) -> Model?
  /// The weights that the model holds best.
  func optimum(of model: Model) -> [Double]
}

extension FittedSearch {
  mutating func update(with observations: [Observation]) { runs.append(observations) }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard let model = runs.model(fitted(to:)) else { return runs.results.best(count) }
    return runs.results.recommendations(
      count, optimum: context.handedOver(optimum(of: model), by: model), model: model)
  }

  func lossModel() -> (any LossModel)? { runs.model(fitted(to:)) }
}

/// The trials that a search has seen, and the model that was made of them.
struct FittedRuns<Model: Sendable>: Sendable {
  private(set) var observations: [Observation] = []
  private(set) var results: ObservedMixtures
  private var remembered = Remembered<Model?>()

  init(objective: Objective, feasible: FeasibleMixtures) {
    results = ObservedMixtures(objective: objective, feasible: feasible)
  }

  mutating func append(_ new: [Observation]) {
    guard !new.isEmpty else { return }
    observations += new
    results.append(new)
    remembered = Remembered()
  }

  /// The mixtures that need not be tried again.
  func taken(with pending: [Mixture]) -> [Mixture] { observations.map(\.mixture) + pending }

  /// Fitted when it is first asked for.
  func model(_ fitted: (LawData) -> Model?) -> Model? {
    remembered.value { fitted(LawData(observations, objective: results.objective)) }
  }
}

/// A value computed when it is first asked for, by whichever copy asks.
final class Remembered<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    stored.withLock { stored in
      if let stored { return stored }
      let made = make()
      stored = made
      return made
    }
  }
}

extension ObservedMixtures {
  /// A model's optimum first, then the mixtures that were tried, by what the model says of them. The
  /// deviation of a prediction is the root of the mean squared residual: a law gives no other.
  func recommendations(
    _ count: Int, optimum: Mixture, model: any LossModel
  ) -> [Recommendation] {
    let residuals = entries.map { entry in
      value(of: entry.mixture)! - model.objective(at: entry.mixture.weights)
    }
    let deviation = residuals.isEmpty ? 0 : Statistics.rootMeanSquare(residuals)
    func recommendation(_ mixture: Mixture) -> Recommendation {
      Recommendation(
        mixture: mixture,
        predicted: Prediction(mean: model.objective(at: mixture.weights), deviation: deviation),
        observed: value(of: mixture))
    }
    let allowed = entries.filter {
      feasible?.contains($0.mixture.weights, tolerance: 1e-4) ?? true
    }
    let tried = allowed.map { recommendation($0.mixture) }.enumerated().sorted {
      ($0.element.predicted!.mean, $0.offset) < ($1.element.predicted!.mean, $1.offset)
    }.map(\.element)
    var chosen: [Recommendation] = []
    for candidate in [recommendation(optimum)] + tried where chosen.count < count {
      let isNew = chosen.allSatisfy {
        totalVariation($0.mixture.weights, candidate.mixture.weights) > 0.02
      }
      if isNew { chosen.append(candidate) }
    }
    return chosen
  }
}

extension MethodContext {
  /// A model's optimum as it may be handed over: the nearest feasible mixture, or of a pool the one that
  /// the model holds best.
  func handedOver(_ weights: [Double], by model: any LossModel) -> Mixture {
    if let pool {
      let best = pool.filter { feasible.contains($0.weights) }.enumerated().min {
        let (a, b) = (
          model.objective(at: $0.element.weights), model.objective(at: $1.element.weights)
        )
        return a != b ? a < b : $0.offset < $1.offset
      }
      if let best { return best.element }
    }
    return feasibleMixture(weights)
  }

  private func feasibleMixture(_ weights: [Double]) -> Mixture {
    let nearest = feasible.isWholeSimplex ? weights : feasible.nearest(to: weights)
    return Mixture(domains: domains, proportionalTo: nearest.map { max($0, 0) })
  }

  /// A mixture of a method's own design as it may be tried: the nearest feasible one, or of a pool the
  /// nearest (Euclid) that is not taken; nil where the pool has no other.
  func designed(_ weights: [Double], taken: [Mixture]) -> Suggestion? {
    guard let pool else { return Suggestion(mixture: feasibleMixture(weights), reason: .design) }
    func distance(_ mixture: Mixture) -> Double {
      zip(mixture.weights, weights).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let nearest = untried(in: pool, besides: taken).enumerated().min {
      let (a, b) = (distance($0.element), distance($1.element))
      return a != b ? a < b : $0.offset < $1.offset
    }
    return nearest.map { Suggestion(mixture: $0.element, reason: .design) }
  }
}
