import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Chooses mixture, size and length by what runs are worth for knowing the best mixture at the target: `scale-bo`.
///
/// It begins with equal shares and an even spread at the smallest size's shortest length, and spends a share of what is
/// paid there, on a ``CheapLadder`` whose new mixtures are in turn spread evenly and those that the model holds most
/// promising: gains that look one run ahead would rather go on with a few mixtures than look at many. With the rest,
/// every new run, and every paused one that could go on for the price of the steps that it lacks, has a gain: how far
/// the lowest objective that is expected at the target will fall once it is known (the knowledge gradient over all
/// mixtures, from the joint posterior of a ``ScaleSurrogate``). ln gain - η ln cost is maximized: η falls from 1, gain
/// per cost, to 0 where a share of the budget is left. That share is kept for runs that reach the target.
///
/// It hands over the lowest expected objective among mixtures that were run, or one that was not if it is better by half
/// a deviation of their difference: a model's lowest mean of hundreds is lower than it should be. Where runs have got
/// to the target, a fifth of one is asked for of what has not.
struct ScaleSearch: FidelityMethod {
  let context: FidelityContext
  private var cache: (data: ScaleData, surrogate: ScaleSurrogate?)?
  private var fits = ScaleFitHistory()

  /// Of the budget, for the target alone.
  private static let reserve = 0.25
  /// The most mixtures that are weighed jointly.
  private static let contenders = 64
  /// Of what is paid, with the next run of the target, for the smallest size: less than half, as what it ranks
  /// must still be confirmed; much less leaves regions that nobody has looked at.
  private static let cheapShare = 0.4
  /// How many deviations better than a mixture that was run one must be that was not; and than one that was run at the
  /// target, one that was not run there.
  private static let caution = (unseen: 0.5, unfinished: 0.2)

  /// So many runs of the smallest size are enough, whatever the rest costs: from then on the gains decide.
  private static func cheapRuns(_ domains: Int) -> Int { 8 * domains + 10 }

  init(context: FidelityContext) { self.context = context }

  /// Where a measurement on the way has a price, it is not worth it: what follows tells more.
  var measuresOnTheWay: Bool { context.wholeCurves && context.grid.measuringIsFree }

  // MARK: Proposing

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let isWaiting = runs.contains(where: \.isUnderWay)
    let surrogate = surrogate(runs)
    if mustBeCheap(runs, budgetLeft), let step = cheapStep(surrogate, runs, budgetLeft) {
      return step
    }
    guard let surrogate else { return isWaiting ? nil : firstStep(runs, budgetLeft) }
    let known = withPending(surrogate, runs)
    let mixtures = contenders(known.surrogate, runs)
    guard !mixtures.isEmpty else { return nil }
    let belief = TargetBelief(known.surrogate, function, mixtures: mixtures.map(\.weights))
    let kept = keptBudget
    var moves = FidelityMoves(context, mixtures: mixtures, runs: runs, budgetLeft: budgetLeft) {
      context.cost(of: $0, runs: runs, measuringOnTheWay: measuresOnTheWay)
    }
    if budgetLeft <= kept + 1e-9 { moves.keepThoseToTarget() }
    let groups = moves.groups.map { group in
      (
        cell: context.cell(group.point),
        probes: group.moves.map {
          TargetBelief.Probe(mixture: $0.mixture, run: $0.run.flatMap { known.rows[$0] })
        }
      )
    }
    let gains = belief.gains(of: groups)
    let eta = min(max((budgetLeft - kept) / max(context.budget - kept, 1e-9), 0), 1)
    var best: (step: FidelityStep, score: Double)?
    for (group, gains) in zip(moves.groups, gains) {
      for (move, gain) in zip(group.moves, gains) where gain > 0 {
        let score = log(gain) - eta * log(max(move.cost, 1e-12))
        if best.map({ score > $0.score }) ?? true { best = (move.step, score) }
      }
    }
    if let best { return best.step }
    // No run is worth anything by the model: the target's of the lowest expected objective.
    let confirmation = moves.groups.first { $0.point == context.grid.target }?.moves.min {
      (belief.means[$0.mixture], $0.mixture) < (belief.means[$1.mixture], $1.mixture)
    }
    return isWaiting ? nil : confirmation?.step
  }

  // MARK: Cheap runs

  /// Whether too little is known from the smallest size for a target run to be well spent.
  private func mustBeCheap(_ runs: [FidelityRun], _ budgetLeft: Double) -> Bool {
    let small = runs.filter { $0.level == context.cheapest }
    if small.count < designCount { return true }
    guard small.count < Self.cheapRuns(context.domains.count) else { return false }
    let paid = context.budget - budgetLeft
    let cheap = small.reduce(0.0) { sum, run in
      guard let rung = run.goal ?? run.reached else { return sum }
      let cost = context.grid.levels[context.cheapest][rung]
      return sum + cost.trunkCost + cost.branchCost
    }
    return cheap < Self.cheapShare * (paid + min(dearest, budgetLeft))
  }

  private func cheapStep(
    _ surrogate: ScaleSurrogate?, _ runs: [FidelityRun], _ budgetLeft: Double
  ) -> FidelityStep? {
    func affordable(_ step: FidelityStep?) -> FidelityStep? {
      step.flatMap {
        context.admits($0, runs: runs)
          && context.cost(of: $0, runs: runs, measuringOnTheWay: measuresOnTheWay)
            <= budgetLeft + 1e-9
          ? $0 : nil
      }
    }
    if runs.count >= 3, let step = affordable(CheapLadder(context: context).promotion(runs)) {
      return step
    }
    let point = FidelityPoint(level: context.cheapest, rung: 0)
    let taken = runs.map(\.mixture)
    let count = runs.count { $0.level == context.cheapest }
    if count >= designCount, count % 2 == 1, let surrogate {
      let all = mixtures(surrogate, runs)
      let scores = bounds(surrogate, all.map(\.weights))
      let known = Set(runs.filter { $0.level == context.cheapest }.map(\.mixture.weights))
      let fresh = all.indices.filter {
        !known.contains(all[$0].weights) && context.admits(.start(all[$0], at: point), runs: runs)
      }
      if let best = fresh.min(by: { (scores[$0], $0) < (scores[$1], $1) }) {
        return affordable(.start(all[best], at: point))
      }
    }
    return affordable(
      spread(count, at: point, taken: taken).map { .start($0, at: point) })
  }

  /// Even shares, then points of an even spread.
  private func spread(_ ordinal: Int, at point: FidelityPoint, taken: [Mixture]) -> Mixture? {
    ordinal == 0
      ? UniformSearch(context: context).mixture
      : context.spreadMixture(ordinal - 1, at: point, taken: taken)
  }

  /// Where nothing is known and the smallest size cannot be had.
  private func firstStep(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    for level in context.grid.levels.indices where !context.closed.contains(level) {
      let point = FidelityPoint(level: level, rung: 0)
      guard let mixture = spread(runs.count, at: point, taken: runs.map(\.mixture)) else {
        continue
      }
      let step = FidelityStep.start(mixture, at: point)
      let cost = context.cost(of: step, runs: runs, measuringOnTheWay: measuresOnTheWay)
      return cost <= budgetLeft + 1e-9 ? step : nil
    }
    return nil
  }

  /// The longest run of the largest size that may be run, up to the target.
  private var dearest: Double {
    let target = context.grid.target
    if !context.closed.contains(target.level) { return 1 }
    let level = (0..<target.level).last { !context.closed.contains($0) } ?? 0
    return context.grid.levels[level].last!.trunkCost
  }

  /// In runs of the target: room for one, where the budget has it and such runs may be made.
  private var keptBudget: Double {
    if context.closed.contains(context.grid.target.level) { return 0 }
    return min(max(Self.reserve * context.budget, 1), 0.5 * context.budget)
  }

  /// Short runs of the smallest size, spread evenly: one more than domains, until a model can be made of them.
  private var designCount: Int { min(max(context.domains.count + 1, 6), 12) }

  /// The mixtures that could be best: of a pool those that are promising, or of all that are feasible.
  private func contenders(_ surrogate: ScaleSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    let all = mixtures(surrogate, runs)
    guard all.count > Self.contenders else { return all }
    let scores = bounds(surrogate, all.map(\.weights))
    let kept = Set(
      all.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(Self.contenders))
    return all.indices.filter { kept.contains($0) }.map { all[$0] }
  }

  private func bounds(_ surrogate: ScaleSurrogate, _ mixtures: [[Double]]) -> [Double] {
    surrogate.field(function, at: surrogate.targetQueries(mixtures)).differences.map {
      $0.mean - 1.5 * $0.deviation
    }
  }

  /// Those of a pool; or those that were run and those that the model holds best.
  private func mixtures(_ surrogate: ScaleSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    if let candidates = context.candidates { return context.sound(candidates, runs: runs) }
    var observed: [Mixture] = []
    var seen: Set<[Double]> = []
    for run in runs
    where context.feasible.contains(run.mixture.weights)
      && seen.insert(run.mixture.weights).inserted
    {
      observed.append(run.mixture)
    }
    observed = context.sound(observed, runs: runs)
    let scores = bounds(surrogate, observed.map(\.weights))
    let incumbents = observed.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
      .prefix(Self.contenders / 2).map { observed[$0] }
    let found = context.proposals(
      exponent: surrogate.exponent, incumbents: incumbents.map(\.weights),
      count: incumbents.count + 24, seed: context.seed &+ UInt64(runs.count)
    ) { bounds(surrogate, $0) }
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
    return (data.withRungs(atMost: 4), known.ids)
  }

  /// - Returns: nil with fewer than three runs measured.
  private mutating func surrogate(_ runs: [FidelityRun]) -> ScaleSurrogate? {
    guard let (data, _) = modelled(runs), data.count >= 3 else { return nil }
    if let cache, cache.data == data { return cache.surrogate }
    let surrogate = fits.fit(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) }
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
    guard let surrogate = surrogate(runs) else {
      return context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
    }
    let mixtures = mixtures(surrogate, runs)
    guard !mixtures.isEmpty else { return nil }
    let field = surrogate.field(function, at: surrogate.targetQueries(mixtures.map(\.weights)))
    let best = choice(mixtures, field, surrogate, runs)
    let rivals = field.differences.indices.sorted { a, b in
      let (x, y) = (field.differences[a], field.differences[b])
      let (u, v) = (x.mean - 2 * x.deviation, y.mean - 2 * y.deviation)
      return (u, a) < (v, b)
    }.prefix(Self.contenders).filter { $0 != best }
    let chance = TargetBelief(
      surrogate, function, mixtures: ([best] + rivals).map { mixtures[$0].weights }
    ).chances(seed: context.seed)?[0]
    return FidelityRecommendation(
      mixture: mixtures[best], predicted: field.values[best],
      probabilityOfBest: chance?.probabilityOfBest, expectedRegret: chance?.expectedRegret)
  }
}

extension ScaleSearch {
  /// Of all mixtures the one to hand over: the lowest calibrated mean among those that were run; one that was not
  /// only where it is very likely better; and where some got to the target, one that did not likewise.
  private func choice(
    _ mixtures: [Mixture], _ field: ScaleSurrogate.Field, _ surrogate: ScaleSurrogate,
    _ runs: [FidelityRun]
  ) -> Int {
    let target = context.grid.target
    let measured = Set(runs.filter { !$0.measurements.isEmpty }.map(\.mixture.weights))
    let finished = Set(
      runs.filter { $0.level == target.level && $0.losses(at: target.rung) != nil }
        .map(\.mixture.weights))
    func lowest(_ places: [Int]) -> Int? {
      places.min { (field.values[$0].mean, $0) < (field.values[$1].mean, $1) }
    }
    let all = Array(mixtures.indices)
    let sets = [
      (all.filter { finished.contains(mixtures[$0].weights) }, 0),
      (all.filter { measured.contains(mixtures[$0].weights) }, Self.caution.unfinished),
      (all, Self.caution.unseen),
    ]
    var chosen: Int?
    for (set, caution) in sets {
      guard let rival = lowest(set) else { continue }
      guard let known = chosen, known != rival else {
        chosen = rival
        continue
      }
      let pair = TargetBelief(
        surrogate, function, mixtures: [mixtures[known].weights, mixtures[rival].weights])
      let gap = pair.difference(0, 1)
      if gap.mean > caution * gap.deviation { chosen = rival }
    }
    return chosen!
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
