import Numerics

/// Mixtures for runs from which all others are to be predicted: even over the simplex, with more near its
/// faces than chance would put there, where good mixtures often lie. Any number of the first is such a
/// spread, so that dear sizes can take the first of what cheap ones take.
package enum MixtureSpread {
  /// Different mixtures: the presets that the domains allow, one near each corner, and from then on, of
  /// every four, two even over the simplex (Sobol), one nearer to its faces, and one on a face.
  ///
  /// Weights are whole ten-thousandths, so that a table can say them as they are.
  ///
  /// - Precondition: two domains at least, unless one mixture is asked for.
  package static func mixtures(
    _ count: Int, over domains: [String], availableTokens: [Int], seed: UInt64
  ) -> [Mixture] {
    precondition(
      domains.count > 1 || count <= 1, "expected two domains for \(count) different mixtures")
    var result: [Mixture] = []
    func add(_ weights: [Double]) {
      let mixture = Mixture(domains: domains, proportionalTo: weights).inTenThousandths
      if result.count < count, !result.contains(mixture) { result.append(mixture) }
    }
    for preset in MixturePreset.allCases {
      if let mixture = try? preset.mixture(over: domains, availableTokens: availableTokens) {
        add(mixture.weights)
      }
    }
    for corner in domains.indices {
      // The others share a sixth.
      add(domains.indices.map { $0 == corner ? 5 : 1 / Double(max(domains.count - 1, 1)) })
    }
    var ordinal = 0
    while result.count < count {
      add(point(ordinal, parts: domains.count, seed: seed))
      ordinal += 1
    }
    return result
  }

  private static func point(_ ordinal: Int, parts: Int, seed: UInt64) -> [Double] {
    func even(_ parts: Int, _ stream: UInt64, _ start: Int) -> [Double] {
      SobolSequence.simplexPoints(parts: parts, start: start, count: 1, seed: seed &+ stream)[0]
    }
    let (round, turn) = ordinal.quotientAndRemainder(dividingBy: 4)
    switch turn {
    case 1:
      // Squares: the largest weights grow, as at a Dirichlet's lower concentration.
      return even(parts, 1, round).map { $0 * $0 }
    case 3 where parts > 2:
      // Two domains, three, … all but one.
      let kept = 2 + round % (parts - 2)
      var generator = SeededGenerator(seed: seed, stream: "face \(round)")
      var order = Array(0..<parts)
      generator.shuffle(&order)
      var weights = [Double](repeating: 0, count: parts)
      for (domain, weight) in zip(order, even(kept, 2, round)) { weights[domain] = weight }
      return weights
    default:
      return even(parts, 0, 2 * round + turn / 2)
    }
  }
}

extension Mixture {
  /// The nearest whose weights are whole ten-thousandths (largest remainders).
  package var inTenThousandths: Mixture {
    Mixture(
      domains: domains, proportionalTo: Self.tenThousandths(of: weights).map { Double($0) / 10_000 }
    )
  }

  /// Whole numbers in proportion to weights that sum to one; their sum is 10,000.
  package static func tenThousandths(of weights: [Double]) -> [Int] {
    let exact = weights.map { $0 * 10_000 }
    var units = exact.map { Int($0) }
    let order = exact.indices.sorted {
      let (a, b) = (exact[$0] - Double(units[$0]), exact[$1] - Double(units[$1]))
      return a != b ? a > b : $0 < $1
    }
    let missing = 10_000 - units.reduce(0, +)
    for index in order.prefix(max(missing, 0)) { units[index] += 1 }
    return units
  }
}
