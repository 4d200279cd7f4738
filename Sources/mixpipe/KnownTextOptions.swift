import ArgumentParsing
import Mixtures
import Processes
import TableSearches

/// How much text there is for the run that a mixture is for, where a table's runs stand in for it.
struct KnownTextOptions: ArgumentGroup {
  @Option(
    "Text that there is of a domain for the run that the mixture is for, in tokens; may be given several times. Domains that are not named are never read twice.",
    value: "name=tokens")
  var available: [String] = []
  @Flag(
    "The runs of the table repeat scarce text as often as that run will (as with 'testbed --match-epochs'): what repetition costs is in their losses."
  )
  var matchEpochs = false

  func add(to settings: inout SizesSettings) {
    settings.available = available.isEmpty ? nil : available
    settings.matchesEpochs = matchEpochs ? true : nil
  }

  /// As a command says it.
  var words: [String] {
    available.map { "--available \(shellQuoted($0))" } + (matchEpochs ? ["--match-epochs"] : [])
  }
}

/// The text that was told of; nil where nobody said.
///
/// - Parameters:
///   - settings: nil where runs have one size, of which nobody says how much text there is.
///   - conditions: of which those on epochs must be of text that was told of.
/// - Throws: `ValidationError` where they are not, and for a domain that is not there.
func knownText(
  _ settings: SizesSettings?, over domains: [String], conditions: [MixtureConstraint]
) throws -> KnownText? {
  guard let settings else {
    try refuseEpochs(conditions)
    return nil
  }
  return try asUsage { try settings.text(over: domains, conditions: conditions) }
}

/// The natural mixture over domains as far as either said it; nil where nobody did.
///
/// - Parameter text: as `--natural` has it.
/// - Throws: as ``knownText(_:over:conditions:)`` and ``naturalMixture(_:over:conditions:known:remedy:)``.
func naturalMixture(
  _ text: String?, _ settings: SizesSettings, over domains: [String],
  conditions: [MixtureConstraint]
) throws -> [Double]? {
  try naturalMixture(
    text, over: domains, conditions: conditions,
    known: try knownText(settings, over: domains, conditions: conditions))
}

/// For where nobody says how much text there is.
func refuseEpochs(_ conditions: [MixtureConstraint]) throws {
  for condition in conditions {
    guard case .epochs = condition else { continue }
    throw ValidationError(
      SizesError.unknownText(condition: condition.description, domain: nil).description)
  }
}
