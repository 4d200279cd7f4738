import Mixtures
import Numerics

/// A method of one size, with all of its runs at the target: `bo` as it is without smaller sizes.
struct TargetModelSearch: FidelityMethod {
  let context: FidelityContext
  private let method: String
  private var model: any MixtureMethod
  /// The runs that it has been told of.
  private var known: [Int] = []

  /// - Precondition: a method of the catalogue that needs nothing but domains and losses.
  init(_ method: String, context: FidelityContext) {
    self.method = method
    self.context = context
    model = Self.made(method, context)
  }

  private static func made(_ name: String, _ context: FidelityContext) -> any MixtureMethod {
    let target = context.grid.target
    let pool = context.candidates?.filter {
      context.reaches(target, with: $0)
    }
    let single = MethodContext(
      domains: context.domains, availableTokens: context.domains.map { _ in 1 },
      objective: context.objective, seed: context.seed,
      initialTrials: min(
        max(context.domains.count + 1, 4), max(Int(clamping: context.budget / 3), 2)),
      feasible: context.feasible, pool: pool, replicates: context.replicates)
    guard let made = try? makeMethod(named: name, context: single) else {
      preconditionFailure("expected a method without needs of its own, found \(name)")
    }
    return made
  }

  var measuresOnTheWay: Bool { false }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    learn(runs)
    let pending = runs.filter(\.isUnderWay).map(\.mixture)
    guard let mixture = model.suggest(pending: pending, ordinal: runs.count)?.mixture else {
      return nil
    }
    let step = FidelityStep.start(mixture, at: context.grid.target)
    return context.admits(step, runs: runs) ? step : nil
  }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    learn(runs)
    return model.recommendations(1).first.map {
      FidelityRecommendation(mixture: $0.mixture, predicted: $0.predicted)
    }
  }

  /// In the order in which runs began, so that nothing depends on which ended first: where an earlier one has
  /// ended since, all are told again.
  private mutating func learn(_ runs: [FidelityRun]) {
    let ended = runs.filter { !$0.isUnderWay }.map(\.id)
    guard ended != known else { return }
    var news = ended
    if ended.starts(with: known) {
      news = Array(ended.dropFirst(known.count))
    } else {
      model = Self.made(method, context)
    }
    known = ended
    let target = context.grid.target
    model.update(
      with: news.map { id in
        let run = runs[id]
        let losses = run.hasDiverged ? nil : run.losses(at: target.rung)
        let outcome: RunOutcome? = losses.map { losses in
          .losses(zip(context.outputs, losses).map { DomainLoss(domain: $0, loss: $1) })
        }
        return Observation(mixture: run.mixture, outcome: outcome ?? .unexplained)
      })
  }
}
