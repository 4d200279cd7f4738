import GaussianProcesses
import Mixtures

/// What keeps it from trusting its model too far.
extension ScaleSearch {
  /// So many runs may stop at a length of the target's size besides those of which one in ``CheapLadder/eta`` goes on.
  private static let slack = 6
  /// So many mixtures are run at the target for each that is run there again.
  private static let mixturesPerRepeat = 3
  /// Of what is paid beyond so many runs of the target, the least for runs that end there.
  private static let (free, finishedShare) = (1.25, 0.75)

  /// What must be done before anything else.
  enum Due: Equatable {
    /// A run of the target's size goes on from that rung to that.
    case promotion(from: Int, to: Int)
    /// A run ends at the target.
    case finished
  }

  /// Runs of the target's size go on as in successive halving: those at a length are no more than three times as many
  /// as at the next, and six. And of what has been paid beyond one and a quarter runs of the target, three quarters at
  /// least are of runs that ended there. A model of runs that all stop short says nothing against itself.
  func due(_ runs: [FidelityRun]) -> Due? {
    let target = context.grid.target
    guard !context.closed.contains(target.level) else { return nil }
    let own = runs.filter { $0.level == target.level && !$0.hasDiverged }
    func reached(_ rung: Int) -> Int { own.count { Self.end($0) >= rung } }
    let rungs = CheapLadder(context: context, level: target.level).rungs + [target.rung]
    for (low, high) in zip(rungs, rungs.dropFirst()).reversed() where low < high {
      if reached(low) > CheapLadder.eta * reached(high) + Self.slack,
        own.contains(where: { !$0.isUnderWay && ($0.reached ?? -1) >= low && $0.reached! < high })
      {
        return .promotion(from: low, to: high)
      }
    }
    let finished = Double(reached(target.rung))
    return finished < Self.finishedShare * (paid(runs) - Self.free) ? .finished : nil
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

  func lowest(_ belief: TargetBelief, _ place: Int) -> Double {
    belief.means[place] - belief.contrasts[place, place].squareRoot()
  }
}
