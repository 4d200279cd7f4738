import GaussianProcesses
import Mixtures

/// What keeps it from trusting its model too far.
extension ScaleSearch {
  /// Of the target's size one in so many runs at a length goes on, and so many more may stop there.
  private static let (eta, slack) = (3, 6)
  /// Deviations by which another mixture is clearly better than equal shares.
  private static let clearly = 1.0
  /// So many mixtures are run at the target for each that is run there again.
  private static let mixturesPerRepeat = 3
  /// Of what is paid beyond so many runs of the target, the least share for runs that end there.
  private static let finishedShare = 0.75
  private var free: Double { min(2, context.budget / 4) }

  /// What must be done before anything else.
  enum Due: Equatable {
    /// A run of the target's size goes on from that rung to that.
    case promotion(from: Int, to: Int)
    /// A run ends at the target.
    case finished
  }

  /// Runs of the target's size go on as in successive halving: those at a length are no more than three times as many
  /// as at the next, and six. And of what has been paid beyond two runs of the target, or a quarter of the budget, three
  /// quarters at least are of runs that ended there. A model of runs that all stop short says nothing against itself.
  func due(_ runs: [FidelityRun]) -> Due? {
    let target = context.grid.target
    guard !context.closed.contains(target.level) else { return nil }
    let own = runs.filter { $0.level == target.level && !$0.hasDiverged }
    func reached(_ rung: Int) -> Int { own.count { Self.end($0) >= rung } }
    let rungs = doublingRungs + [target.rung]
    for (low, high) in zip(rungs, rungs.dropFirst()).reversed() where low < high {
      if reached(low) > Self.eta * reached(high) + Self.slack,
        own.contains(where: { !$0.isUnderWay && ($0.reached ?? -1) >= low && $0.reached! < high })
      {
        return .promotion(from: low, to: high)
      }
    }
    let finished = Double(reached(target.rung))
    return finished < Self.finishedShare * (paid(runs) - free) ? .finished : nil
  }

  /// Lengths of the target's size short of the target, each about twice as dear as the one before.
  private var doublingRungs: [Int] {
    let target = context.grid.target
    let costs = context.grid.costs(level: target.level)
    let last = max(target.rung - 1, 0)
    var chosen = [0]
    for rung in 0...last where costs[rung] >= 1.8 * costs[chosen[chosen.count - 1]] {
      chosen.append(rung)
    }
    if chosen.count > 1 { chosen[chosen.count - 1] = last }
    return chosen
  }

  /// The rung that a run has reached or is under way to.
  private static func end(_ run: FidelityRun) -> Int { max(run.goal ?? -1, run.reached ?? -1) }

  /// Equal shares, until they have been run at the target: what others are compared with when one is handed over, and,
  /// as no model proposed them, what tells where the model is wrong. Where small sizes mislead, runs of what they promise
  /// correct it only there, and it goes from one such mixture to the next.
  func referenceStep(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    let point = context.grid.target
    // A front is of many mixtures, none of which is compared with equal shares.
    guard context.front == nil, let even = UniformSearch(context: context).mixture else {
      return nil
    }
    let own = runs.filter { $0.level == point.level && $0.mixture.weights == even.weights }
    guard !own.contains(where: { $0.hasDiverged || Self.end($0) >= point.rung }) else { return nil }
    let step =
      own.last.map { FidelityStep.resume(run: $0.id, rung: point.rung) } ?? .start(even, at: point)
    return affordable(step, runs, budgetLeft)
  }

  /// Whether one of the mixtures is clearly better at the target than equal shares, so that a run of these would tell little.
  func isBeaten(by mixtures: [Mixture], _ surrogate: ScaleSurrogate) -> Bool {
    guard let even = UniformSearch(context: context).mixture else { return false }
    let queries = surrogate.targetQueries([even.weights] + mixtures.map(\.weights))
    return surrogate.field(function, at: queries) { _ in 0 }.differences.contains {
      $0.mean + Self.clearly * $0.deviation < 0
    }
  }

  /// At the target a mixture is run again only where three others have been run there for each such run.
  func isRepeatedTooOften(_ step: FidelityStep, _ runs: [FidelityRun]) -> Bool {
    let target = context.grid.target
    guard case .start(let mixture, let point) = step, point == target else { return false }
    let final = runs.filter { $0.level == target.level && Self.end($0) >= target.rung }
    let distinct = Set(final.map(\.mixture.weights))
    return distinct.contains(mixture.weights)
      && Self.mixturesPerRepeat * (final.count - distinct.count + 1) > distinct.count
  }

  /// The most promising of the runs that are due to go on.
  func promotion(
    _ due: Due?, _ belief: TargetBelief, _ moves: FidelityMoves, _ runs: [FidelityRun]
  ) -> FidelityStep? {
    guard case .promotion(let low, let high) = due else { return nil }
    let point = FidelityPoint(level: context.grid.target.level, rung: high)
    return moves.groups.first { $0.point == point }?.moves.filter {
      guard let run = $0.run else { return false }
      return (runs[run].reached ?? -1) >= low
    }.min { (lowest(belief, $0.mixture), $0.mixture) < (lowest(belief, $1.mixture), $1.mixture) }?
    .step
  }

  /// Where a mixture is worth what its run gives, as in a table of one run each, what has been run to the target is known:
  /// no smoother estimate of it counts. Then the mixture of the lowest run there is handed over, unless the one that was
  /// chosen has none and is expected to be lower still by as much caution.
  func judged(
    _ chosen: Mixture, _ surrogate: ScaleSurrogate, caution: Double, _ runs: [FidelityRun]
  ) -> Mixture {
    guard context.judgesRuns else { return chosen }
    let target = context.grid.target
    let known = runs.compactMap { run -> (mixture: Mixture, value: Double)? in
      guard run.level == target.level, !run.hasDiverged,
        context.feasible.contains(run.mixture.weights),
        let value = run.losses(at: target.rung).map(context.objective.value), value.isFinite
      else { return nil }
      return (run.mixture, value)
    }
    guard let lowest = known.min(by: { $0.value < $1.value }) else { return chosen }
    if known.contains(where: { $0.mixture == chosen }) { return lowest.mixture }
    let queries = surrogate.targetQueries([lowest.mixture.weights, chosen.weights])
    let field = surrogate.field(function, at: queries) { _ in 0 }
    let gap = field.values[1].mean - lowest.value
    return gap + caution * field.differences[1].deviation < 0 ? chosen : lowest.mixture
  }

  func lowest(_ belief: TargetBelief, _ place: Int) -> Double {
    belief.means[place] - max(belief.contrasts[place, place], 0).squareRoot()
  }
}
