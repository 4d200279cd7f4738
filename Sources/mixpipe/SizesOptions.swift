import ArgumentParsing
import Mixtures
import TableSearches

/// Runs of several sizes: what is wanted at the largest, and where runs may be made.
struct SizesOptions: ArgumentGroup {
  @Option(
    "Size that the mixture is for, in parameters, e.g. 1B: runs of smaller sizes then stand in for it.",
    value: "size")
  var targetSize: String?
  @Option(
    "Tokens that it is to be trained on, e.g. 20B. (default: as many for a parameter as the longest runs of the largest size)",
    value: "tokens")
  var targetTokens: String?
  @Option(
    "Sizes that new runs may have, separated by commas. (default: those of the table)",
    value: "names")
  var sizes: ListArgument<String>?
  @Flag(
    "The trainer can go on with a run from its checkpoint, and pays only for what is added.",
    name: "continue")
  var goesOn = false
  @Option(
    "What a run of each size costs to its longest length, in any unit, e.g. '20M=1,60M=9,1B=2500'. (default: by a column of operations, or else parameters times tokens)",
    value: "costs")
  var costs: ListArgument<String>?
  @Option(
    "What all runs may cost, in runs of the target, those that are there among them. (default: 12, or a quarter more than they have cost)",
    value: "count")
  var budget: Double?
  @OptionGroup
  var text: KnownTextOptions

  func validate() throws {
    if let settings {
      try asUsage { try settings.validate() }
      return
    }
    let given = [
      ("target-tokens", targetTokens != nil), ("sizes", sizes != nil), ("continue", goesOn),
      ("costs", costs != nil), ("budget", budget != nil), ("available", !text.available.isEmpty),
      ("match-epochs", text.matchEpochs),
    ]
    if let first = given.first(where: \.1) {
      throw ValidationError(
        "Found '--\(first.0)' without '--target-size', expected the size that the mixture is for")
    }
  }

  /// Nil where one size is meant.
  var settings: SizesSettings? {
    guard let targetSize else { return nil }
    var settings = SizesSettings(targetSize: targetSize)
    settings.targetTokens = targetTokens
    settings.sizes = sizes?.elements
    settings.continues = goesOn
    settings.costs = costs?.elements ?? []
    settings.budget = budget
    text.add(to: &settings)
    return settings
  }
}

/// What is wrong with what was asked for is a matter of usage.
func asUsage<Value>(_ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch {
    if let found = error as? SizesError { throw ValidationError(found.description) }
    if let found = error as? MixtureError { throw ValidationError(found.description) }
    if let found = error as? ConstraintError { throw ValidationError(found.description) }
    throw error
  }
}
