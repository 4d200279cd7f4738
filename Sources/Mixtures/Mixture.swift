/// How a token budget is divided among text domains: a point on the simplex.
package struct Mixture: Sendable, Hashable, Codable {
  /// The domains, in the order of the corpus.
  package let domains: [String]
  /// Each domain's share of the training tokens; they sum to one.
  package let weights: [Double]

  /// Weights that sum to one within `tolerance` are scaled to do so exactly.
  ///
  /// - Throws: ``MixtureError`` where a weight is negative or not finite, or the sum is off.
  package init(
    domains: [String], weights: [Double], tolerance: Double = 1e-3
  ) throws(MixtureError) {
    precondition(
      domains.count == weights.count,
      "expected a weight for each of \(domains.count) domains, found \(weights.count)")
    for (domain, weight) in zip(domains, weights) where !(weight >= 0 && weight.isFinite) {
      throw .invalidWeight(domain: domain, weight: weight)
    }
    let sum = weights.reduce(0, +)
    guard abs(sum - 1) <= tolerance + 1e-12 else { throw .sum(sum) }
    self.domains = domains
    self.weights = abs(sum - 1) < 1e-15 ? weights : weights.map { $0 / sum }
  }

  /// Weights in any unit, divided by their sum.
  ///
  /// - Precondition: no weight is negative and one is positive.
  package init(domains: [String], proportionalTo weights: [Double]) {
    precondition(domains.count == weights.count)
    let sum = weights.reduce(0, +)
    precondition(
      sum > 0 && weights.allSatisfy { $0 >= 0 },
      "expected weights of positive sum, found \(weights)")
    self.domains = domains
    self.weights = weights.map { $0 / sum }
  }

  /// Weights as they are, to the last bit; nil where they are no shares.
  package init?(domains: [String], exactly weights: [Double]) {
    guard domains.count == weights.count, weights.allSatisfy({ $0 >= 0 }),
      abs(weights.reduce(0, +) - 1) < 1e-9
    else { return nil }
    self.domains = domains
    self.weights = weights
  }

  package static func uniform(over domains: [String]) -> Mixture {
    Mixture(domains: domains, proportionalTo: domains.map { _ in 1 })
  }

  package subscript(domain: String) -> Double? {
    domains.firstIndex(of: domain).map { weights[$0] }
  }
}

extension Mixture {
  private enum Key: CodingKey { case domains, weights }

  /// The weights are taken as they are: dividing them by their sum again would move their last bits,
  /// and trials are told apart by these.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    let domains = try fields.decode([String].self, forKey: .domains)
    guard
      let mixture = try Mixture(
        domains: domains, exactly: fields.decode([Double].self, forKey: .weights))
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .weights, in: fields,
        debugDescription: "expected \(domains.count) weights that sum to 1")
    }
    self = mixture
  }
}
