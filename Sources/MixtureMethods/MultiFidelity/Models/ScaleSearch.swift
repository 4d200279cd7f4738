import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Chooses mixture, size and length by what runs are worth for knowing the best mixture at the target: `scale-bo`.
///
/// It begins with equal shares, natural proportions and an even spread at the smallest size's shortest length. Of what is
/// paid, up to three runs of the target and .3 of the budget, two fifths are for runs of new mixtures at the smallest
/// size and three tenths evenly for those at the others, by a ``CheapPlan`` of each: which of them rank mixtures as the
/// target does is not known beforehand. With the rest, every new run, and every paused one that could go on for the price of the steps
/// that it lacks, has a gain: how far the lowest objective that is expected at the target will fall once it is known (the
/// knowledge gradient over all mixtures, from the joint posterior of a ``ScaleSurrogate``). ln gain - η ln cost is
/// maximized: η falls from 1, gain per cost, to 0 where a share of the budget is left. That share is kept for runs that
/// reach the target. No step costs more than all before it. What it may not leave undone, whatever the model says, is in
/// ``due(_:)``; the first run that ends at the target for this is of equal shares, unless another mixture is clearly
/// better.
///
/// Where a front of two losses is sought, every step seeks the lowest point of another augmented Chebyshev function of them
/// in place of the objective (``Scalarization``), by steps of the golden ratio between one loss and the other.
///
/// It hands over the lowest expected objective plus some of a deviation, both of the difference from equal shares: one
/// in the beginning, falling to a fifth. Where runs are what is judged, see ``judged(_:_:caution:_:)``.
struct ScaleSearch: FidelityMethod {
  let context: FidelityContext
  private var cache: (data: ScaleData, surrogate: ScaleSurrogate?)?
  private var fits: ScaleFitHistory
  /// The objective as a function of the model's outputs.
  private let objective: LossFunction
  /// What this step seeks in place of it, where a front is sought.
  private var turn: LossFunction?
  var function: LossFunction { turn ?? objective }

  /// Of the budget, for the target alone.
  private static let reserve = 0.25
  /// The most mixtures that are weighed jointly.
  private static let contenders = 64
  /// Of what is paid, for the smallest size, and evenly for the others: nobody knows beforehand which of them rank
  /// mixtures as the target does.
  private static let (smallShare, otherShare) = (0.4, 0.3)
  /// Up to so many runs of the target, and that much of the budget.
  private var sharedUntil: Double { min(3, 0.3 * context.budget) }
  /// Of what is paid, the least that a run may cost, and of a run of the target the most of that.
  private static let leastStep = 0.02
  /// Mixtures that are run at every size that is worth it.
  private static let anchors = 4
  /// The most that a ``CheapPlan`` begins at the smallest size and at each other.
  private static let (smallMost, otherMost) = (32, 16)

  init(context: FidelityContext) {
    self.context = context
    objective =
      context.composite
      ? context.objective.lossFunction(of: context.outputs) : LossFunction(coefficients: [1])
    fits = ScaleFitHistory(function: objective)
  }

  /// Where a measurement on the way has a price, it is not worth it: what follows tells more.
  var measuresOnTheWay: Bool {
    context.wholeCurves && context.grid.measuringIsFree && !context.matchesEpochs
  }

  // MARK: Proposing

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let isWaiting = runs.contains(where: \.isUnderWay)
    let surrogate = surrogate(runs)
    turn = surrogate.flatMap { scalarized(turnWeights(runs), $0, runs) }
    defer { turn = nil }
    if let step = sharedStep(surrogate, runs, budgetLeft) { return step }
    guard let surrogate else { return isWaiting ? nil : firstStep(runs, budgetLeft) }
    let known = withPending(surrogate, runs)
    let mixtures = contenders(known.surrogate, runs)
    guard !mixtures.isEmpty else { return nil }
    let belief = TargetBelief(known.surrogate, function, mixtures: mixtures.map(\.weights))
    let kept = keptBudget
    var moves = FidelityMoves(context, mixtures: mixtures, runs: runs, budgetLeft: budgetLeft) {
      context.cost(of: $0, runs: runs, measuringOnTheWay: measuresOnTheWay)
    }
    let due = due(runs)
    if budgetLeft <= kept + 1e-9 || due == .finished { moves.keepThoseToTarget() }
    moves.leaveOut { isRepeatedTooOften($0, runs) }
    if let step = promotion(due, belief, moves, runs) { return step }
    if due == .finished, let step = referenceStep(runs, budgetLeft),
      !isBeaten(by: mixtures, surrogate)
    {
      return step
    }
    let groups = moves.groups.map { group in
      (
        cell: context.cell(group.point),
        probes: group.moves.map {
          TargetBelief.Probe(mixture: $0.mixture, run: $0.run.flatMap { known.rows[$0] })
        }
      )
    }
    let gains = belief.gains(of: groups)
    // Cheap runs first, but none that costs next to nothing beside what has been paid, or as much as all before it.
    let costs = moves.groups.lazy.flatMap(\.moves).map(\.cost)
    let most = max(paid(runs), costs.min() ?? 0)
    let least = min(
      Self.leastStep * min(paid(runs), 1), costs.filter { $0 <= most + 1e-9 }.max() ?? 0)
    let eta = min(max((budgetLeft - kept) / max(context.budget - kept, 1e-9), 0), 1)
    var best: (step: FidelityStep, score: Double)?
    for (group, gains) in zip(moves.groups, gains) {
      for (move, gain) in zip(group.moves, gains)
      where gain > 0 && move.cost <= most + 1e-9 && move.cost >= least - 1e-9 {
        let score = log(gain) - eta * log(max(move.cost, 1e-12))
        if best.map({ score > $0.score }) ?? true { best = (move.step, score) }
      }
    }
    if let best { return best.step }
    // No run is worth anything by the model: at the target, what may be the lowest there.
    let confirmation = moves.groups.first { $0.point == context.grid.target }?.moves.min {
      (lowest(belief, $0.mixture), $0.mixture) < (lowest(belief, $1.mixture), $1.mixture)
    }
    return isWaiting ? nil : confirmation?.step
  }

  // MARK: Cheap runs

  /// What has been paid for runs, in runs of the target.
  func paid(_ runs: [FidelityRun]) -> Double {
    runs.reduce(0) { sum, run in
      guard let rung = run.goal ?? run.reached else { return sum }
      let cost = context.grid.levels[run.level][rung]
      return sum + cost.trunkCost + cost.branchCost
    }
  }

  /// The step, if it may be taken for no more than that.
  func affordable(
    _ step: FidelityStep?, _ runs: [FidelityRun], _ most: Double
  ) -> FidelityStep? {
    step.flatMap {
      context.admits($0, runs: runs)
        && context.cost(of: $0, runs: runs, measuringOnTheWay: measuresOnTheWay) <= most + 1e-9
        ? $0 : nil
    }
  }

  /// A run of the first size that has fewer than its share pays for; nil where all have theirs.
  private func sharedStep(
    _ surrogate: ScaleSurrogate?, _ runs: [FidelityRun], _ budgetLeft: Double
  ) -> FidelityStep? {
    let small = runs.count { $0.level == context.cheapest }
    if small < designCount {
      let rung = plan(context.cheapest, runs)?.rung ?? 0
      return affordable(newRun(context.cheapest, rung, surrogate, runs), runs, budgetLeft)
    }
    let most = min(budgetLeft, paid(runs) / 2)
    for level in openLevels {
      guard let plan = plan(level, runs), runs.count(where: { $0.level == level }) < plan.count
      else { continue }
      if let step = affordable(newRun(level, plan.rung, surrogate, runs), runs, most) {
        return step
      }
    }
    return nil
  }

  /// Sizes that may be run, up to the target's.
  private var openLevels: [Int] {
    (0...context.grid.target.level).filter { !context.closed.contains($0) }
  }

  private func plan(_ level: Int, _ runs: [FidelityRun]) -> CheapPlan? {
    let isSmallest = level == context.cheapest
    let share =
      isSmallest ? Self.smallShare : Self.otherShare / Double(max(openLevels.count - 1, 1))
    return CheapPlan(
      budget: share * min(paid(runs), sharedUntil),
      costs: context.grid.costs(level: level),
      least: isSmallest ? 1 : Self.anchors, most: isSmallest ? Self.smallMost : Self.otherMost)
  }

  /// A new run of a size to that rung, short of its last: of the first mixtures that there are, which tell how sizes
  /// differ, then of the most promising, by turns with an even spread at the smallest size.
  private func newRun(
    _ level: Int, _ rung: Int, _ surrogate: ScaleSurrogate?, _ runs: [FidelityRun]
  ) -> FidelityStep? {
    let rungs = context.grid.levels[level]
    let end = level == context.grid.target.level ? context.grid.target.rung : rungs.count - 1
    let point = FidelityPoint(level: level, rung: min(rung, max(end - 1, 0)))
    let own = runs.filter { $0.level == level }
    let known = Set(own.map(\.mixture.weights))
    let isSmallest = level == context.cheapest
    func fresh(_ mixture: Mixture) -> Bool {
      !known.contains(mixture.weights) && context.admits(.start(mixture, at: point), runs: runs)
    }
    if !isSmallest, own.count < Self.anchors,
      let mixture = context.sound(runs.map(\.mixture), runs: runs).first(where: fresh)
    {
      return .start(mixture, at: point)
    }
    if let surrogate, !isSmallest || own.count >= designCount && own.count % 2 == 1 {
      let all = mixtures(surrogate, runs).filter(fresh)
      let scores = bounds(surrogate, all.map(\.weights))
      if let best = all.indices.min(by: { (scores[$0], $0) < (scores[$1], $1) }) {
        return .start(all[best], at: point)
      }
    }
    return spread(own.count, at: point, taken: runs.map(\.mixture)).map { .start($0, at: point) }
  }

  /// Even shares, natural proportions where they are known, then points of an even spread. Of a pool what is nearest
  /// to even shares among those that can be had there, and at the target.
  private func spread(_ ordinal: Int, at point: FidelityPoint, taken: [Mixture]) -> Mixture? {
    if ordinal == 0 {
      guard let candidates = context.candidates else {
        return UniformSearch(context: context).mixture
      }
      func nearest(of all: [Mixture]) -> Mixture? {
        Mixture.uniform(over: context.domains)
          .nearest(of: all.filter { context.reaches(point, with: $0) })
      }
      return context.targetCandidates.flatMap(nearest) ?? nearest(of: candidates)
    }
    if ordinal == 1, context.pool == nil, let amounts = context.naturalAmounts,
      let natural = UniformSearch(proportions: amounts, context: context).mixture,
      !taken.contains(natural)
    {
      return natural
    }
    return context.spreadMixture(ordinal - 1, at: point, taken: taken)
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
    // Of a small pool all may have been run.
    guard !mixtures.isEmpty else { return [] }
    return surrogate.field(function, at: surrogate.targetQueries(mixtures)).differences.map {
      $0.mean - 1.5 * $0.deviation
    }
  }

  /// Those of a pool; or those that were run and those that the model holds best.
  private func mixtures(_ surrogate: ScaleSurrogate, _ runs: [FidelityRun]) -> [Mixture] {
    mixtures(surrogate, runs) { bounds(surrogate, $0) }
  }

  /// - Parameter score: the lower the better.
  private func mixtures(
    _ surrogate: ScaleSurrogate, _ runs: [FidelityRun], by score: ([[Double]]) -> [Double]
  ) -> [Mixture] {
    if let candidates = context.targetCandidates {
      return context.sound(candidates, runs: runs)
    }
    let observed = self.observed(runs)
    let scores = score(observed.map(\.weights))
    let ranked = observed.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    var incumbents = ranked.prefix(Self.contenders / 2).map { observed[$0] }
    if let even = UniformSearch(context: context).mixture, observed.contains(even),
      !incumbents.contains(even)
    {
      incumbents.append(even)
    }
    let found = context.proposals(
      exponent: surrogate.exponent, incumbents: incumbents.map(\.weights),
      count: incumbents.count + 24, seed: context.seed &+ UInt64(runs.count), score: score)
    // Scaling weights again could move their last bits, and runs are told apart by these.
    return incumbents + context.sound(Array(found.dropFirst(incumbents.count)), runs: runs)
  }

  /// Different feasible mixtures that were run and did not diverge.
  func observed(_ runs: [FidelityRun]) -> [Mixture] {
    var observed: [Mixture] = []
    var seen: Set<[Double]> = []
    for run in runs
    where context.feasible.contains(run.mixture.weights)
      && seen.insert(run.mixture.weights).inserted
    {
      observed.append(run.mixture)
    }
    return context.sound(observed, runs: runs)
  }

  // MARK: The model

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
  mutating func surrogate(_ runs: [FidelityRun]) -> ScaleSurrogate? {
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

  /// Of the deviation of a mixture's difference from equal shares, what is added to it where one is handed over. The
  /// lowest mean of hundreds is lower than it should be, and until something like runs of the target have been paid for,
  /// the model says what its priors do.
  private func caution(_ runs: [FidelityRun]) -> Double { 0.2 + 0.8 / (1 + 3 * paid(runs)) }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    guard let surrogate = surrogate(runs) else {
      return context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
    }
    // What one would train on without any run: another must be better by more than is not known of it.
    let even = UniformSearch(context: context).mixture
    let caution = caution(runs)
    func risks(_ field: ScaleSurrogate.Field) -> [Double] {
      field.differences.map { $0.mean + caution * $0.deviation }
    }
    let mixtures = mixtures(surrogate, runs) { weights in
      guard let even else { return bounds(surrogate, weights) }
      let queries = surrogate.targetQueries([even.weights] + weights)
      return Array(risks(surrogate.field(function, at: queries) { _ in 0 }).dropFirst())
    }
    guard !mixtures.isEmpty else { return nil }
    let base = even.flatMap(mixtures.firstIndex)
    let field = surrogate.field(
      function, at: surrogate.targetQueries(mixtures.map(\.weights)),
      reference: base.map { base in { _ in base } })
    let risks = risks(field)
    let lowest = mixtures.indices.min { (risks[$0], $0) < (risks[$1], $1) }!
    let judged = judged(mixtures[lowest], surrogate, caution: caution, runs)
    let best = mixtures.firstIndex(of: judged) ?? lowest
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

extension ScaleSearch: PredictsTarget {
  mutating func targetBelief(
    of mixtures: [Mixture], runs: [FidelityRun]
  ) -> (means: [Double], covariance: Matrix)? {
    guard let surrogate = surrogate(runs) else { return nil }
    let joint = surrogate.joint(function, at: surrogate.targetQueries(mixtures.map(\.weights)))
    return (joint.means, joint.covariance)
  }
}
