import Mixtures
import RunTables

/// What is asked of runs of several sizes: the target, and where runs may be made.
package struct SizesSettings: Codable, Sendable, Hashable {
  /// As it is written, e.g. `1B`.
  package var targetSize: String
  /// Of a run of the target; as many for a parameter as the longest runs of the largest size where not given.
  package var targetTokens: String?
  /// That new runs may have; those of the table where not given.
  package var sizes: [String]?
  /// Whether the trainer can go on with a run from its checkpoint.
  package var continues = false
  /// What a run of each size costs to its longest length, e.g. `20M=1`; parameters times tokens where not given.
  package var costs: [String] = []
  /// In runs of the target, what is made already included.
  package var budget: Double?
  /// Text that there is of domains for a run of the target, e.g. `books=2B`; nil where nobody said.
  package var available: [String]?
  /// Whether the runs repeat it as often as the target will.
  package var matchesEpochs: Bool?

  package init(targetSize: String) { self.targetSize = targetSize }

  /// As options say it.
  var words: String {
    var words = ["--target-size \(targetSize)"]
    if let targetTokens { words.append("--target-tokens \(targetTokens)") }
    if let sizes { words.append("--sizes \(sizes.joined(separator: ","))") }
    if continues { words.append("--continue") }
    if !costs.isEmpty { words.append("--costs \(costs.joined(separator: ","))") }
    if let budget { words.append("--budget \(budget)") }
    for fact in available ?? [] { words.append("--available \(fact)") }
    if matchesEpochs == true { words.append("--match-epochs") }
    return words.joined(separator: " ")
  }

  /// - Throws: ``SizesError`` for what is no number.
  package func validate() throws(SizesError) {
    _ = try Self.amount(targetSize, option: "--target-size", of: "parameters, e.g. 1B")
    _ = try targetTokens.map { text throws(SizesError) in
      try Self.amount(text, option: "--target-tokens", of: "tokens, e.g. 20B")
    }
    let known = try (sizes ?? []).map { text throws(SizesError) in
      try Self.amount(text, option: "--sizes", of: "parameters, e.g. 20M")
    }
    let target = try parameters
    if let place = known.firstIndex(where: { $0 > target * (1 + 1e-9) }) {
      throw .beyond(size: sizes![place], target: targetSize)
    }
    if sizes != nil, Set(known).count < known.count || known.isEmpty {
      throw .malformed(
        option: "--sizes", found: sizes!.joined(separator: ","), expected: "different sizes")
    }
    _ = try prices
    if let budget, !(budget > 0 && budget.isFinite) {
      throw .malformed(
        option: "--budget", found: "\(budget)", expected: "a number of runs of the target")
    }
    let facts = try facts
    for (place, fact) in facts.enumerated()
    where facts[..<place].contains(where: { $0.domain == fact.domain }) {
      throw .malformed(
        option: "--available", found: available![place], expected: "the text of each domain once")
    }
    if matchesEpochs == true {
      guard !facts.isEmpty else { throw .matchedWithoutText }
      guard !continues else { throw .matchedAndContinued }
    }
  }

  /// The text that there is for a run of the target; nil where nobody said.
  ///
  /// - Parameter conditions: of which those on epochs must be of text that was told of.
  /// - Throws: ``SizesError``, and `MixtureError.unknown` for a domain that is not there.
  package func text(
    over domains: [String], conditions: [MixtureConstraint] = []
  ) throws -> KnownText? {
    let facts = try facts
    if let fact = facts.first(where: { !domains.contains($0.domain) }) {
      throw MixtureError.unknown(domain: fact.domain, known: domains)
    }
    for case .epochs(let domain, let limit) in conditions {
      let condition = MixtureConstraint.epochs(domain: domain, limit: limit).description
      guard !facts.isEmpty else { throw SizesError.unknownText(condition: condition, domain: nil) }
      let places = domain.map { MixtureLevels.places(of: $0, in: domains) } ?? []
      for name in places.map({ domains[$0] }) where !facts.contains(where: { $0.domain == name }) {
        throw SizesError.unknownText(condition: condition, domain: name)
      }
    }
    guard !facts.isEmpty else { return nil }
    return KnownText(domains.map { name in facts.first { $0.domain == name }?.tokens })
  }

  /// Of `available`, in the order in which they were given.
  private var facts: [(domain: String, tokens: Int)] {
    get throws(SizesError) {
      try (available ?? []).map { text throws(SizesError) in
        guard let sides = NameSyntax.split(text, onLast: { $0 == "=" }),
          let domain = NameSyntax.name(sides.before), !domain.isEmpty,
          let tokens = Self.positive(NameSyntax.trimmed(sides.after)), (1...1e15).contains(tokens)
        else {
          throw .malformed(
            option: "--available", found: text,
            expected: "a domain and from 1 to 1e15 tokens, e.g. books=2B")
        }
        return (domain, Int(tokens.rounded()))
      }
    }
  }

  /// Of the target.
  package var parameters: Double {
    get throws(SizesError) {
      try Self.amount(targetSize, option: "--target-size", of: "parameters, e.g. 1B")
    }
  }

  /// Of a run of each size, by its parameters.
  var prices: [(parameters: Double, cost: Double)] {
    get throws(SizesError) {
      try costs.map { text throws(SizesError) in
        let pair = text.split(separator: "=", maxSplits: 1).map { $0.trimmed }
        guard pair.count == 2, let size = Self.positive(pair[0]), let cost = Self.positive(pair[1])
        else {
          throw .malformed(
            option: "--costs", found: text, expected: "what a run of a size costs, e.g. 20M=1.5")
        }
        return (size, cost)
      }
    }
  }

  private static func positive(_ text: String) -> Double? {
    RunTable.parameters(ofSize: text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
  }

  static func amount(
    _ text: String, option: String, of what: String
  ) throws(SizesError) -> Double {
    guard let value = positive(text) else {
      throw .malformed(option: option, found: text, expected: "a number of " + what)
    }
    return value
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    var view = self[...]
    while view.first?.isWhitespace == true { view = view.dropFirst() }
    while view.last?.isWhitespace == true { view = view.dropLast() }
    return String(view)
  }
}

package enum SizesError: Error, Equatable, CustomStringConvertible {
  case malformed(option: String, found: String, expected: String)
  /// A size for new runs that is larger than the target.
  case beyond(size: String, target: String)
  /// Nothing says which sizes new runs may have.
  case noSizes
  /// `--costs` that leave one out.
  case noCost(size: String)
  /// Costs that do not grow with length.
  case badCosts(size: String)
  /// Lengths that are no whole numbers.
  case badLengths(size: String)
  /// A condition on epochs without the text that there is, of one domain or at all.
  case unknownText(condition: String, domain: String?)
  /// Text is counted in tokens, and the table's runs in steps.
  case textInSteps
  case matchedWithoutText
  case matchedAndContinued

  package var description: String {
    switch self {
    case .malformed(let option, let found, let expected):
      "Found '\(option) \(found)', expected \(expected)"
    case .beyond(let size, let target):
      "Found '--sizes' with \(size), which is larger than the target of \(target); expected sizes up to it"
    case .noSizes:
      "Found no run and no '--sizes', expected the sizes that runs may have, e.g. '--sizes 20M,60M'"
    case .noCost(let size):
      "Found '--costs' without the size \(size), expected what a run of each size costs, that of the target too"
    case .badLengths(let size):
      "the runs of size \(size) have lengths below one or too near to each other; expected whole numbers of "
        + "tokens or steps"
    case .unknownText(let condition, nil):
      "Found '\(condition)', but nothing says how much text there is; give it with '--target-size' and "
        + "'--available', e.g. '--available code=2B', or give the weight that the epochs allow, e.g. 'code<=0.3'"
    case .unknownText(let condition, let domain?):
      "Found '\(condition)', but '--available' does not say how much text of \(domain) there is; give it too, "
        + "e.g. '--available \(NameSyntax.written(domain, among: "="))=2B'"
    case .textInSteps:
      "Found '--available' with a table whose runs are counted in steps, expected their tokens; give them in a "
        + "column 'tokens', or leave '--available' out"
    case .matchedWithoutText:
      "Found '--match-epochs' without '--available', expected both: runs that repeat text as often as the target "
        + "are taken as they are, so that the flag says something only where text was told of"
    case .matchedAndContinued:
      "Found '--match-epochs' with '--continue', expected one of them: a run of another length reads another part "
        + "of the text, so that none goes on from another"
    case .badCosts(let size):
      "the costs of size \(size) do not grow with the length of runs; give '--costs' or leave the column of "
        + "operations out"
    }
  }
}
