import MixtureMethods
import Mixtures

/// Who searches on a problem: a built-in method, or a command.
protocol BenchmarkSearcher {
  /// What to run next; nil where the search is over.
  mutating func next(runs: [FidelityRun], left: Double) throws -> FidelityStep?
  /// What it would hand over by what it has seen before the last call of ``next(runs:left:)``.
  mutating func handedOver(runs: [FidelityRun]) throws -> Mixture?
  /// Takes in a run that has ended.
  mutating func take(_ run: FidelityRun, cost: Double, left: Double) throws
  var measuresOnTheWay: Bool { get }
}

/// A method that chooses size and length too.
struct SizesSearcher: BenchmarkSearcher {
  var method: any FidelityMethod

  var measuresOnTheWay: Bool { method.measuresOnTheWay }

  mutating func next(runs: [FidelityRun], left: Double) -> FidelityStep? {
    method.next(runs: runs, budgetLeft: left)
  }

  mutating func handedOver(runs: [FidelityRun]) -> Mixture? {
    method.recommendation(runs: runs)?.mixture
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
