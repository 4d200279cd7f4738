import ArgumentParsing
import MixtureMethods
import Mixtures
import ProxyModels
import Studies

/// Sizes and rungs of a study with what they cost, whoever trains.
protocol FidelityScale {
  /// Of each size from small to large, its rungs.
  var scales: [[Scale]] { get }
  var targetScale: Scale { get }
  /// The grid, and a budget in runs of its target.
  func grid(for budget: FidelityBudget, workers: Int) throws -> (FidelityGrid, runs: Double)
  /// What a run of the target takes, about.
  func secondsOfTarget(workers: Int) throws -> Double
}

/// Of a trainer of the user's: by the usual count of 6N a token, as nothing else is known. What it costs to measure
/// at a rung besides is its own affair.
struct OwnFidelityScales: FidelityScale {
  let scales: [[Scale]]
  private let target: FidelityPoint

  init(
    sizes: [String], target: String, tokens: Int?, tokensPerParameter: Double, rungs: [Double],
    trainer: TrainerChoice
  ) throws {
    var levels: [[Scale]] = []
    for size in sizes {
      let whole = try trainer.scale(
        size, tokens: tokens, tokensPerParameter: tokensPerParameter)
      let ladder = try trainer.ladder(whole, rungs: rungs)
      guard ladder.count == rungs.count else {
        throw ValidationError(
          "\(size): found \(whole.tokens) tokens for \(rungs.count) rungs, expected more; raise --tokens or give fewer --rungs"
        )
      }
      levels.append(
        ladder.map { Scale(size: size, parameters: whole.parameters, tokens: $0) })
    }
    scales = levels.sorted { $0[0].parameters < $1[0].parameters }
    guard let level = scales.firstIndex(where: { $0[0].size == target }) else {
      throw ValidationError(
        "Found the target size '\(target)', expected one of the sizes "
          + scales.map { $0[0].size }.joined(separator: ", "))
    }
    self.target = FidelityPoint(level: level, rung: rungs.count - 1)
  }

  var targetScale: Scale { scales[target.level][target.rung] }

  func grid(for budget: FidelityBudget, workers: Int) throws -> (FidelityGrid, runs: Double) {
    guard budget.unit != .coreSeconds else {
      throw ValidationError(
        "Found '--budget \(budget.argumentText)', expected runs of the target such as 12, or operations such as 3e20flops: nobody knows how fast your trainer is"
      )
    }
    func cost(_ scale: Scale) -> Double { 6 * Double(scale.parameters) * Double(scale.tokens) }
    let grid = FidelityGrid(
      levels: scales.map { $0.map { FidelityGrid.Rung(scale: $0, trunkCost: cost($0)) } },
      target: target)
    return (
      grid, budget.unit == .targetRuns ? budget.amount : budget.amount / cost(targetScale)
    )
  }

  func secondsOfTarget(workers: Int) throws -> Double { 0 }
}
