import ArgumentParsing
import Corpora
import Foundation
import MixtureMethods
import Mixtures
import Numerics
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
    try mixpipe.checkFront(front?.elements)
    try check(["confirmation-seeds": confirmationSeeds], atLeast: 1)
    if let names = sizes?.elements.map(\.name), Set(names).count < names.count {
      throw ValidationError("Found a size twice in '--sizes', expected each once")
    }
    if let rungs { try requireShares(rungs) }
  }

  func runOfSizes() throws {
    let stored = try FidelityStudyConfiguration.stored(in: folder)
    let asked = try askedOfSizes()
    let said = asked.overriding(stored.map { StudySettings(of: $0) })
    let settings = said.overriding(.sizes)
    var session = try EngineSession(engine, folder: folder, workers: execution.threads)
    let text = try session.trainer(
      corpus: asked.corpus ?? stored?.corpus, fallback: settings[decided: \.corpus]
    ) { corpus in
      ProxyEvaluator(
        corpus: corpus, learningRate: settings.learningRate, heldOutTokens: settings.heldOutTokens,
        precision: try training.chosenPrecision(
          stored: PrecisionChoice(stored?.trainer.sizes.values.first?.trainer)))
    }
    let workers = execution.threads
    let scales = try makeScales(settings, text)
    let target = try settings.target(by: text, fallback: scales.targetScale.tokens)
    let trainer = text.matching(target.matching)
    try checkFront(settings, trainer)
    let configuration = try makeConfiguration(
      asked, said, settings, stored: stored, scales, target.run, trainer)
    let line = ProgressLine(isQuiet: execution.isSilent)
    trainer.noteEpochs(
      target.matching, lengths: scales.scales.flatMap { $0.map(\.tokens) }, on: line)
    let display = FidelityDisplay(line: line, configuration: configuration)
    let plan = try configuration.clockPlan(
      secondsPerRun: execution.isSilent || session.isByJobs
        ? nil : scales.secondsOfTarget(workers: workers))
    let ledger = try configuration.run(
      plan, in: folder, by: trainer, session, execution, command: "mixpipe study \(folder)",
      line: line,
      display: { display.show($0, $1) })
    let record = try FidelityStudyRecord(folder: folder, configuration: configuration, ledger)
    let summary = FidelityStudySummary(of: record)
    if execution.json {
      try emitDocument(summary, kind: "sizes")
    } else {
      try emit(summary.text)
      try emit("\nThe study is in \(folder), its page in \(folder)/report.html.")
    }
  }

  /// What the flags say. `--target` may name a size, as it once did.
  private func askedOfSizes() throws -> StudySettings {
    var asked = StudySettings(
      corpus: corpus, tokensPerParameter: training.tokensPerParameter, tokens: training.tokens,
      methods: methods?.elements, lag: lag, confirmationSeeds: confirmationSeeds, seed: seed,
      learningRate: training.learningRate, sizes: sizes?.elements.map(\.name),
      targetSize: targetSize?.name, budget: budget?.argumentText, front: front?.elements,
      rungs: rungs?.elements, heldOutTokens: heldOutCount?.value
    ).overriding(try goal.settings).overriding(target.settings)
    let targets = asked.targets ?? []
    let names = targets.compactMap { ModelSize.named($0.domain)?.name }
    let domains = targets.filter { ModelSize.named($0.domain) == nil }
    asked.targets = domains.isEmpty ? nil : domains
    let named = names + (asked.targetSize.map { [$0] } ?? [])
    guard named.count <= 1 else {
      throw ValidationError(
        "Found the target sizes \(named.joined(separator: " and ")), expected one; drop the other")
    }
    if let old = names.first {
      asked.targetSize = old
      if !execution.isSilent {
        ProgressLine().note("Note: '--target \(old)' is now written '--target-size \(old)'.")
      }
    }
    return asked
  }

  /// - Throws: `ValidationError` for a front that cannot be had.
  private func checkFront(_ settings: StudySettings, _ trainer: TrainerChoice) throws {
    guard let names = settings.front else { return }
    try mixpipe.checkFront(names, among: trainer.heldOut)
    let method = settings[decided: \.methods][0]
    guard method == "scale-bo" else {
      throw ValidationError("Found '--front' with the method '\(method)', expected scale-bo")
    }
    if goal.near != nil {
      throw ValidationError("Found '--front' with '--near', expected one of them")
    }
  }

  private func makeScales(
    _ settings: StudySettings, _ trainer: TrainerChoice
  ) throws -> any FidelityScale {
    let names = settings.sizes ?? []
    let counted = try names.map { (name: $0, parameters: try trainer.parameters(of: $0)) }
    // The largest, where nothing is said.
    guard
      let target = settings.targetSize ?? counted.max(by: { $0.parameters < $1.parameters })?.name
    else { throw ValidationError("Found no sizes, expected one at least") }
    let ratio = settings.tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter
    let rungs = settings[decided: \.rungs]
    guard let evaluator = trainer.builtIn else {
      return try OwnFidelityScales(
        sizes: names, target: target, tokens: settings.tokens, tokensPerParameter: ratio,
        rungs: rungs, trainer: trainer)
    }
    return try FidelityScales(
      sizes: names.map { try ModelSize.required($0) }, target: try ModelSize.required(target),
      tokens: settings.tokens, tokensPerParameter: ratio, rungs: rungs, evaluator: evaluator)
  }

  /// - Parameters:
  ///   - asked: what the flags say.
  ///   - said: the flags, or else the study that the folder holds.
  ///   - settings: the same with the defaults.
  private func makeConfiguration(
    _ asked: StudySettings, _ said: StudySettings, _ settings: StudySettings,
    stored: FidelityStudyConfiguration?, _ scales: any FidelityScale, _ target: TargetRun?,
    _ trainer: TrainerChoice
  ) throws -> FidelityStudyConfiguration {
    guard let text = settings.budget else {
      throw ValidationError("Missing expected argument '--budget <amount>' beside '--sizes'")
    }
    // What was measured of the machine when the study began holds for all of it.
    var grid: FidelityGrid
    var runs: Double
    if let stored, stored.budgetText == text,
      stored.grid.levels.map({ $0.map(\.scale) }) == scales.scales,
      stored.targetScale == scales.targetScale
    {
      (grid, runs) = (stored.grid, stored.budget)
    } else {
      (grid, runs) = try scales.grid(
        for: FidelityBudget(argument: text), workers: execution.threads)
    }
    var configuration = FidelityStudyConfiguration(
      corpus: trainer.dataName, corpusDigest: trainer.digest, domains: trainer.domains,
      availableTokens: trainer.availableTokens,
      objective: try makeObjective(asked, by: trainer) ?? stored?.objective
        ?? settings.front.map { .mean(of: $0) } ?? trainer.defaultObjective,
      constraints: try asked.constraints.map(readConstraints) ?? stored?.constraints, grid: grid,
      seed: settings[decided: \.seed], method: settings[decided: \.methods][0], budget: runs,
      budgetText: text,
      // Of a quarter of the budget, where nothing is said.
      confirmationRuns: settings.confirmationSeeds ?? min(max(Int(clamping: runs / 4), 1), 8),
      lag: settings[decided: \.lag], trainer: try identities(said, scales, trainer))
    configuration.targetRun = target
    configuration.front = settings.front
    try trainer.check(constraints: configuration.constraints)
    do {
      try configuration.validate()
    } catch {
      throw ValidationError(error.description)
    }
    return configuration
  }

  /// What results depend on, by size, and what was asked for of the runs' length.
  private func identities(
    _ said: StudySettings, _ scales: any FidelityScale, _ trainer: TrainerChoice
  ) throws -> SizesTrainer {
    var sizes: [String: EvaluatorIdentity] = [:]
    for rungs in scales.scales {
      sizes[rungs[0].size] = try trainer.identity(of: rungs[0].size)
    }
    return SizesTrainer(
      sizes: sizes,
      asked: SizesTrainer.Asked(
        learningRate: said.learningRate, tokens: said.tokens,
        tokensPerParameter: said.tokensPerParameter, rungs: said.rungs))
  }
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
      case .noted(let note) where note.topic == FidelityIncumbent.topic:
        state.incumbent = try? note.decoded(as: FidelityIncumbent.self)
      case .noted(let note):
        if let words = remark(note) { line.note(words) }
      case .lost(let record, let reason):
        line.note("Run \(record.request.id) was lost, \(reason).")
      case .interrupted(let record, let reason):
        line.note("Run \(record.request.id) was cut short, \(reason); it goes on.")
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
        + progress.running.map { "\($0.size) \(Int(clamping: $0.fraction * 100)) %" }
        .joined(separator: ", ")
    }
    if let left = progress.secondsLeft { text += "  \(Format.duration(left)) left" }
    return text
  }
}
