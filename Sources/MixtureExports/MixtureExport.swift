import Mixtures

/// A mixture on its way to another's trainer.
package struct MixtureExport: Sendable {
  /// What is known of a domain besides its weight.
  package struct Domain: Sendable, Equatable {
    package var name: String
    package var weight: Double
    /// Where its text lies over there; the name where nothing is said.
    package var paths: [String]
    /// Training tokens that there are.
    package var availableTokens: Double?
    /// Mean tokens of a document.
    package var documentTokens: Double?

    package init(
      name: String, weight: Double, paths: [String] = [], availableTokens: Double? = nil,
      documentTokens: Double? = nil
    ) {
      self.name = name
      self.weight = weight
      self.paths = paths
      self.availableTokens = availableTokens
      self.documentTokens = documentTokens
    }
  }

  /// Weights are written as multiples of this, and sum to one as decimals: readers differ in how far
  /// from one a sum may be (numpy's `choice` 1.5e-8, `allclose` 1e-5).
  package static let decimals = 8

  package var domains: [Domain]
  /// Tokens of the run that the mixture is for.
  package var tokens: Double?
  /// Whether rows of a format that draws rows are sequences of one length.
  package var isPacked = false

  package init(_ domains: [Domain], tokens: Double? = nil) {
    self.domains = domains
    self.tokens = tokens
  }

  /// A domain as it is written.
  struct Entry {
    var domain: Domain
    /// A multiple of 10^-8, in the format's unit.
    var weight: Double
    var epochs: Double?
    var name: String { domain.name }
    var paths: [String] { domain.paths.isEmpty ? [domain.name] : domain.paths }
    /// How often a token may come again, at least once.
    var repetitions: Double { max(1, ((epochs ?? 1) * 100).rounded(.up) / 100) }
  }

  /// How often a domain is seen in the whole run; nil where the budget or its size is not known.
  package func epochs(of domain: Domain) -> Double? {
    guard let tokens, let available = domain.availableTokens, available > 0 else { return nil }
    return domain.weight * tokens / available
  }

  /// The domains that are written: zeros and what is rounded to zero left out.
  func entries(for format: ExportFormat) throws(ExportError) -> [Entry] {
    var shares: [Double] = []
    for domain in domains {
      guard format.unit == .documents, !isPacked, domain.weight > 0 else {
        shares.append(domain.weight)
        continue
      }
      guard let length = domain.documentTokens, length > 0 else {
        throw .noDocumentLength(domain: domain.name, format: format.rawValue)
      }
      // p ∝ w / L: documents of L tokens with probability p give tokens in proportion to p L.
      shares.append(domain.weight / length)
    }
    let rounded = Self.rounded(shares)
    return zip(domains, rounded).compactMap { domain, weight in
      weight > 0 ? Entry(domain: domain, weight: weight, epochs: epochs(of: domain)) : nil
    }
  }

  /// Shares as multiples of 10^-8 that sum to one: rounded down, and the largest remainders up
  /// (Hamilton's method), so that no sum is off by what the rounding of each would add up to.
  package static func rounded(_ shares: [Double]) -> [Double] {
    let scale = 1e8
    let sum = shares.reduce(0, +)
    let exact = shares.map { $0 / sum * scale }
    var units = exact.map { $0.rounded(.down) }
    let missing = Int((scale - units.reduce(0, +)).rounded())
    let order = exact.indices.sorted {
      (units[$0] - exact[$0], $0) < (units[$1] - exact[$1], $1)
    }
    for index in order.prefix(max(missing, 0)) { units[index] += 1 }
    return units.map { $0 / scale }
  }

  /// What a reader of the file should know, a line each.
  package func notes(for format: ExportFormat) throws(ExportError) -> [String] {
    let entries = try entries(for: format)
    var notes = [
      format.unit == .documents && !isPacked
        ? "probabilities of documents, p ∝ weight / mean tokens of a document: the tokens are then "
          + "as the mixture says"
        : "shares of the training tokens",
      "rounded to \(Self.decimals) decimals, sum 1",
    ]
    let zeros = domains.filter { $0.weight == 0 }.map(\.name)
    if !zeros.isEmpty { notes.append("left out, weight 0: \(zeros.joined(separator: ", "))") }
    let lost = domains.filter { domain in
      domain.weight > 0 && !entries.contains { $0.name == domain.name }
    }
    if !lost.isEmpty {
      notes.append("left out, rounded to 0: \(lost.map(\.name).joined(separator: ", "))")
    }
    if let tokens {
      let epochs = entries.map { entry in
        "\(entry.name) \(entry.epochs.map { Self.short($0) } ?? "unknown")"
      }
      notes.append("epochs in \(Self.short(tokens)) tokens: \(epochs.joined(separator: ", "))")
    }
    let unplaced = entries.filter { $0.domain.paths.isEmpty }.map(\.name)
    if format.needsPaths, !unplaced.isEmpty {
      notes.append("paths to be filled in with '--path': \(unplaced.joined(separator: ", "))")
    }
    return notes
  }

  /// Three significant digits, without an exponent where there is none needed.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return "0" }
    for (limit, unit) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")] where value >= limit {
      return short(value / limit) + unit
    }
    if value < 0.001 { return "less than 0.001" }
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
    return decimal(value, digits)
  }

  /// A number as decimals without zeros at its end.
  static func decimal(_ value: Double, _ digits: Int = Self.decimals) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    // No number that is written is beyond what a double counts exactly.
    let units = Int(min(max(value * scale, 0), 9e15).rounded())
    let (whole, rest) = units.quotientAndRemainder(dividingBy: Int(scale))
    if rest == 0 { return "\(whole)" }
    var text = String(rest)
    text = String(repeating: "0", count: digits - text.utf8.count) + text
    while text.last == "0" { text.removeLast() }
    return "\(whole).\(text)"
  }
}
