import ArgumentParsing
import Corpora
import Engines
import MixtureMethods
import Mixtures
import ProxyModels
import Runs
import Studies

/// What trains the runs of a command: the built-in trainer on a corpus, or a program of the user's.
enum TrainerChoice {
  case builtIn(ProxyEvaluator)
  case own(TrainingData, name: String, matching: EpochMatching? = nil)

  var builtIn: ProxyEvaluator? {
    if case .builtIn(let evaluator) = self { evaluator } else { nil }
  }

  /// The folder of the corpus, or what else the domains come from.
  var dataName: String {
    switch self {
    case .builtIn(let evaluator): evaluator.corpus.folder
    case .own(let data, _, _): data.name
    }
  }

  var digest: String {
    switch self {
    case .builtIn(let evaluator): evaluator.corpus.digest
    case .own(let data, _, _): data.digest
    }
  }

  /// The training domains, in the order of every mixture.
  var domains: [String] {
    switch self {
    case .builtIn(let evaluator): evaluator.corpus.trainingDomains.map(\.name)
    case .own(let data, _, _): data.domains.map(\.name)
    }
  }

  var availableTokens: [Int] {
    switch self {
    case .builtIn(let evaluator): evaluator.corpus.trainingDomains.map { $0.training?.count ?? 0 }
    case .own(let data, _, _): data.availableTokens
    }
  }

  /// Whether ``availableTokens`` are known.
  var knowsText: Bool {
    if case .own(let data, _, _) = self { data.knowsSizes } else { true }
  }

  /// The same with runs that repeat text as a longer one will; as they are if nil.
  func matching(_ matching: EpochMatching?) -> TrainerChoice {
    switch self {
    case .builtIn(var evaluator):
      evaluator.matching = matching
      return .builtIn(evaluator)
    case .own(let data, let name, _): return .own(data, name: name, matching: matching)
    }
  }

  /// All that is measured.
  var heldOut: [String] {
    switch self {
    case .builtIn(let evaluator): evaluator.corpus.domains.map(\.name)
    case .own(let data, _, _): data.measures.map(\.name)
    }
  }

  /// Where nobody says what counts: the mean over the training domains, or over all that is measured where those are
  /// not.
  var defaultObjective: Objective {
    domains.allSatisfy(heldOut.contains) ? .mean(of: domains) : .mean(of: heldOut)
  }

  /// By the ladder's name of the size, for journals that do not say.
  var conditionsByName: OldJournals.Conditions? { builtIn?.conditionsByName }

  // MARK: - Sizes

  /// What results at a size depend on.
  ///
  /// - Throws: ``UnknownSize``.
  func identity(of size: String) throws -> EvaluatorIdentity {
    switch self {
    case .builtIn(let evaluator): .trainer(evaluator.settings(of: try ModelSize.required(size)))
    case .own(_, let name, let matching):
      .other(
        kind: "command",
        settings: ["trainer": name].merging(matching?.settings ?? [:]) { own, _ in own })
    }
  }

  func conditions(of size: String) throws -> RunConditions {
    RunConditions(
      corpus: digest, domains: domains, size: size, parameters: try parameters(of: size),
      evaluator: try identity(of: size))
  }

  /// - Throws: `ValidationError` for a size that the trainer does not have.
  func parameters(of size: String) throws -> Int {
    switch self {
    case .builtIn(let evaluator):
      guard let known = ModelSize.named(size) else {
        guard ModelSize.count(of: size) != nil else {
          throw ValidationError(UnknownSize(name: size).description)
        }
        throw ValidationError(
          "Found the size '\(size)': no shape is within 20 % of so many parameters; try 50k to 25M")
      }
      return known.parameterCount(vocabularySize: evaluator.corpus.vocabularySize)
    case .own:
      guard let count = ModelSize.count(of: size), count >= 1 else {
        throw ValidationError(
          "Found the size '\(size)', expected a number of parameters such as 160M or 1.4B")
      }
      return Int(count)
    }
  }

  /// A size with the length of its runs.
  func scale(_ size: String, tokens: Int?, tokensPerParameter: Double?) throws -> Scale {
    let parameters = try parameters(of: size)
    let ratio = tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter
    switch self {
    case .builtIn(let evaluator):
      // Whole steps.
      let training = TrainingConfiguration(
        size: try ModelSize.required(size), vocabularySize: evaluator.corpus.vocabularySize,
        tokens: tokens, tokensPerParameter: ratio, seed: 0, learningRate: nil)
      return Scale(size: size, parameters: parameters, tokens: training.tokens)
    case .own:
      return Scale(
        size: size, parameters: parameters,
        tokens: tokens ?? max(Int(clamping: (ratio * Double(parameters)).rounded()), 1))
    }
  }

  /// Tokens at shares of a run's length, ascending: fewer where it is too short for all of them.
  func ladder(_ scale: Scale, rungs: [Double]) throws -> [Int] {
    var unit = 1
    var count = scale.tokens
    if case .builtIn(let evaluator) = self {
      let whole = evaluator.configuration(
        of: try ModelSize.required(scale.size), tokens: scale.tokens)
      (unit, count) = (whole.batchTokens, whole.steps)
    }
    var result: [Int] = []
    for share in rungs {
      let rung = max(Int(clamping: (share * Double(count)).rounded()), 1) * unit
      if rung > result.last ?? 0 { result.append(rung) }
    }
    return result
  }

  /// What a run has cost when it is measured at each of its rungs, by the usual count.
  func operations(of request: RunRequest) -> [Double] {
    switch self {
    case .builtIn(let evaluator): evaluator.operations(of: request)
    case .own: request.measures.map { 6 * Double(request.scale.parameters) * Double($0) }
    }
  }

  // MARK: - Methods

  /// - Throws: `ValidationError` for the first method that does more with a run than to learn its losses.
  func check(methods: [String]) throws {
    guard case .own(let data, _, _) = self else { return }
    if let method = methods.first(where: needsTrainer) {
      throw ValidationError(
        "Found the method '\(method)', which only the built-in trainer can run; leave it out or drop '--trainer'"
      )
    }
    if methods.contains("natural"), !data.knowsSizes {
      throw ValidationError(
        "Found the method 'natural' without the domains' tokens, expected them as in '--domains books=12B,web=90B'"
      )
    }
  }

  /// - Throws: `ValidationError` for a condition that depends on how much text there is where nobody knows.
  func check(constraints: [MixtureConstraint]?) throws {
    guard case .own(let data, _, _) = self, !data.knowsSizes else { return }
    if let needing = constraints?.first(where: \.needsTokens) {
      throw ValidationError(
        "Found '\(needing)' without the domains' tokens, expected them as in '--domains books=12B,web=90B'"
      )
    }
  }
}

/// The name of a size: the ladder's, or a number of parameters that a trainer of one's own knows what to do with.
struct SizeName: ArgumentValue, Equatable {
  var name: String

  init(argument: String) throws {
    guard ModelSize.count(of: argument) != nil else { throw UnreadableArgument() }
    name = ModelSize.named(argument)?.name ?? argument
  }

  init(_ name: String) { self.name = name }

  static var argumentChoices: [String] { ModelSize.ladder.map(\.name) }
  var argumentText: String { name }
}
