import Mixtures

/// A method over sizes whose objective also has a price on leaving a mixture: the price is added to the targets' losses
/// before the method sees them, and taken off what it predicts. A mean and a worst of the targets both rise by just that,
/// at every size and length alike, so that any method can be pulled, whatever its model.
struct PulledFidelityMethod: FidelityMethod, PredictsCurves {
  private var base: any FidelityMethod
  private let pull: MixturePull
  private let targets: Int
  /// Of the losses that the method sees beyond the targets': where each stands among those of a run. Guards hold
  /// for losses as they were measured, also of a target.
  private let guarded: [Int]

  /// - Precondition: the context has a pull.
  /// - Throws: as ``makeFidelityMethod(named:context:)``.
  init(named name: String, context: FidelityContext) throws(FidelityMethodError) {
    let objective = context.objective
    pull = context.feasible.pull!
    targets = objective.targets.count
    var plain = context
    plain.feasible = context.feasible.withoutPull
    plain.objective = Objective(
      targets: objective.targets.map { $0 + " with the pull" }, proportionalTo: objective.weights,
      aggregate: objective.aggregate, references: objective.references, limits: objective.limits)
    let domains = objective.domains
    guarded = plain.objective.domains.dropFirst(targets).map { domains.firstIndex(of: $0)! }
    base = try makeFidelityMethod(named: name, context: plain)
  }

  private func pulled(_ runs: [FidelityRun]) -> [FidelityRun] {
    runs.map { run in
      let price = pull.value(at: run.mixture.weights)
      var run = run
      run.measurements = run.measurements.map { known in
        .init(
          rung: known.rung,
          losses: known.losses.prefix(targets).map { $0 + price } + guarded.map { known.losses[$0] }
        )
      }
      return run
    }
  }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    base.next(runs: pulled(runs), budgetLeft: budgetLeft)
  }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    guard var found = base.recommendation(runs: pulled(runs)) else { return nil }
    found.predicted?.mean -= pull.value(at: found.mixture.weights)
    return found
  }

  mutating func predictedCurve(
    of mixture: Mixture, level: Int, runs: [FidelityRun]
  ) -> [Prediction]? {
    guard var model = base as? any PredictsCurves else { return nil }
    let price = pull.value(at: mixture.weights)
    return model.predictedCurve(of: mixture, level: level, runs: pulled(runs))?.map {
      Prediction(mean: $0.mean - price, deviation: $0.deviation)
    }
  }

  var measuresOnTheWay: Bool { base.measuresOnTheWay }
}
