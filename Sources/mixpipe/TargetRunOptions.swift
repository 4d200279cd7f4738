import ArgumentParsing
import Mixtures
import Processes
import Reports
import Studies

/// The run that a mixture is for, and whether the runs that look for it repeat text as it will.
struct TargetRunOptions: ArgumentGroup {
  @Option(
    "Tokens of the run that the mixture is for, e.g. 20B: 'epochs<=4' counts its epochs.",
    value: "count")
  var targetTokens: TokenCount?
  @Flag(
    "Let every run repeat scarce text as often as that run will: it reads a part of the text.")
  var matchEpochs = false
  @Option(
    "Tokens that there are of a domain for that run, where the corpus is a sample; may be given several times.",
    value: "name=tokens")
  var available: [DomainFact<Double>] = []
  @Option("Decides which part of a text is read. (default: 1)", value: "seed")
  var subsampleSeed: UInt64?

  static let explanation = """
    Text that a long run will go through several times must not look new to a short one. With \
    '--target-tokens 20B --match-epochs' a run of D tokens reads of a domain of T tokens a part of T D / 20B \
    only, the same for every seed, and so repeats it as often as the run of 20B will. A run of another \
    length reads another part (the shorter one's is the beginning of the longer one's), so that none goes on \
    from another. Domains that 20B tokens would not exhaust are read as they are.
    """

  func validate() throws {
    if let tokens = targetTokens?.value, !(1...Self.mostTokens).contains(tokens) {
      throw ValidationError(
        "Found '--target-tokens \(tokens)', expected 1 to \(Self.mostTokens)")
    }
    for fact in available where !(fact.value >= 1 && fact.value <= Double(Self.mostTokens)) {
      throw ValidationError(
        "Found '--available \(fact.domain)=\(shortest(fact.value))', expected 1 to \(Self.mostTokens) tokens"
      )
    }
  }

  private static let mostTokens = 1_000_000_000_000_000

  var settings: StudySettings {
    StudySettings(
      targetTokens: targetTokens?.value, matchEpochs: matchEpochs ? true : nil,
      available: available.isEmpty
        ? nil
        : Dictionary(available.map { ($0.domain, $0.value) }, uniquingKeysWith: { $1 }),
      subsampleSeed: subsampleSeed)
  }
}

extension StudySettings {
  /// The run that the mixture is for, and how runs repeat text as it will; nil where nobody asks for that.
  ///
  /// - Parameter fallback: tokens of the run where they are not given.
  /// - Throws: `ValidationError` where something is missing or of a domain that is not there.
  func target(
    by trainer: TrainerChoice, fallback: Int? = nil
  ) throws -> (run: TargetRun?, matching: EpochMatching?) {
    let isMatched = matchEpochs == true
    if !isMatched, subsampleSeed != nil {
      throw ValidationError("Found '--subsample-seed' without '--match-epochs', expected both")
    }
    guard let tokens = targetTokens ?? (isMatched || available != nil ? fallback : nil) else {
      guard !isMatched, available == nil else {
        throw ValidationError(
          "Found '--\(isMatched ? "match-epochs" : "available")' without '--target-tokens', expected both: "
            + "how often text is repeated depends on the tokens of the run that the mixture is for")
      }
      return (nil, nil)
    }
    let run = TargetRun(tokens: tokens, availableTokens: try textOfTarget(trainer))
    let isOwn = targetTokens != nil || available != nil
    guard isMatched else { return (run, nil) }
    guard trainer.knowsText else {
      throw ValidationError(
        "Found '--match-epochs' without the domains' tokens, expected them as in '--domains books=12B,web=90B'"
      )
    }
    return (isOwn ? run : nil, EpochMatching(target: run, seed: subsampleSeed ?? 1))
  }

  /// Of each domain, in the order of mixtures; nil where it is what the trainer has.
  private func textOfTarget(_ trainer: TrainerChoice) throws -> [Int]? {
    guard let available else { return nil }
    guard trainer.builtIn != nil else {
      throw ValidationError(
        "Found '--available' with '--trainer', expected the tokens of its domains as in '--domains books=12B,web=90B'"
      )
    }
    let domains = trainer.domains
    if let name = available.keys.sorted().first(where: { !domains.contains($0) }) {
      throw ValidationError(MixtureError.unknown(domain: name, known: domains).description)
    }
    return zip(domains, trainer.availableTokens).map { name, own in
      available[name].map { Int($0.rounded()) } ?? own
    }
  }
}

extension EpochMatching {
  /// What runs read of each domain, in a line.
  ///
  /// - Parameters:
  ///   - lengths: tokens of runs; the shortest and the longest are told of.
  ///   - available: tokens of each domain at hand.
  func note(lengths: [Int], domains: [String], available: [Int]) -> String {
    let (shortest, longest) = (lengths.min() ?? 0, lengths.max() ?? 0)
    func span(_ low: Int, _ high: Int) -> String {
      low == high ? Format.count(low) : "\(Format.count(low)) to \(Format.count(high))"
    }
    let low = subsample(tokens: shortest, available: available).tokens
    let high = subsample(tokens: longest, available: available).tokens
    let parts = domains.indices.compactMap { j -> String? in
      guard let few = low[j] else { return nil }
      let words = "\(span(few, high[j] ?? available[j])) of \(Format.count(available[j]))"
      return words + " tokens of \(domains[j])"
    }
    let run = "Epochs as in a run of \(Format.count(target.tokens)) tokens: "
    guard !parts.isEmpty else {
      return run + "no domain is read twice there, so that all text is read."
    }
    var line = run + "one of \(span(shortest, longest)) reads \(parts.joined(separator: ", "))"
    if parts.count < domains.count { line += "; all of the others" }
    let short = tooShort(tokens: longest, available: available)
    if !short.isEmpty {
      line +=
        "; the corpus has too little of \(short.map { domains[$0] }.joined(separator: ", ")), which is repeated more often than there"
    }
    return line + "."
  }
}

extension TrainerChoice {
  /// Says what runs of some lengths read, where epochs are matched.
  func noteEpochs(_ matching: EpochMatching?, lengths: [Int], on line: ProgressLine) {
    guard let matching else { return }
    line.note(matching.note(lengths: lengths, domains: domains, available: availableTokens))
  }
}

/// The options that ask for a target run.
func targetWords(_ run: TargetRun?, _ matching: EpochMatching?, domains: [String]) -> [String] {
  var words: [String] = []
  if let run {
    words.append("--target-tokens \(run.tokens)")
    for (name, tokens) in zip(domains, run.availableTokens ?? []) {
      words.append("--available \(shellQuoted("\(name)=\(tokens)"))")
    }
  }
  if let matching { words += ["--match-epochs", "--subsample-seed \(matching.seed)"] }
  return words
}
