import ArgumentParsing

// The tool behind the golden screens, with what they do not show beside it.

struct Mixpipe: Command {
  static let abstract = "Optimize language-model data mixtures."
  static let discussion = """
    Trains small proxy models on mixtures of text domains and searches the simplex of mixture weights \
    with Bayesian optimization.
    """
  static let version = "0.1.0"
  static let subcommands: [any Command.Type] = [
    Train.self, Study.self, Transfer.self, Report.self, Corpus.self, Probe.self,
  ]
}

/// Weights that must sum to one, with words of their own where they do not.
struct Weights: ArgumentValue, Equatable {
  struct Failure: Error, CustomStringConvertible { let description: String }
  var values: [Double]

  init(argument: String) throws {
    values = argument.split(separator: ",").compactMap { part in
      part.split(separator: "=").last.flatMap { Double($0) }
    }
    let sum = values.reduce(0, +)
    guard abs(sum - 1) < 1e-9 else {
      throw Failure(description: "the weights sum to \(sum), expected 1")
    }
  }
}

struct Train: Command {
  static let abstract = "Train one proxy model on one mixture."
  @Option("Domain weights, e.g. 'books=0.3,code=0.7'.", short: "m", value: "weights")
  var mixture: Weights
  @Option("Training steps.") var steps = 500
  @Option("Seed of the random generator.") var seed: UInt64 = 0
  @Flag("Write a checkpoint after the last step.", inversion: true) var checkpoint = true
  @Flag("Print only the final losses.", short: "q") var quiet = false
  func run() {}
}

enum Method: String, CaseIterable, ArgumentValue { case bo, sobol, uniform, bimix }

struct Study: Command {
  struct Missing: Error, CustomStringConvertible { let description: String }
  static let abstract = "Run a study of many trials."
  @Argument("Folder that holds the study.", completion: .folders) var folder: String
  @Option("How the next mixture is chosen.") var method = Method.bo
  @Option("Number of trials.") var trials = 64
  func validate() throws {
    if trials < 1 { throw ValidationError("found \(trials) trials, expected at least 1") }
  }
  func run() throws { throw Missing(description: "\(folder): no such study") }
}

struct Transfer: Command {
  static let abstract = "Check whether mixtures keep their rank across model sizes."
  func run() throws { throw ExitCode(130) }
}

struct Report: Command {
  static let abstract = "Render a study as tables and figures."
  func run() {}
}

struct Corpus: Command {
  static let abstract = "Build and look at corpora."
  static let isHidden = true
  static let subcommands: [any Command.Type] = [Build.self, List.self]

  struct Build: Command {
    static let abstract = "Build a corpus."
    @Option("A domain's files.", value: "name=path") var domain: [String]
    @Option("Key of the text.") var textKey = "text"
    @Argument("More.") var rest: [Double] = []
    func run() {}
  }

  struct List: Command {
    static let abstract = "List a corpus."
    func run() {}
  }
}

struct TrainingOptions: ArgumentGroup {
  @Option("Base learning rate.") var learningRate = 0.01
  @Option("Stop early.", hidden: true) var stopAfter: Int?
  func validate() throws {
    if !(learningRate > 0) {
      throw ValidationError("found a rate of \(learningRate), expected more than 0")
    }
  }
}

struct Probe: Command {
  static let abstract = "Everything else."
  static let isHidden = true
  @OptionGroup(title: "Training options") var training: TrainingOptions
  @Option("Where.", short: "o", value: "file", completion: .files) var output: String?
  @Flag("Look.", short: "l") var look = false
  @Flag("Colour, or what the terminal says.") var colour: Bool?
  @Option("Sizes.") var size = ["50k", "100k"]
  @Argument("Number.") var number: Int?
  func run() {}
}
