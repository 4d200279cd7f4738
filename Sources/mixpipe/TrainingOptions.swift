import ArgumentParsing
import Corpora
import Foundation
import Kernels
import Mixtures
import Numerics
import ProxyModels
import Runs
import Studies

/// A size of the ladder by name, or any other number of parameters that a shape can be found for.
struct SizeArgument: ArgumentValue, Equatable {
  var size: ModelSize

  init(_ size: ModelSize) { self.size = size }

  init(argument: String) throws {
    guard let size = ModelSize.named(argument) else {
      guard ModelSize.count(of: argument) != nil else { throw UnreadableArgument() }
      throw ValidationError("no shape is within 20 % of so many parameters; try 50k to 25M")
    }
    self.size = size
  }

  static var argumentChoices: [String] { ModelSize.ladder.map(\.name) }
  var argumentText: String { size.name }
}

/// Values separated by commas: `50k,100k`; what has a comma in it is quoted: `"web, old",code`.
struct ListArgument<Element: ArgumentValue>: ArgumentValue {
  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  init(argument: String) throws {
    elements = try NameSyntax.split(argument, on: ",").map { part in
      guard let name = NameSyntax.name(part) else {
        throw ValidationError("found a quotation without its end in '\(part)'")
      }
      return try Element(argument: name)
    }
  }

  static var argumentChoices: [String] { Element.argumentChoices }
  var argumentText: String {
    elements.map { NameSyntax.written($0.argumentText, among: ",") }.joined(separator: ",")
  }
}

/// A precision, or the fastest of them on the processor.
enum PrecisionChoice: String, CaseIterable, Codable, ArgumentValue {
  case fp32, bf16
  case bf16Tiles = "bf16-tiles"
  case auto

  init(_ precision: Precision) {
    switch precision {
    case .fp32: self = .fp32
    case .bf16: self = .bf16
    case .bf16Tiles: self = .bf16Tiles
    }
  }

  /// That of runs there are; nil where there are none.
  init?(_ settings: TrainerSettings?) {
    guard let settings else { return nil }
    self.init(rawValue: settings.precision)
  }

  /// - Throws: `KernelError` where the processor lacks the instructions and nobody asked for their portable
  ///   twin, or where what it has could not be read.
  func resolved() throws -> Precision {
    switch self {
    case .fp32: return .fp32
    case .auto:
      // Tells whether the processor's flags could be read.
      _ = try KernelLevel.chosen()
      let level = try BFloat16Kernels.asked()?.level ?? BFloat16Level.fastest
      return try level.map(Self.available) ?? .fp32
    case .bf16: return try Self.available(.instructions)
    case .bf16Tiles: return try Self.available(.tiles)
    }
  }

  /// - Throws: `KernelError` where there are no kernels to be had.
  private static func available(_ level: BFloat16Level) throws -> Precision {
    _ = try BFloat16Kernels.chosen(level)
    return Precision(level)
  }
}

/// How long and how a proxy model is trained: what `train`, `study` and `sweep` share.
struct TrainingOptions: ArgumentGroup {
  @Option("Training tokens for each parameter of the model.", value: "ratio")
  var tokensPerParameter: Double?
  @Option("Training tokens in all, in place of a ratio, e.g. 200M.", name: "tokens", value: "count")
  var tokenCount: TokenCount?
  @Option(
    "Base learning rate, of matrices at width 64 in a model of 100k; it is scaled to other sizes. (default: \(TrainingConfiguration.baseLearningRate))",
    value: "rate")
  var learningRate: Double?
  @Option(
    "What the factors of the trainer's products are rounded to: fp32 (not at all), bf16 (sums stay in single precision), bf16-tiles (the same, added up as Intel's AMX does), or auto: the fastest on this processor, which is bf16-tiles with AMX, bf16 with AMD's instructions for it, else fp32. What a folder's runs were trained with is kept. (default: auto)",
    value: "kind")
  var precision: PrecisionChoice?

  /// - Parameter stored: what a folder's runs were trained with; it counts where nothing is asked for.
  /// - Throws: `KernelError` where the processor has no instructions for it.
  func chosenPrecision(stored: PrecisionChoice?) throws -> Precision {
    try (precision ?? stored ?? .auto).resolved()
  }

  /// For a folder of a grid: that of the newest of its runs counts where nothing is asked for.
  func chosenPrecision(ofRunsIn folder: String) throws -> Precision {
    // What cannot be read is told when the folder is opened.
    let run = precision == nil ? (try? RunGrid.ledger(of: folder))?.records.last : nil
    return try chosenPrecision(
      // Journals that do not say are older than bfloat16.
      stored: run.map { PrecisionChoice($0.request.key.conditions.evaluator.trainer) ?? .fp32 })
  }

  static let defaultTokensPerParameter = 20.0
  var tokens: Int? { tokenCount?.value }
  /// Of one run: more than anybody trains on, and little enough for all arithmetic.
  static let mostTokens = 1_000_000_000_000

  func validate() throws {
    if tokens != nil, tokensPerParameter != nil {
      throw ValidationError(
        "Found both '--tokens' and '--tokens-per-parameter', expected one; drop the other")
    }
    if let tokens, !(1...Self.mostTokens).contains(tokens) {
      throw ValidationError(
        "Found '--tokens \(tokens)', expected "
          + (tokens < 1 ? "at least 1" : "at most \(Self.mostTokens)"))
    }
    if let ratio = tokensPerParameter, !(ratio > 0 && ratio <= 1e5) {
      throw ValidationError(
        "Found '--tokens-per-parameter \(ratio)', expected "
          + (ratio > 1e5 ? "at most 100000" : "a positive number"))
    }
    if let rate = learningRate, !(rate > 0 && rate <= 1e3) {
      throw ValidationError(
        "Found '--learning-rate \(rate)', expected "
          + (rate > 1e3 ? "at most 1000" : "a positive number"))
    }
  }
}

extension TrainingConfiguration {
  /// The defaults of a size, with what a user asked for.
  ///
  /// - Parameters:
  ///   - tokens: nil for `tokensPerParameter` times the parameters.
  ///   - learningRate: the base rate, which is scaled to the size; nil for the default.
  ///   - batchTokens: of one step, nil for what suits the size.
  ///   - precision: of the factors of products.
  init(
    size: ModelSize, vocabularySize: Int, tokens: Int?, tokensPerParameter: Double, seed: UInt64,
    learningRate: Double?, batchTokens: Int? = nil, precision: Precision = .fp32
  ) {
    let parameters = size.parameterCount(vocabularySize: vocabularySize)
    self.init(
      size: size, vocabularySize: vocabularySize,
      tokens: tokens ?? Int(clamping: (tokensPerParameter * Double(parameters)).rounded()),
      seed: seed, batchSequences: batchTokens.map { max($0 / size.contextLength, 1) },
      precision: precision)
    if let learningRate { scaleRates(by: learningRate / Self.baseLearningRate) }
  }
}

/// Opens a corpus; a folder without one gets a hint of how to build it.
func openCorpus(at folder: String) throws -> Corpus {
  guard FileManager.default.fileExists(atPath: folder + "/corpus.json") else {
    throw MissingCorpus(folder: folder)
  }
  return try Corpus.open(at: folder)
}

struct MissingCorpus: Error, CustomStringConvertible {
  var folder: String

  var description: String {
    let name = (folder as NSString).lastPathComponent
    return "\(folder): no corpus here; build it with 'mixpipe corpus build corpora/\(name).json'"
  }
}
