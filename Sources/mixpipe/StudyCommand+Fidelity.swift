import ArgumentParsing
import Corpora
import Foundation
import MixtureMethods
import Mixtures
import ProxyModels
import Reports
import Studies

/// A study that chooses the model's size and the length of each run too.
extension StudyCommand {
  var isOfSizes: Bool { sizes != nil || FidelityStudyConfiguration.exists(in: folder) }

  func validateOfSizes() throws {
    let others: [(String, Bool)] = [
      ("config", config != nil), ("size", size != nil), ("trials", trials != nil),
      ("initial-trials", initialTrials != nil), ("finalists", finalists != nil),
      ("stop-when-sure", stopWhenSure),
    ]
    if let (name, _) = others.first(where: \.1) {
      throw ValidationError("Found '--\(name)', which a study of several sizes has no use for")
    }
    if let names = methods?.elements {
      guard names.count == 1 else {
        throw ValidationError(
          "Found \(names.count) methods, expected one for a study of several sizes: "
            + fidelityMethodNames.map(\.name).joined(separator: ", "))
      }
      guard fidelityMethodNames.contains(where: { $0.name == names[0] }) else {
        throw FidelityMethodError.unknown(name: names[0])
      }
    }
    try check(["confirmation-seeds": confirmationSeeds], atLeast: 1)
    if let names = sizes?.elements.map(\.size.name), Set(names).count < names.count {
      throw ValidationError("Found a size twice in '--sizes', expected each once")
    }
    if let rungs { try requireShares(rungs) }
  }

  func runOfSizes() throws {
    let stored = try FidelityStudyConfiguration.stored(in: folder)
    let corpus = try openCorpus(at: corpus ?? stored?.corpus ?? "corpora/five")
    let evaluator = ProxyEvaluator(
      corpus: corpus,
      learningRate: training.learningRate
        ?? stored?.trainer["asked learningRate"].flatMap(Double.init),
      heldOutTokens: FidelityDefaults.heldOutTokens)
    let workers = execution.threads
    let scales = try makeScales(stored, evaluator)
    let configuration = try makeConfiguration(stored, scales, evaluator, workers: workers)
    let runner = FidelityStudyRunner(
      folder: folder, configuration: configuration,
      evaluator: ProxyFidelityEvaluator(proxy: evaluator, grid: configuration.grid),
      workers: workers,
      secondsPerRun: execution.isSilent ? nil : try scales.secondsOfTarget(workers: workers))
    let line = ProgressLine(isQuiet: execution.isSilent)
    let record = try line.untilDone(
      ifInterrupted: "Interrupted; 'mixpipe study \(folder)' goes on from here."
    ) {
      try runner.run(
        isCancelled: { Interruption.isRequested },
        observer: { progress in line.update(progress.line) })
    }
    let summary = FidelityStudySummary(of: record)
    if execution.json {
      try emitDocument(summary)
    } else {
      try emit(summary.text)
      try emit("\nThe study is in \(folder); 'mixpipe report \(folder)' draws it.")
    }
  }

  /// The sizes named by `--target`, and the held-out domains.
  private func targets() -> (sizes: [ModelSize], domains: [StudySettings.Target]) {
    var found: (sizes: [ModelSize], domains: [StudySettings.Target]) = ([], [])
    for target in goal.settings.targets ?? [] {
      if let size = ModelSize.named(target.domain) {
        found.sizes.append(size)
      } else {
        found.domains.append(target)
      }
    }
    return found
  }

  private func makeScales(
    _ stored: FidelityStudyConfiguration?, _ evaluator: ProxyEvaluator
  ) throws -> FidelityScales {
    let names = stored?.grid.levels.map { $0[0].scale.size } ?? []
    let sizes = sizes?.elements.map(\.size) ?? names.compactMap { ModelSize.named($0) }
    let asked = targets().sizes
    if asked.count > 1 {
      throw ValidationError(
        "Found the targets " + asked.map(\.name).joined(separator: " and ")
          + ", expected one size besides held-out domains")
    }
    // The largest, where nothing is said.
    let target =
      asked.first ?? stored.flatMap { ModelSize.named($0.targetScale.size) }
      ?? sizes.max {
        $0.parameterCount(vocabularySize: evaluator.corpus.vocabularySize)
          < $1.parameterCount(vocabularySize: evaluator.corpus.vocabularySize)
      }
    guard let target else { throw ValidationError("Found no sizes, expected one at least") }
    let hasBudget = training.tokens != nil || training.tokensPerParameter != nil
    return try FidelityScales(
      sizes: sizes, target: target,
      tokens: training.tokens
        ?? (hasBudget ? nil : stored?.trainer["asked tokens"].flatMap(Int.init)),
      tokensPerParameter: training.tokensPerParameter
        ?? stored?.trainer["asked tokensPerParameter"].flatMap(Double.init)
        ?? TrainingOptions.defaultTokensPerParameter,
      rungs: rungs?.elements
        ?? stored?.trainer["asked rungs"].map { $0.split(separator: ",").compactMap { Double($0) } }
        ?? FidelityDefaults.rungs, evaluator: evaluator)
  }

  private func makeConfiguration(
    _ stored: FidelityStudyConfiguration?, _ scales: FidelityScales, _ evaluator: ProxyEvaluator,
    workers: Int
  ) throws -> FidelityStudyConfiguration {
    let corpus = evaluator.corpus
    let domains = corpus.trainingDomains.map(\.name)
    var asked = goal.settings
    let heldOut = targets().domains
    asked.targets = heldOut.isEmpty ? nil : heldOut
    guard let text = budget?.argumentText ?? stored?.budgetText else {
      throw ValidationError("Missing expected argument '--budget <amount>' beside '--sizes'")
    }
    let budget = try budget ?? FidelityBudget(argument: text)
    // What was measured of the machine when the study began holds for all of it.
    var grid: FidelityGrid
    var runs: Double
    if let stored, stored.budgetText == text,
      stored.grid.levels.map({ $0.map(\.scale) }) == scales.scales,
      stored.targetScale == scales.targetScale
    {
      (grid, runs) = (stored.grid, stored.budget)
    } else {
      (grid, runs) = try scales.grid(for: budget, workers: workers)
    }
    let configuration = FidelityStudyConfiguration(
      corpus: corpus.folder, corpusDigest: corpus.digest, domains: domains,
      availableTokens: corpus.trainingDomains.map { $0.training?.count ?? 0 },
      objective: try makeObjective(asked, corpus: corpus) ?? stored?.objective
        ?? .mean(of: domains),
      constraints: try asked.constraints.map(readConstraints) ?? stored?.constraints, grid: grid,
      seed: seed ?? stored?.seed ?? 1,
      method: methods?.elements[0] ?? stored?.method ?? FidelityDefaults.method, budget: runs,
      budgetText: text,
      confirmationRuns: confirmationSeeds ?? stored?.confirmationRuns
        ?? min(max(Int(runs / 4), 1), FidelityDefaults.confirmationSeeds),
      lag: lag ?? stored?.lag ?? StudyDefaults.lag,
      trainer: trainer(stored, scales, evaluator))
    do {
      try configuration.validate()
    } catch {
      throw ValidationError(error.description)
    }
    return configuration
  }

  /// What results depend on, by size, and what was asked for of the runs' length.
  private func trainer(
    _ stored: FidelityStudyConfiguration?, _ scales: FidelityScales, _ evaluator: ProxyEvaluator
  ) -> [String: String] {
    var result: [String: String] = [:]
    for rungs in scales.scales {
      guard let size = ModelSize.named(rungs[0].size) else { continue }
      for (key, value) in evaluator.description(of: size) { result["\(size.name) \(key)"] = value }
    }
    func keep(_ key: String, _ asked: String?) {
      result["asked \(key)"] = asked ?? stored?.trainer["asked \(key)"]
    }
    keep("learningRate", training.learningRate.map { "\($0)" })
    keep("rungs", rungs?.argumentText)
    if let tokens = training.tokens {
      result["asked tokens"] = "\(tokens)"
    } else if let ratio = training.tokensPerParameter {
      result["asked tokensPerParameter"] = "\(ratio)"
    } else {
      keep("tokens", nil)
      keep("tokensPerParameter", nil)
    }
    return result
  }
}

enum FidelityDefaults {
  /// Not the one that finds a good mixture soonest, but one that says how sure it is.
  static let method = "scale-bo"
  static let rungs = [0.125, 0.25, 0.5, 1]
  /// A run is measured at several rungs, and a small one must not spend most of its time on that.
  static let heldOutTokens = 32_768
  /// At most, of a quarter of the budget.
  static let confirmationSeeds = 8
}

/// - Throws: `ValidationError` unless they ascend to 1.
func requireShares(_ rungs: ListArgument<Double>) throws {
  let shares = rungs.elements
  guard let first = shares.first, first > 0, shares.last == 1,
    zip(shares, shares.dropFirst()).allSatisfy(<)
  else {
    throw ValidationError(
      "Found '--rungs \(rungs.argumentText)', expected ascending shares that end with 1")
  }
}

extension FidelityProgress {
  /// On the terminal.
  fileprivate var line: String {
    var text =
      "\(phase == .search ? "searching" : "fresh seeds")  "
      + "\(fixed(spent, 1))/\(fixed(budget, 1)) target runs  \(ended) parts of runs"
    if resumed > 0 { text += " (\(resumed) resumed)" }
    if diverged > 0 { text += "  \(diverged) diverged" }
    if let predicted = incumbent?.predicted {
      text +=
        "  best \(fixed(predicted.mean, 3)) ± \(fixed(1.96 * predicted.deviation, 3)) predicted"
      if let chance = incumbent?.probabilityOfBest { text += ", P \(fixed(chance, 2))" }
    }
    if !running.isEmpty {
      text +=
        "  running "
        + running.map { "\($0.size) \(Int($0.fraction * 100)) %" }.joined(separator: ", ")
    }
    if let secondsLeft { text += "  \(Format.duration(secondsLeft)) left" }
    return text
  }
}
