import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Chooses mixture, size and length by what runs are worth for knowing the best mixture at the target: `scale-bo`.
///
/// The model is a ``ScaleSurrogate``. A candidate is a new run, or a paused one that goes on for the price of
/// the steps that it lacks. Its gain α is how far the lowest objective that is expected at the target will fall
/// once it is known (the knowledge gradient over all mixtures, from their joint posterior). Where nobody has run
/// the mixture that is best so far, a run says little alone, as it tells a mixture from the level that all have
/// there only beside another: so both together are a candidate too. ln α - η ln cost is maximized: η falls from
/// 1, gain per cost, to 0 where a share of the budget is left. That share is kept for runs that reach the target.
struct ScaleSearch: FidelityMethod {
  let context: FidelityContext
  private var cache: (data: ScaleData, surrogate: ScaleSurrogate?)?

  /// Of the budget, for the target alone.
  private static let reserve = 0.25
  /// The most mixtures that are weighed jointly.
  private static let contenders = 120

  init(context: FidelityContext) { self.context = context }

  /// Where a measurement on the way has a price, it is not worth it: what follows tells more.
  var measuresOnTheWay: Bool { context.wholeCurves && context.grid.measuringIsFree }

  // MARK: Proposing

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    if runs.count < designCount, let step = designStep(runs, budgetLeft) { return step }
    let isWaiting = runs.contains(where: \.isUnderWay)
    guard let surrogate = surrogate(runs) else {
      return isWaiting ? nil : designStep(runs, budgetLeft)
    }
    let known = withPending(surrogate, runs)
    let mixtures = mixtures(surrogate, runs)
    guard !mixtures.isEmpty,
      let belief = TargetBelief(known.surrogate, function, mixtures: mixtures.map(\.weights))
    else { return nil }
    let kept = keptBudget
    var options = context.options(
      over: mixtures, runs: runs, budgetLeft: budgetLeft, measuringOnTheWay: measuresOnTheWay
    ) { Array(context.grid.levels[$0].indices) }
    if budgetLeft <= kept + 1e-9 {
      let target = context.grid.target
      let final = options.filter { $0.level == target.level && $0.rungs.upperBound == target.rung }
      if !final.isEmpty { options = final }
    }
    let moves = moves(options, best: belief.best, budgetLeft)
    let gains = belief.gains(
      of: moves.map { $0.options.map { candidate(options[$0], known.rows) } })
    let eta = min(max((budgetLeft - kept) / max(context.budget - kept, 1e-9), 0), 1)
    let scores = moves.indices.map { log(gains[$0]) - eta * log(moves[$0].cost) }
    guard let best = scores.indices.max(by: { (scores[$0], -$0) < (scores[$1], -$1) }) else {
      return nil
    }
    if gains[best] > 0 { return options[moves[best].options[0]].step }
    return confirmation(options, belief)
  }

  /// Every option by itself, and with that of the best mixture to the same place, the latter first.
  private func moves(
    _ options: [FidelityOption], best: Int, _ budgetLeft: Double
  ) -> [(options: [Int], cost: Double)] {
    var moves = options.indices.map { (options: [$0], cost: options[$0].cost) }
    for (place, option) in options.enumerated() where option.mixture == best {
      for (other, rival) in options.enumerated()
      where rival.mixture != best && rival.level == option.level
        && rival.rungs.upperBound == option.rungs.upperBound
      {
        let cost = option.cost + rival.cost
        if cost <= budgetLeft + 1e-9 { moves.append(([place, other], cost)) }
      }
    }
    return moves
  }

  /// Where no run is worth anything by the model: the target's of the lowest expected objective.
  private func confirmation(_ options: [FidelityOption], _ belief: TargetBelief) -> FidelityStep? {
    let target = context.grid.target
    return options.filter { $0.level == target.level && $0.rungs.upperBound == target.rung }.min {
      (belief.means[$0.mixture], $0.mixture) < (belief.means[$1.mixture], $1.mixture)
    }?.step
  }

  /// In runs of the target: room for one, where the budget has it.
  private var keptBudget: Double {
    min(max(Self.reserve * context.budget, 1), 0.5 * context.budget)
  }

  /// Short runs of the smallest size, spread evenly: one more than domains, until a model can be made of them.
  private var designCount: Int { min(context.domains.count + 1, 12) }

  private func designStep(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    for level in context.grid.levels.indices {
      let last = context.grid.levels[level].count - 1
      // Every third one is longer, so that curves can be told from levels.
      let point = FidelityPoint(level: level, rung: runs.count % 3 == 2 ? last / 2 : last / 4)
      let cost = context.grid.extraCost(
        level: level, from: nil, to: point.rung, measuringOnTheWay: measuresOnTheWay)
      guard cost <= budgetLeft + 1e-9 else { return nil }
      if let mixture = context.spreadMixture(
        runs.count, at: point, taken: runs.map(\.mixture))
      {
        return .start(mixture, at: point)
      }
    }
    return nil
  }

  private func candidate(_ option: FidelityOption, _ rows: [Int?]) -> CurveCandidate {
    let tokens = option.rungs.map { context.tokens(option.level, $0) }
    return CurveCandidate(
      mixture: option.mixture, parameters: context.parameters(option.level),
      tokens: measuresOnTheWay ? tokens : [tokens[tokens.count - 1]],
      run: option.run.flatMap { rows[$0] })
  }

  /// The mixtures that could be best: of a pool those that are promising, or of all that are feasible.
  private func mixtures(_ surrogate: ScaleSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    func bounds(_ mixtures: [[Double]]) -> [Double] {
      surrogate.targetValues(of: function, at: mixtures).map { $0.mean - $0.deviation }
    }
    if let candidates = context.candidates {
      let sound = context.sound(candidates, runs: runs)
      guard sound.count > Self.contenders else { return sound }
      let scores = bounds(sound.map(\.weights))
      let kept = Set(
        sound.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(Self.contenders))
      return sound.indices.filter { kept.contains($0) }.map { sound[$0] }
    }
    var observed: [Mixture] = []
    for run in runs
    where !observed.contains(run.mixture) && context.feasible.contains(run.mixture.weights) {
      observed.append(run.mixture)
    }
    observed = context.sound(observed, runs: runs)
    let scores = bounds(observed.map(\.weights))
    let incumbents = observed.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
      .prefix(Self.contenders / 2).map { observed[$0] }
    let found = context.proposals(
      exponent: surrogate.exponent, incumbents: incumbents.map(\.weights),
      count: incumbents.count + 24, seed: context.seed &+ UInt64(runs.count), score: bounds)
    // Scaling weights again could move their last bits, and runs are told apart by these.
    return incumbents + found.dropFirst(incumbents.count)
  }

  // MARK: The model

  /// What is minimized, as a function of the model's outputs.
  private var function: LossFunction {
    context.composite
      ? context.objective.lossFunction(of: context.outputs) : LossFunction(coefficients: [1])
  }

  private func modelled(_ runs: [FidelityRun]) -> (data: ScaleData, ids: [Int])? {
    guard let known = context.scaleData(runs) else { return nil }
    var data = known.data
    if !context.wholeCurves { data = data.ends }
    if !context.composite {
      data = data.reduced(to: context.objective.lossFunction(of: context.outputs))
    }
    return (data, known.ids)
  }

  private mutating func surrogate(_ runs: [FidelityRun]) -> ScaleSurrogate? {
    guard let (data, _) = modelled(runs) else { return nil }
    if let cache, cache.data == data { return cache.surrogate }
    let surrogate = ScaleFit.selected(for: data).flatMap {
      ScaleSurrogate(data: data, fit: $0)
    }
    cache = (data, surrogate)
    return surrogate
  }

  /// The model as it will be once the runs under way have been measured, as if they gave what it expects; and
  /// for each run its row of the data.
  private func withPending(
    _ surrogate: ScaleSurrogate, _ runs: [FidelityRun]
  ) -> (surrogate: ScaleSurrogate, rows: [Int?]) {
    var rows = runs.map { _ in Int?.none }
    let ids = modelled(runs)?.ids ?? []
    for (row, id) in ids.enumerated() { rows[id] = row }
    var data = surrogate.data
    for run in runs {
      guard let goal = run.goal else { continue }
      let first = (run.measurements.last?.rung).map { $0 + 1 } ?? 0
      guard first <= goal else { continue }
      let tokens = (measuresOnTheWay ? first...goal : goal...goal).map {
        context.tokens(run.level, $0)
      }
      let losses = surrogate.losses(
        at: run.mixture.weights, parameters: context.parameters(run.level), tokens: tokens,
        ofRuns: false
      ).map { $0.map(\.mean) }
      if let row = rows[run.id] {
        data.runs[row].tokens += tokens
        data.runs[row].losses += losses
      } else {
        rows[run.id] = data.count
        data.runs.append(
          ScaleData.Run(
            weights: run.mixture.weights, parameters: context.parameters(run.level),
            tokens: tokens, losses: losses))
      }
    }
    guard data.runs != surrogate.data.runs,
      let later = ScaleSurrogate(data: data, fit: surrogate.fit)
    else { return (surrogate, rows) }
    return (later, rows)
  }

  // MARK: Handing over

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    guard let surrogate = surrogate(runs) else { return nil }
    let mixtures = mixtures(surrogate, runs)
    guard !mixtures.isEmpty else { return nil }
    let predictions = surrogate.targetValues(of: function, at: mixtures.map(\.weights))
    let best = predictions.indices.min {
      (predictions[$0].mean, $0) < (predictions[$1].mean, $1)
    }!
    let chance = TargetBelief(surrogate, function, mixtures: mixtures.map(\.weights))?
      .chances(seed: context.seed)?[best]
    return FidelityRecommendation(
      mixture: mixtures[best], predicted: predictions[best],
      probabilityOfBest: chance?.probabilityOfBest, expectedRegret: chance?.expectedRegret)
  }
}

extension ScaleSearch: PredictsCurves {
  mutating func predictedCurve(
    of mixture: Mixture, level: Int, runs: [FidelityRun]
  ) -> [Prediction]? {
    guard let surrogate = surrogate(runs) else { return nil }
    return surrogate.values(
      of: function, at: mixture.weights, parameters: context.parameters(level),
      tokens: context.grid.levels[level].indices.map { context.tokens(level, $0) }, ofRuns: true)
  }
}
