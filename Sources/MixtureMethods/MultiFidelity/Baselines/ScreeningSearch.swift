import Foundation
import Mixtures
import Numerics

/// What most people would do: every mixture once where that is cheap, then the best few at the target, in their
/// order there.
///
/// Cheap is the smallest size, at the length nearest to the target's; where all mixtures would cost more than half of
/// the budget there, the longest length at which they do not, or the shortest. Where any mixture can be had, as many
/// of an even spread are tried as a third of the budget pays for, 256 at most.
struct ScreeningSearch: FidelityMethod {
  let context: FidelityContext
  private let point: FidelityPoint
  /// In the order in which they are tried.
  private let mixtures: [Mixture]

  init(context: FidelityContext) {
    self.context = context
    let grid = context.grid
    let goal = Double(max(grid[grid.target].scale.tokens, 1))
    func gap(_ rung: Int) -> Double {
      abs(log(Double(max(grid.levels[0][rung].scale.tokens, 1)) / goal))
    }
    let isTargetSize = grid.target.level == 0
    let full =
      isTargetSize
      ? max(grid.target.rung - 1, 0)
      : grid.levels[0].indices.min { (gap($0), $0) < (gap($1), $1) }!
    func cost(_ rung: Int) -> Double {
      grid.extraCost(level: 0, from: nil, to: rung, measuringOnTheWay: false)
    }
    if let all = context.shuffledCandidates("screening") {
      let rung = (0...full).last { cost($0) * Double(all.count) <= 0.5 * context.budget } ?? 0
      point = FidelityPoint(level: 0, rung: rung)
      mixtures = all.filter { context.reaches(FidelityPoint(level: 0, rung: rung), with: $0) }
    } else {
      point = FidelityPoint(level: 0, rung: full)
      let count = min(max(Int(clamping: context.budget / 3 / cost(full)), 1), 256)
      let spread = FeasibleSpread(context.feasible)
      mixtures = (0..<count).map {
        Mixture(
          domains: context.domains, proportionalTo: spread.point($0, seed: context.seed))
      }
    }
  }

  var measuresOnTheWay: Bool { false }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let index = RunIndex(runs, context: context)
    for mixture in mixtures {
      if let step = index.step(bringing: mixture, to: point) { return step }
    }
    let field = mixtures.compactMap { mixture -> (mixture: Mixture, value: Double)? in
      switch index.state(of: mixture, at: point) {
      case .measured(let value) where value.isFinite: (mixture, value)
      default: nil
      }
    }
    // The order of the best is not known before all have been tried.
    if field.count < mixtures.count, runs.contains(where: \.isUnderWay) { return nil }
    for place in field.indices.sorted(by: { (field[$0].value, $0) < (field[$1].value, $1) }) {
      if let step = index.step(bringing: field[place].mixture, to: context.grid.target) {
        return step
      }
    }
    return nil
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
  }
}
