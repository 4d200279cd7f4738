import ArgumentParsing
import Corpora
import Foundation
import MixtureMethods
import Mixtures
import ProxyModels
import Reports
import Runs
import Studies
import Synchronization

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
        ?? stored?.trainer.asked.learningRate,
      heldOutTokens: FidelityDefaults.heldOutTokens)
    let workers = execution.threads
    let scales = try makeScales(stored, evaluator)
    let configuration = try makeConfiguration(stored, scales, evaluator, workers: workers)
    let line = ProgressLine(isQuiet: execution.isSilent)
    let display = FidelityDisplay(line: line, configuration: configuration)
    let plan = try configuration.clockPlan(
      secondsPerRun: execution.isSilent ? nil : scales.secondsOfTarget(workers: workers))
    let ledger = try configuration.run(
      plan, in: folder, on: evaluator, execution, command: "mixpipe study \(folder)", line: line,
      display: { display.show($0, $1) })
    let record = try FidelityStudyRecord(folder: folder, configuration: configuration, ledger)
    let summary = FidelityStudySummary(of: record)
    if execution.json {
      try emitDocument(summary)
    } else {
      try emit(summary.text)
      try emit("\nThe study is in \(folder); 'mixpipe report \(folder)' draws it.")
    }
  }

  /// The sizes that are asked for, and the held-out domains. `--target` may name a size, as it once did.
  private func targets() -> (sizes: [ModelSize], domains: [StudySettings.Target]) {
    var found: (sizes: [ModelSize], domains: [StudySettings.Target]) = ([], [])
    for target in goal.settings.targets ?? [] {
      if let size = ModelSize.named(target.domain) {
        found.sizes.append(size)
      } else {
        found.domains.append(target)
      }
    }
    if let targetSize { found.sizes.append(targetSize.size) }
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
        "Found the target sizes " + asked.map(\.name).joined(separator: " and ")
          + ", expected one; drop the other")
    }
    if targetSize == nil, let old = asked.first, !execution.isSilent {
      ProgressLine().note(
        "Note: '--target \(old.name)' is now written '--target-size \(old.name)'.")
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
        ?? (hasBudget ? nil : stored?.trainer.asked.tokens),
      tokensPerParameter: training.tokensPerParameter
        ?? stored?.trainer.asked.tokensPerParameter
        ?? TrainingOptions.defaultTokensPerParameter,
      rungs: rungs?.elements
        ?? stored?.trainer.asked.rungs
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
      lag: lag ?? stored?.lag ?? StudySettings.study[decided: \.lag],
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
  ) -> SizesTrainer {
    var sizes: [String: EvaluatorIdentity] = [:]
    for rungs in scales.scales {
      guard let size = ModelSize.named(rungs[0].size) else { continue }
      sizes[size.name] = .trainer(evaluator.settings(of: size))
    }
    var asked = stored?.trainer.asked ?? SizesTrainer.Asked()
    asked.learningRate = training.learningRate ?? asked.learningRate
    asked.rungs = rungs?.elements ?? asked.rungs
    if training.tokens != nil || training.tokensPerParameter != nil {
      asked.tokens = training.tokens
      asked.tokensPerParameter = training.tokensPerParameter
    }
    return SizesTrainer(sizes: sizes, asked: asked)
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

/// A study of several sizes on the terminal.
final class FidelityDisplay: Sendable {
  private let line: ProgressLine
  private let configuration: FidelityStudyConfiguration
  private let state = Mutex(State())

  private struct State {
    /// Parts of runs that ended, and those of them that went on with a paused run.
    var ended = 0
    var resumed = 0
    /// In runs of the target.
    var spent = 0.0
    var incumbent: FidelityIncumbent?
  }

  init(line: ProgressLine, configuration: FidelityStudyConfiguration) {
    self.line = line
    self.configuration = configuration
  }

  func show(_ news: RunNews, _ progress: RunProgress) {
    state.withLock { state in
      switch news {
      case .began(let ledger, _):
        let plan = FidelityStudyConfiguration.plan
        for record in ledger.records(of: plan) where record.outcomes != nil {
          count(record, &state)
        }
        for note in ledger.notes(plan: plan, topic: FidelityIncumbent.topic) {
          state.incumbent = try? note.decoded(as: FidelityIncumbent.self)
        }
      case .ended(let record): count(record, &state)
      case .noted(let note): state.incumbent = try? note.decoded(as: FidelityIncumbent.self)
      default: break
      }
      line.update(text(progress, state))
    }
  }

  private func count(_ record: RunRecord, _ state: inout State) {
    state.ended += 1
    if record.request.from != nil { state.resumed += 1 }
    state.spent += configuration.grid.cost(of: record.request)
  }

  private func text(_ progress: RunProgress, _ state: State) -> String {
    var text =
      "\(progress.phase == .search ? "searching" : "fresh seeds")  "
      + "\(fixed(state.spent, 1))/\(fixed(configuration.budget, 1)) target runs  "
      + "\(state.ended) parts of runs"
    if state.resumed > 0 { text += " (\(state.resumed) resumed)" }
    if progress.diverged > 0 { text += "  \(progress.diverged) diverged" }
    if let predicted = state.incumbent?.predicted {
      text +=
        "  best \(fixed(predicted.mean, 3)) ± \(fixed(1.96 * predicted.deviation, 3)) predicted"
      if let chance = state.incumbent?.probabilityOfBest { text += ", P \(fixed(chance, 2))" }
    }
    if !progress.running.isEmpty {
      text +=
        "  running "
        + progress.running.map { "\($0.size) \(Int($0.fraction * 100)) %" }
        .joined(separator: ", ")
    }
    if let left = progress.secondsLeft { text += "  \(Format.duration(left)) left" }
    return text
  }
}
