import Foundation
import GaussianProcesses
import Mixtures

/// Runs of one size, each about twice as long as the one before: where mixtures are looked at first.
///
/// A run goes on as soon as it is in the best third of those known at its length, as in asynchronous halving; where none
/// is, a new mixture begins.
struct CheapLadder {
  let context: FidelityContext
  /// λ of the two losses whose front is sought; nil where the objective ranks runs.
  var turn: [Double]?
  private let level: Int
  /// Its rungs.
  let rungs: [Int]

  /// Of the mixtures at a length, one in so many goes on.
  static let eta = 3

  init(context: FidelityContext, level: Int, turn: [Double]? = nil) {
    self.context = context
    self.turn = turn
    let grid = context.grid
    self.level = level
    let goal = Double(max(grid[grid.target].scale.tokens, 1))
    func cost(_ rung: Int) -> Double {
      grid.levels[level][rung].trunkCost + grid.levels[level][rung].branchCost
    }
    func gap(_ rung: Int) -> Double {
      abs(log(Double(max(grid.levels[level][rung].scale.tokens, 1)) / goal))
    }
    // To the target's length and no farther; of the target's own size, not so far.
    var last = grid.levels[level].indices.min { (gap($0), $0) < (gap($1), $1) }!
    if grid.target.level == level { last = max(grid.target.rung - 1, 0) }
    var chosen = [0]
    for rung in 0...last where cost(rung) >= 1.8 * cost(chosen[chosen.count - 1]) {
      chosen.append(rung)
    }
    if chosen.count > 1, chosen[chosen.count - 1] != last {
      chosen[chosen.count - 1] = last
    }
    rungs = chosen
  }

  /// The run that should go on; nil where a new mixture should begin.
  func promotion(_ runs: [FidelityRun]) -> FidelityStep? {
    for (place, rung) in rungs.enumerated().dropLast().reversed() {
      var field: [(run: FidelityRun, losses: [Double])] = []
      var seen: Set<[Double]> = []
      for run in runs where run.level == level {
        guard let losses = run.losses(at: rung), context.objective.value(of: losses).isFinite,
          seen.insert(run.mixture.weights).inserted
        else { continue }
        field.append((run, losses))
      }
      let values = values(of: field.map(\.losses))
      let ranked = field.indices.sorted { (values[$0], $0) < (values[$1], $1) }
      for index in ranked.prefix(field.count / Self.eta) {
        let run = field[index].run
        guard run.reached == rung, !run.isUnderWay else { continue }
        let step = FidelityStep.resume(run: run.id, rung: rungs[place + 1])
        if context.admits(step, runs: runs) { return step }
      }
    }
    return nil
  }

  /// What ranks runs, from their losses.
  private func values(of losses: [[Double]]) -> [Double] {
    guard let turn, let outputs = context.frontOutputs, !losses.isEmpty else {
      return losses.map(context.objective.value(of:))
    }
    let function = Scalarization(outputs: outputs, weights: turn, points: losses).function(
      outputs: context.outputs.count)
    return losses.map { function.value(of: $0) }
  }
}
