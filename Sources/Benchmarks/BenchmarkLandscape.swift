import Foundation
import MixtureMethods

/// What runs would give without luck.
package enum BenchmarkLandscape: Sendable, Codable {
  case skills(SkillLandscape)
  case laws(LawLandscape)

  private enum CodingKeys: String, CodingKey { case kind }

  package init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .kind)
    switch kind {
    case "skills": self = .skills(try SkillLandscape(from: decoder))
    case "laws": self = .laws(try LawLandscape(from: decoder))
    default:
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "found a landscape of kind '\(kind)', expected skills or laws"))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .skills(let landscape):
      try container.encode("skills", forKey: .kind)
      try landscape.encode(to: encoder)
    case .laws(let landscape):
      try container.encode("laws", forKey: .kind)
      try landscape.encode(to: encoder)
    }
  }

  /// - Parameters:
  ///   - size, length: parameters and tokens of the run over the target's.
  func losses(
    at weights: [Double], point: FidelityPoint, size: Double, length: Double
  ) -> [Double] {
    switch self {
    case .skills(let landscape): landscape.losses(at: weights, size: size, length: length)
    case .laws(let landscape): landscape.losses(at: weights, level: point.level, rung: point.rung)
    }
  }
}

/// A landscape that was planted: domains teach skills, and held-out text asks for them. No method's model has this
/// form.
///
/// Tokens of a domain beyond its text count less and less (Muennighoff et al., [Scaling Data-Constrained Language
/// Models](https://arxiv.org/abs/2305.16264), equation 5). A skill s gets x_s of effective tokens, in units of the
/// target's; what it costs is `floor + scale (x + offset)^(-power n^crossing)`, n the size over the target's, or past a
/// threshold θ `floor + scale / (1 + (x n^shift / θ)³)`. A small model is hurt by variety, and text can do harm.
package struct SkillLandscape: Sendable, Hashable, Codable {
  /// (k, s): what share of a domain's text teaches a skill.
  var content: [[Double]]
  /// (t, s): what share of a held-out domain asks for a skill.
  var demand: [[Double]]
  /// (k): text of each domain, in tokens of a run of the target.
  var text: [Double]
  /// (t, k): what a domain's share adds to a loss, `harm w (1 + w)`.
  var harm: [[Double]]
  /// (s) each; a threshold of zero for a skill without one.
  var floor: [Double]
  var scale: [Double]
  var power: [Double]
  var threshold: [Double]
  var offset: Double
  var shift: Double
  var crossing: Double
  /// What a model of half the size gains, and what variety costs it.
  var size: Double
  var capacity: Double
  /// Repetitions after which more are worth little.
  var `repeat`: Double

  func losses(at weights: [Double], size n: Double, length: Double) -> [Double] {
    let effective = weights.indices.map { j -> Double in
      let used = weights[j] * length
      guard used > text[j] else { return used }
      return text[j] * (1 + `repeat` * (1 - exp(-(used / text[j] - 1) / `repeat`)))
    }
    let costs = floor.indices.map { s -> Double in
      var x = 0.0
      for j in effective.indices { x += effective[j] * content[j][s] }
      if threshold[s] > 0 {
        let ratio = x * pow(n, shift) / threshold[s]
        return floor[s] + scale[s] / (1 + ratio * ratio * ratio)
      }
      return floor[s] + scale[s] * pow(x + offset, -power[s] * pow(n, crossing))
    }
    var variety = 0.0
    for weight in weights where weight > 0 { variety -= weight * log(weight) }
    variety /= log(Double(weights.count))
    let common = size * (pow(n, -0.3) - 1) + capacity * (pow(n, -0.5) - 1) * variety
    return demand.indices.map { t in
      var loss = common
      for s in costs.indices { loss += demand[t][s] * costs[s] }
      for j in weights.indices { loss += harm[t][j] * weights[j] * (1 + weights[j]) }
      return loss
    }
  }
}

/// A landscape fitted to published runs: each loss at each size and rung as `constant + gain exp(slopes · w) + linear
/// · w`.
package struct LawLandscape: Sendable, Hashable, Codable {
  package struct Law: Sendable, Hashable, Codable {
    var constant: Double
    var gain: Double
    var slopes: [Double]
    /// Nil for none.
    var linear: [Double]?
  }

  /// [size][rung][held-out domain].
  var levels: [[[Law]]]

  func losses(at weights: [Double], level: Int, rung: Int) -> [Double] {
    levels[level][rung].map { law in
      var exponent = 0.0
      for j in weights.indices { exponent += law.slopes[j] * weights[j] }
      var loss = law.constant + law.gain * exp(exponent)
      if let linear = law.linear {
        for j in weights.indices { loss += linear[j] * weights[j] }
      }
      return loss
    }
  }
}
