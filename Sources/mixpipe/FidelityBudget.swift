import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import Numerics
import ProxyModels
import Studies

/// What a study of several sizes may spend: runs of the target, operations or core-seconds.
struct FidelityBudget: ArgumentValue, Equatable {
  enum Unit: String, CaseIterable {
    case operations = "flops"
    case coreSeconds = "s"
    case targetRuns = ""
  }

  var amount: Double
  var unit: Unit
  var argumentText: String

  init(argument: String) throws {
    let unit = Unit.allCases.first { argument.lowercased().hasSuffix($0.rawValue) }!
    guard let amount = Double(argument.dropLast(unit.rawValue.count)), amount > 0,
      amount.isFinite
    else {
      throw ValidationError("expected runs of the target such as 12, or 3e14flops, or 2000s")
    }
    let most = unit == .operations ? 1e30 : 1e9
    guard amount <= most else {
      throw ValidationError("expected at most \(most)\(unit.rawValue)")
    }
    self.amount = amount
    self.unit = unit
    argumentText = argument
  }
}

/// The sizes and rungs of a study with what they cost.
struct FidelityScales: FidelityScale {
  private let levels: [(configuration: TrainingConfiguration, rungs: [Int])]
  private let evaluator: ProxyEvaluator
  private let target: FidelityPoint

  /// - Parameters:
  ///   - tokens: of the longest run of every size; nil for a number for each parameter.
  ///   - rungs: shares of the longest run, ascending, the last of them 1.
  init(
    sizes: [ModelSize], target: ModelSize, tokens: Int?, tokensPerParameter: Double,
    rungs: [Double], evaluator: ProxyEvaluator
  ) throws {
    self.evaluator = evaluator
    let corpus = evaluator.corpus
    let sorted = sizes.sorted {
      $0.parameterCount(vocabularySize: corpus.vocabularySize)
        < $1.parameterCount(vocabularySize: corpus.vocabularySize)
    }
    var levels: [(configuration: TrainingConfiguration, rungs: [Int])] = []
    for size in sorted {
      let parameters = size.parameterCount(vocabularySize: corpus.vocabularySize)
      let configuration = evaluator.configuration(
        of: size,
        tokens: tokens ?? max(Int(clamping: (tokensPerParameter * Double(parameters)).rounded()), 1)
      )
      let steps = rungs.map { max(Int(clamping: ($0 * Double(configuration.steps)).rounded()), 1) }
      let trunks = configuration.costs(ofRungs: steps, heldOutTokens: 0).map(\.trunk)
      guard trunks[0] > 0, zip(trunks, trunks.dropFirst()).allSatisfy(<) else {
        throw ValidationError(
          "\(size.name): found \(configuration.steps) steps for the rungs "
            + rungs.map { "\($0)" }.joined(separator: ", ")
            + ", expected more steps between them; raise --tokens or give fewer --rungs")
      }
      levels.append((configuration, steps))
    }
    self.levels = levels
    guard let level = sorted.firstIndex(where: { $0.name == target.name }) else {
      throw ValidationError(
        "Found the target size '\(target.name)', expected one of the sizes "
          + sorted.map(\.name).joined(separator: ", "))
    }
    self.target = FidelityPoint(level: level, rung: rungs.count - 1)
  }

  var scales: [[Scale]] {
    levels.map { level in
      level.rungs.map { steps in
        Scale(
          size: level.configuration.size.name,
          parameters: level.configuration.size.parameterCount(
            vocabularySize: level.configuration.vocabularySize),
          tokens: steps * level.configuration.batchTokens)
      }
    }
  }

  var targetScale: Scale { scales[target.level][target.rung] }

  /// The grid, and a budget in runs of its target. By the clock where the budget is; otherwise by
  /// operations.
  func grid(for budget: FidelityBudget, workers: Int) throws -> (FidelityGrid, runs: Double) {
    let costs = try budget.unit == .coreSeconds ? seconds(workers: workers) : operations
    let grid = FidelityGrid(
      levels: zip(scales, costs).map { scales, costs in
        zip(scales, costs).map {
          FidelityGrid.Rung(scale: $0, trunkCost: $1.trunk, branchCost: $1.branch)
        }
      }, target: target)
    let end = costs[target.level][target.rung]
    return (
      grid, budget.unit == .targetRuns ? budget.amount : budget.amount / (end.trunk + end.branch)
    )
  }

  private func heldOutTokens(_ configuration: TrainingConfiguration) -> Int {
    let length = configuration.size.contextLength
    return evaluator.corpus.domains.count * ((configuration.heldOutTokens + length - 1) / length)
      * length
  }

  private var operations: [[RungCost]] {
    levels.map {
      $0.configuration.costs(
        ofRungs: $0.rungs, heldOutTokens: heldOutTokens($0.configuration))
    }
  }

  /// Core-seconds, as measured in a moment that is short beside the runs.
  private func seconds(workers: Int) throws -> [[RungCost]] {
    let model = try CostModel.measured(for: levels.map(\.configuration), trials: workers)
    return levels.map { level in
      level.rungs.map { steps in
        var whole = level.configuration
        whole.steps = steps
        var trunk = whole
        trunk.steps = whole.decayStart
        let all = model.cost(of: whole, heldOutTokens: heldOutTokens(whole))
        let before = model.cost(of: trunk, heldOutTokens: 0)
        return RungCost(
          trunk: before.coreSeconds, branch: all.coreSeconds - before.coreSeconds)
      }
    }
  }

  /// What a run of the target takes, about.
  func secondsOfTarget(workers: Int) throws -> Double {
    var configuration = levels[target.level].configuration
    configuration.steps = levels[target.level].rungs[target.rung]
    return try CostModel.measured(for: [configuration], trials: workers)
      .cost(of: configuration, heldOutTokens: heldOutTokens(configuration)).seconds
  }
}
