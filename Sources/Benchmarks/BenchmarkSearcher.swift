import MixtureMethods
import Mixtures
import Numerics

/// Who searches on a problem: a built-in method, or a command.
protocol BenchmarkSearcher {
  /// What to run next; nil where the search is over.
  mutating func next(runs: [FidelityRun], left: Double) throws -> FidelityStep?
  /// What it would hand over by what it has seen before the last call of ``next(runs:left:)``.
  mutating func handedOver(runs: [FidelityRun]) throws -> Mixture?
  /// What its model says of mixtures at the target: means, covariance, and how likely the one that it would hand over is
  /// the best of a pool; nil without one.
  mutating func belief(
    of mixtures: [Mixture], runs: [FidelityRun]
  ) -> (means: [Double], covariance: Matrix, probabilityOfBest: Double?)?
  /// Takes in a run that has ended.
  mutating func take(_ run: FidelityRun, cost: Double, left: Double) throws
  var measuresOnTheWay: Bool { get }
}

extension BenchmarkSearcher {
  func belief(
    of mixtures: [Mixture], runs: [FidelityRun]
  ) -> (means: [Double], covariance: Matrix, probabilityOfBest: Double?)? { nil }
}

/// A method that chooses size and length too.
struct SizesSearcher: BenchmarkSearcher {
  var method: any FidelityMethod
  private var handed: FidelityRecommendation?

  init(method: any FidelityMethod) { self.method = method }

  var measuresOnTheWay: Bool { method.measuresOnTheWay }

  mutating func next(runs: [FidelityRun], left: Double) -> FidelityStep? {
    method.next(runs: runs, budgetLeft: left)
  }

  mutating func handedOver(runs: [FidelityRun]) -> Mixture? {
    handed = method.recommendation(runs: runs)
    return handed?.mixture
  }

  mutating func belief(
    of mixtures: [Mixture], runs: [FidelityRun]
  ) -> (means: [Double], covariance: Matrix, probabilityOfBest: Double?)? {
    guard var predicting = method as? any PredictsTarget,
      let belief = predicting.targetBelief(of: mixtures, runs: runs)
    else { return nil }
    method = predicting
    return (belief.means, belief.covariance, handed?.probabilityOfBest)
  }

  mutating func take(_ run: FidelityRun, cost: Double, left: Double) {}
}

/// A method of one size, whose every run is one of the target.
struct OneSizeSearcher: BenchmarkSearcher {
  let problem: BenchmarkProblem
  var method: any MixtureMethod

  var measuresOnTheWay: Bool { false }

  func next(runs: [FidelityRun], left: Double) -> FidelityStep? {
    guard left >= 1 - 1e-9 else { return nil }
    return method.suggest(pending: [], ordinal: runs.count).map {
      .start($0.mixture, at: problem.target)
    }
  }

  func handedOver(runs: [FidelityRun]) -> Mixture? { method.recommendations(1).first?.mixture }

  mutating func take(_ run: FidelityRun, cost: Double, left: Double) {
    guard let losses = run.losses(at: problem.target.rung) else { return }
    method.update(with: [
      Observation(
        mixture: run.mixture,
        outcome: .losses(
          zip(problem.targets, losses).map { DomainLoss(domain: $0, loss: $1) }))
    ])
  }
}
