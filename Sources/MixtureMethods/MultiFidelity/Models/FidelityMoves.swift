import Mixtures

/// The steps that could be taken next with some mixtures, those to one point of the grid together.
struct FidelityMoves {
  struct Move {
    var step: FidelityStep
    /// Index among the mixtures.
    var mixture: Int
    /// The run that goes on; nil for a new one.
    var run: Int?
    /// In runs of the target.
    var cost: Double
  }

  private(set) var groups: [(point: FidelityPoint, moves: [Move])] = []
  private let target: FidelityPoint

  /// A mixture's latest run of a size goes on where it can; a new one begins where there is none, or where runs of a
  /// mixture may be repeated and the latest has gone as far.
  ///
  /// - Parameter cost: of a step, in runs of the target.
  init(
    _ context: FidelityContext, mixtures: [Mixture], runs: [FidelityRun], budgetLeft: Double,
    cost: (FidelityStep) -> Double
  ) {
    target = context.grid.target
    // Looked up only: the order of a dictionary is never seen.
    var latest: [[Double]: [Int?]] = [:]
    let none = [Int?](repeating: nil, count: context.grid.levels.count)
    for run in runs {
      var entry = latest[run.mixture.weights] ?? none
      entry[run.level] = run.id
      latest[run.mixture.weights] = entry
    }
    for (level, rungs) in context.grid.levels.enumerated() where level <= target.level {
      for rung in rungs.indices where level < target.level || rung <= target.rung {
        var moves: [Move] = []
        for (place, mixture) in mixtures.enumerated() {
          let run = latest[mixture.weights]?[level]
          var step = FidelityStep.start(mixture, at: FidelityPoint(level: level, rung: rung))
          if let run, runs[run].reached ?? -1 < rung { step = .resume(run: run, rung: rung) }
          guard context.admits(step, runs: runs) else { continue }
          let price = cost(step)
          guard price <= budgetLeft + 1e-9 else { continue }
          var goesOn: Int?
          if case .resume(let run, _) = step { goesOn = run }
          moves.append(Move(step: step, mixture: place, run: goesOn, cost: price))
        }
        if !moves.isEmpty { groups.append((FidelityPoint(level: level, rung: rung), moves)) }
      }
    }
  }

  mutating func leaveOut(_ isLeftOut: (FidelityStep) -> Bool) {
    for index in groups.indices { groups[index].moves.removeAll { isLeftOut($0.step) } }
    groups.removeAll { $0.moves.isEmpty }
  }

  /// Leaves those that end at the target, where there are any.
  mutating func keepThoseToTarget() {
    let final = groups.filter { $0.point == target }
    if !final.isEmpty { groups = final }
  }
}
