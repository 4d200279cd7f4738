import Corpora
import Mixtures
import ProxyModels
import Runs
import Studies

/// Runs as trainings of a proxy model: where the two legs of the house meet.
struct ProxyEvaluator: RunMeasurer {
  let corpus: Corpus
  /// The base rate; nil for the default.
  let learningRate: Double?
  /// Held-out tokens of each domain; nil for the default.
  var heldOutTokens: Int?
  /// Tokens of one step; nil for the default.
  var batchTokens: Int?
  /// Of the factors of products.
  var precision = Precision.fp32
  /// How runs repeat text as a longer one will; nil where they read all text.
  var matching: EpochMatching?
  /// Held-out tokens of each domain whose losses a data expert keeps: enough for the difference of two
  /// mixtures, which share the tokens, and few enough for a journal.
  static let expertTokens = 4096

  init(
    corpus: Corpus, learningRate: Double? = nil, heldOutTokens: Int? = nil,
    batchTokens: Int? = nil, precision: Precision = .fp32
  ) {
    self.precision = precision
    self.corpus = corpus
    self.learningRate = learningRate
    self.heldOutTokens = heldOutTokens
    self.batchTokens = batchTokens
  }

  /// As the settings of a key ask for, whatever this one's are.
  private init(corpus: Corpus, settings: TrainerSettings) {
    self.init(
      corpus: corpus, learningRate: settings.learningRate,
      heldOutTokens: settings.heldOutTokens, batchTokens: settings.batchTokens,
      // One that this program does not know shows as a difference.
      precision: Precision(rawValue: settings.precision) ?? .fp32)
    matching = settings.matching
  }

  func configuration(
    of size: ModelSize, tokens: Int, seed: UInt64 = 0
  ) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      size: size, vocabularySize: corpus.vocabularySize, tokens: tokens,
      tokensPerParameter: TrainingOptions.defaultTokensPerParameter, seed: seed,
      learningRate: learningRate, batchTokens: batchTokens, precision: precision)
    if let heldOutTokens { configuration.heldOutTokens = heldOutTokens }
    configuration.subsample = subsample(tokens: configuration.tokens)
    return configuration
  }

  /// The part of the text that a run of so many tokens reads; nil for all.
  private func subsample(tokens: Int) -> TextSubsample? {
    let available = corpus.trainingDomains.map { $0.training?.count ?? 0 }
    return matching?.subsample(tokens: tokens, available: available)
  }

  /// What results at a size depend on, taken from the configuration that it gets, so that a change of a
  /// default shows.
  func settings(of size: ModelSize) -> TrainerSettings {
    let configuration = configuration(of: size, tokens: 1)
    var settings = TrainerSettings(
      // As asked for, so that other sizes of the same study can be given it.
      learningRate: learningRate ?? TrainingConfiguration.baseLearningRate,
      embeddingRate: configuration.embeddingRate, batchTokens: configuration.batchTokens,
      contextLength: size.contextLength, commonChannel: configuration.commonChannel,
      decayShare: configuration.decayShare, weightDecay: configuration.weightDecay,
      heldOutTokens: configuration.heldOutTokens)
    settings.precision = precision.rawValue
    settings.revision = precision.revision
    settings.matching = matching
    return settings
  }

  func conditions(of size: ModelSize) -> RunConditions {
    RunConditions(
      corpus: corpus.digest, domains: corpus.trainingDomains.map(\.name), size: size.name,
      parameters: size.parameterCount(vocabularySize: corpus.vocabularySize),
      evaluator: .trainer(settings(of: size)))
  }

  /// By the ladder's name, for journals that do not say.
  var conditionsByName: OldJournals.Conditions {
    { name in ModelSize.named(name).map(conditions(of:)) }
  }

  // MARK: - Measuring

  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
    let size = try ModelSize.required(request.scale.size)
    let conditions = request.key.conditions
    guard let settings = conditions.evaluator.trainer, conditions.corpus == corpus.digest else {
      throw UnfitEvaluator(run: request.id, field: "corpus", asked: conditions.corpus)
    }
    let domains = corpus.trainingDomains.count
    if let text = settings.matching?.target.availableTokens, text.count != domains {
      throw UnfitEvaluator(run: request.id, field: "available tokens", asked: "\(text)")
    }
    let asked = ProxyEvaluator(corpus: corpus, settings: settings)
    if let difference = conditions.evaluator.firstDifference(
      from: .trainer(asked.settings(of: size)))
    {
      throw UnfitEvaluator(run: request.id, field: difference.field, asked: difference.found)
    }
    let configuration = asked.configuration(
      of: size, tokens: request.ladder[request.ladder.count - 1], seed: request.seed)
    if request.procedure != nil || request.ladder.count == 1 {
      return [
        RungOutcome(
          tokens: request.to,
          outcome: try train(request, configuration: configuration, control: control))
      ]
    }
    return try climb(request, configuration: configuration, control: control)
  }

  /// A run of one rung.
  private func train(
    _ request: RunRequest, configuration: TrainingConfiguration, control: RunControl
  ) throws -> RunOutcome {
    var trainer = try Trainer(
      corpus: corpus,
      schedule: request.procedure.map { schedule(of: $0, request: request) }
        ?? ConstantWeights(request.mixture.weights), configuration: configuration)
    var before = (share: 0.0, seconds: 0.0)
    if request.procedure == .doremi {
      let folder = control.checkpointFolder.map { $0 + "/reference" }
      switch try stage(
        request.mixture, configuration: configuration, folder: folder,
        progress: { control.progress(3 / 7 * $0) }, isCancelled: control.isCancelled)
      {
      case .model(let parameters, let kept):
        trainer.reference = parameters
        before = (3.0 / 7, kept.seconds ?? 0)
      case .diverged(let step, let reason):
        return .diverged(step: step, reason: "the reference model: \(reason)")
      }
    }
    if request.procedure == .mde { trainer.tokenLossesKept = Self.expertTokens }
    let result = try trainer.run(
      progress: {
        control.progress(before.share + (1 - before.share) * Double($0.step) / Double($0.steps))
      },
      isCancelled: control.isCancelled, checkpointFolder: control.checkpointFolder)
    var outcome = result.runOutcome
    if case .finished(var measurement) = outcome {
      measurement.seconds = before.seconds + (measurement.seconds ?? 0)
      if request.procedure == .mde { measurement.weights = nil }
      outcome = .finished(measurement)
    }
    return outcome
  }

  /// A run that pauses at rungs, or is resumed.
  private func climb(
    _ request: RunRequest, configuration: TrainingConfiguration, control: RunControl
  ) throws -> [RungOutcome] {
    let results = try Trainer(
      corpus: corpus, schedule: ConstantWeights(request.mixture.weights),
      configuration: configuration
    ).run(
      rungs: request.ladder.map { $0 / configuration.batchTokens },
      upTo: request.ladder.firstIndex(of: request.to)!,
      measuringOnTheWay: request.measures.count > 1, progress: control.progress,
      isCancelled: control.isCancelled, checkpointFolder: control.checkpointFolder)
    // Of a run that goes on, the checkpoint tells what was measured before too.
    return results.compactMap { result in
      guard case .finished(var found) = result.outcome else {
        return RungOutcome(
          tokens: request.measures.first { $0 >= result.tokens } ?? request.to,
          outcome: result.outcome)
      }
      guard request.measures.contains(result.tokens) else { return nil }
      found.tokensSeen = result.tokensSeen
      found.epochs = result.epochs
      found.seconds = result.seconds
      found.tokensPerSecond = Double(result.tokens) / max(result.seconds, 1e-9)
      found.operations = result.operations
      return RungOutcome(tokens: result.tokens, outcome: .finished(found))
    }
  }

  // MARK: - Prices

  /// What runs take on this machine, `workers` at once, as measured in a moment that is short beside them.
  func price(of requests: [(size: String, tokens: Int)], workers: Int) throws -> RunPrice {
    let configurations = requests.compactMap { request in
      ModelSize.named(request.size).map { configuration(of: $0, tokens: request.tokens) }
    }
    guard !configurations.isEmpty else { return .bySize }
    let model = try CostModel.measured(for: configurations, trials: workers)
    func seconds(_ configuration: TrainingConfiguration) -> Double {
      model.cost(of: configuration, on: corpus).seconds
    }
    let largest = configurations.map(seconds).max() ?? 0
    return RunPrice(prior: (largest, largest)) { [self] request in
      guard let size = ModelSize.named(request.scale.size) else { return 0 }
      return model.cost(of: configuration(of: size, tokens: request.to), on: corpus).seconds
        * request.runs
    }
  }
}

extension TrainingResult {
  /// As a journal keeps it: with what it took.
  var runOutcome: RunOutcome {
    guard case .finished(var found) = outcome else { return outcome }
    found.tokensSeen = tokensSeen
    found.epochs = epochs
    found.seconds = trainingSeconds + evaluationSeconds
    found.tokensPerSecond = tokensPerSecond
    found.recommended = recommended
    found.weights = weights
    found.tokenLosses = tokenLosses
    return .finished(found)
  }
}

/// A run that this program's trainer would not make as it was asked for.
struct UnfitEvaluator: Error, CustomStringConvertible {
  var run: Int
  var field: String
  var asked: String

  var description: String {
    "run \(run): found \(field) \(asked), which this program trains otherwise; "
      + "use the version of mixpipe that began it, or another folder"
  }
}

extension ModelSize {
  /// - Throws: ``UnknownSize`` where there is no such name.
  static func required(_ name: String) throws(UnknownSize) -> ModelSize {
    guard let size = ModelSize.named(name) else { throw UnknownSize(name: name) }
    return size
  }
}

struct UnknownSize: Error, CustomStringConvertible {
  var name: String

  var description: String {
    "unknown model size '\(name)'; the sizes are "
      + ModelSize.ladder.map(\.name).joined(separator: ", ") + " or others between, e.g. 200k"
  }
}
