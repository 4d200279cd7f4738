import Spelling

/// A condition that mixtures must meet, as somebody writes it: `code<=0.3`, `books=0.1`,
/// `books+papers=0.2..0.4`, `epochs<=4`, `epochs(books)<=2`, `domains<=3`. Names that have signs in them
/// are quoted: `"a=b"<=0.3`.
package enum MixtureConstraint: Sendable, Hashable {
  /// The sum of some domains' weights lies in a range; a nil bound is none.
  case total(domains: [String], lower: Double?, upper: Double?)
  /// No text is gone through more often: a domain's weight is at most epochs · tokens available / tokens
  /// trained on. For every domain if none is named.
  case epochs(domain: String?, limit: Double)
  /// No more than so many domains have any weight.
  case domainCount(atMost: Int)
  /// Leaving a mixture costs: no condition, but part of what is minimized. `near(natural)=0.1`.
  case near(Reference, strength: Double)
  /// One level of domains keeps the shares in which there is text: `natural(topics)` within each source,
  /// `natural(sources)` among them.
  case natural(Level)

  package enum Reference: String, Sendable, Hashable, CaseIterable {
    /// In proportion to the text that there is.
    case natural
    case uniform
  }

  package enum Level: String, Sendable, Hashable, CaseIterable { case topics, sources }

  package init(parsing text: String) throws(ConstraintError) {
    if let named = try Self.named(text) {
      self = named
      return
    }
    func isSign(_ character: Character) -> Bool { "<>=≤≥".contains(character) }
    guard let last = NameSyntax.split(text, onLast: isSign) else { throw .malformed(text: text) }
    var subject = last.before
    var relation = last.sign == "≤" ? "<=" : last.sign == "≥" ? ">=" : String(last.sign)
    if relation == "=", let before = subject.last, before == "<" || before == ">" {
      subject.removeLast()
      relation = "\(before)="
    }
    subject = NameSyntax.trimmed(subject)
    let rest = last.after.filter { !$0.isWhitespace }
    // A sum's bounds; the other two know upper ones only.
    let bounds = rest.split(separator: "..", omittingEmptySubsequences: false).compactMap {
      Double($0)
    }
    guard !subject.isEmpty, !isSign(subject.last!), ["=", "<=", ">="].contains(relation),
      !rest.isEmpty, bounds.allSatisfy({ $0 >= 0 && $0.isFinite }),
      bounds.count == (rest.contains("..") ? 2 : 1), relation == "=" || bounds.count == 1
    else { throw .malformed(text: text) }
    if subject == "epochs" || subject.hasPrefix("epochs(") {
      let name = subject.dropFirst("epochs".count)
      guard relation == "<=", bounds[0] > 0,
        name.isEmpty || (name.hasSuffix(")") && name.count > 2),
        let domain = NameSyntax.name(name.dropFirst().dropLast())
      else { throw .malformed(text: text) }
      self = .epochs(domain: name.isEmpty ? nil : domain, limit: bounds[0])
      return
    }
    // A number of domains is one at least; a share below one is of a domain of that name.
    if subject == "domains", !(relation == "<=" && bounds[0] > 0 && bounds[0] < 1) {
      guard relation == "<=", bounds[0] >= 1, let count = Int(exactly: bounds[0]) else {
        throw .malformed(text: text)
      }
      self = .domainCount(atMost: count)
      return
    }
    guard let names = NameSyntax.sum(subject) else { throw .malformed(text: text) }
    guard bounds.allSatisfy({ $0 <= 1 }), bounds[0] <= bounds[bounds.count - 1] else {
      throw .malformed(text: text)
    }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw .repeated(domain: name, text: text)
    }
    self = .total(
      domains: names, lower: relation == "<=" ? nil : bounds[0],
      upper: relation == ">=" ? nil : bounds[bounds.count - 1])
  }

  /// `natural(topics)` and `near(natural)=0.1`; nil for what is not written like these.
  private static func named(_ text: String) throws(ConstraintError) -> MixtureConstraint? {
    let plain = text.filter { !$0.isWhitespace }
    if plain.hasPrefix("natural("), plain.hasSuffix(")") {
      guard let level = Level(rawValue: String(plain.dropFirst(8).dropLast())) else {
        throw .malformed(text: text)
      }
      return .natural(level)
    }
    guard plain.hasPrefix("near("), let end = plain.range(of: ")=") else { return nil }
    let name = plain[plain.index(plain.startIndex, offsetBy: 5)..<end.lowerBound]
    guard let reference = Reference(rawValue: String(name)),
      let strength = Double(plain[end.upperBound...]), strength >= 0, strength.isFinite
    else { throw .malformed(text: text) }
    return .near(reference, strength: strength)
  }

  /// Whether it asks how much text there is.
  package var needsTokens: Bool {
    if case .epochs = self { return true }
    return needsNatural
  }

  /// Whether it asks for the shares in which there is text.
  package var needsNatural: Bool {
    switch self {
    case .natural, .near(.natural, _): true
    default: false
    }
  }

  /// The domains that names are of, where a sign may have been part of one: `a+b` is one domain where
  /// there is one of that name and none called `a` or `b`.
  ///
  /// - Returns: nil where they are not all known.
  static func known(_ names: [String], in domains: [String]) -> [String]? {
    if names.allSatisfy(domains.contains) { return names }
    for length in (1...names.count).reversed() {
      let joined = names[..<length].joined(separator: "+")
      guard domains.contains(joined) else { continue }
      if length == names.count { return [joined] }
      if let rest = known(Array(names[length...]), in: domains) { return [joined] + rest }
    }
    return nil
  }
}

extension MixtureConstraint: CustomStringConvertible {
  /// As ``init(parsing:)`` reads it, all digits kept.
  package var description: String {
    switch self {
    case .total(let domains, let lower, let upper):
      let sum = domains.map { Self.written($0, isAlone: domains.count == 1) }
        .joined(separator: "+")
      switch (lower, upper) {
      case (let lower?, let upper?):
        return lower == upper
          ? "\(sum)=\(shortest(lower))" : "\(sum)=\(shortest(lower))..\(shortest(upper))"
      case (let lower?, nil): return "\(sum)>=\(shortest(lower))"
      case (nil, let upper?): return "\(sum)<=\(shortest(upper))"
      case (nil, nil): return "\(sum)>=0"
      }
    case .epochs(let domain, let limit):
      return
        "epochs\(domain.map { "(\(NameSyntax.written($0, among: "<>=≤≥")))" } ?? "")<=\(shortest(limit))"
    case .domainCount(let count):
      return "domains<=\(count)"
    case .near(let reference, let strength):
      return "near(\(reference.rawValue))=\(shortest(strength))"
    case .natural(let level):
      return "natural(\(level.rawValue))"
    }
  }

  private static func written(_ name: String, isAlone: Bool) -> String {
    if name == "epochs" || name == "domains" || name.hasPrefix("epochs(")
      || name.hasPrefix("near(") || name.hasPrefix("natural(")
    {
      return "\"\(name)\""
    }
    let bare = name.hasSuffix("++") && isAlone ? name.dropLast(2) : name[...]
    return bare.contains("+") || bare.isEmpty
      ? NameSyntax.written(name, among: "+") : NameSyntax.written(name, among: "<>=≤≥")
  }
}

/// All digits of a number, but 4 rather than 4.0.
package func shortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

/// Written as its text.
extension MixtureConstraint: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do throws(ConstraintError) {
      self = try MixtureConstraint(parsing: text)
    } catch {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: error.description)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// What can be wrong with constraints that somebody wrote down.
package enum ConstraintError: Error, Equatable, CustomStringConvertible {
  case malformed(text: String)
  case repeated(domain: String, text: String)
  case unknown(domain: String, known: [String])
  /// These cannot hold together; `gap` is by how much, as a share of the tokens.
  case infeasible(constraints: [String], gap: Double)
  /// No choice of so many domains satisfies the rest.
  case tooFewDomains(limit: Int)

  package var description: String {
    switch self {
    case .malformed(let text):
      "found the constraint '\(text)', expected one such as 'code<=0.3', 'books=0.1', "
        + "'books+papers=0.2..0.4', 'epochs<=4', 'epochs(books)<=2', 'domains<=3', 'natural(topics)' or "
        + "'near(natural)=0.1'"
    case .repeated(let domain, let text):
      "the constraint '\(text)' names '\(domain)' twice; name each domain once"
    case .unknown(let domain, let known):
      "unknown domain '\(domain)' in a constraint; "
        + (nearestName(to: domain, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "the domains are \(known.joined(separator: ", "))"
    case .infeasible(let constraints, let gap):
      (constraints.count == 1
        ? "no mixture satisfies \(constraints[0])"
        : "no mixture satisfies \(constraints.dropLast().joined(separator: ", ")) "
          + "and \(constraints[constraints.count - 1]) together")
        + ": they miss each other by \(rounded(gap)) of the tokens; loosen them by that much"
    case .tooFewDomains(let limit):
      "no mixture of \(limit) domain\(limit == 1 ? "" : "s") satisfies the other constraints; "
        + "allow more domains, or loosen the others"
    }
  }
}
