import ArgumentParsing
import Mixtures

/// How text as it comes bears on a search over a table or in a session, which do not know how much there is by themselves.
struct NaturalOptions: ArgumentGroup {
  static let nearHelp =
    "What leaving a mixture costs: 'natural=0.1' adds .1 times the divergence (KL, nats) from the natural mixture, 'uniform=0.1' from equal shares, to what is minimized."
  static let holdHelp =
    "Level of domains such as web/health and web/news that keeps its natural shares: 'topics' within each source, 'sources' among them."

  @Option(
    "Text that there is of each domain, in tokens or as shares, e.g. 'books=3e9,web=12e9': the natural mixture.",
    value: "amounts")
  var natural: String?
  @Option(NaturalOptions.nearHelp, value: "mixture=strength")
  var near: String?
  @Option(NaturalOptions.holdHelp, value: "level")
  var hold: [String] = []

  /// As conditions are written.
  var constraints: [String] { get throws { try conditions(near: near, hold: hold) } }

  func validate() throws {
    _ = try readConstraints(constraints)
    if let natural { _ = try amounts(natural) }
  }
}

/// `--near` and `--hold` as conditions are written.
func conditions(near: String?, hold: [String]) throws -> [String] {
  var texts: [String] = []
  if let near {
    guard let sides = NameSyntax.split(near, onLast: { $0 == "=" }),
      let reference = MixtureConstraint.Reference(rawValue: NameSyntax.trimmed(sides.before)),
      let strength = Double(NameSyntax.trimmed(sides.after)), strength >= 0, strength.isFinite
    else {
      throw ValidationError(
        "Found '--near \(near)', expected a mixture and a strength such as 'natural=0.1' or "
          + "'uniform=0.05'")
    }
    texts.append(MixtureConstraint.near(reference, strength: strength).description)
  }
  for name in hold {
    guard let level = MixtureConstraint.Level(rawValue: name) else {
      throw ValidationError("Found '--hold \(name)', expected topics or sources")
    }
    texts.append(MixtureConstraint.natural(level).description)
  }
  return texts
}

/// `books=3e9,web=12e9`, by name.
func amounts(_ text: String) throws -> [String: Double] {
  var found: [String: Double] = [:]
  for part in NameSyntax.split(text, on: ",") {
    guard let sides = NameSyntax.split(part, onLast: { $0 == "=" }),
      let name = NameSyntax.name(sides.before), !name.isEmpty, found[name] == nil,
      let amount = Double(NameSyntax.trimmed(sides.after)), amount >= 0, amount.isFinite
    else {
      throw ValidationError(
        "Found '--natural \(text)', expected the text of each domain once, e.g. "
          + "'books=3e9,web=12e9,code=1e9'")
    }
    found[name] = amount
  }
  return found
}

/// The natural mixture over domains; nil where nothing was said of it.
///
/// - Parameters:
///   - known: the text that there is, which is the natural mixture where nothing else was said and it is known of all.
///   - remedy: what to do where conditions need what was not said; by default to give `--natural`.
/// - Throws: `ValidationError` where a domain is missing or unknown, or conditions need what was not said.
func naturalMixture(
  _ text: String?, over domains: [String], conditions: [MixtureConstraint],
  known: KnownText? = nil, remedy: String? = nil
) throws -> [Double]? {
  guard let text else {
    if let all = known?.all { return proportions(of: all.map(Double.init)) }
    let needing = conditions.first { known == nil ? $0.needsTokens : $0.needsNatural }
    guard let needing else { return nil }
    let amounts = domains.map { NameSyntax.written($0, among: ",=") + "=…" }
    throw ValidationError(
      "Found '\(needing)', but nothing says how much text there is of each domain; "
        + (remedy ?? "give it with --natural, e.g. --natural '\(amounts.joined(separator: ","))'"))
  }
  let amounts = try amounts(text)
  let missing = domains.filter { amounts[$0] == nil }
  let unknown = amounts.keys.sorted().filter { !domains.contains($0) }
  guard missing.isEmpty, unknown.isEmpty else {
    throw ValidationError(
      "Found '--natural \(text)', which "
        + (unknown.isEmpty
          ? "does not name \(missing.joined(separator: ", "))"
          : "names \(unknown.joined(separator: ", "))")
        + "; expected each of \(domains.joined(separator: ", "))")
  }
  let values = domains.map { amounts[$0]! }
  guard values.contains(where: { $0 > 0 }) else {
    throw ValidationError("Found '--natural \(text)', expected some text at least")
  }
  return proportions(of: values)
}

private func proportions(of values: [Double]) -> [Double] {
  let sum = values.reduce(0, +)
  return values.map { $0 / sum }
}
