import Foundation
import Numerics

// n observations, k domains (weights of a mixture), d outputs (held-out domains), b base points,
// p points to predict at.

/// Mixtures as a kernel sees them: coordinates z = wᵉ for an exponent e of at most one.
///
/// With e = ½ the mixtures lie on a sphere and their distance is Hellinger's: the step from no text of
/// a domain to a little counts as much as it does for its loss.
package struct EmbeddedMixtures: Sendable {
  /// (k, p), each column on the simplex.
  package let weights: Matrix
  /// (k, p), the weights to the power of the exponent.
  package let coordinates: Matrix
  package let exponent: Double
  /// (k, p), what a mixing law adds up: the weights to the power of ``lawExponent``.
  let shares: Matrix
  let lawExponent: Double
  /// Laws that come from elsewhere, and their variables here: output after output, p each.
  let given: GivenLaws?
  private let givenValues: [Double]

  package var count: Int { weights.columns }
  package var parts: Int { weights.rows }

  package init(
    _ mixtures: [[Double]], parts: Int, exponent: Double, lawExponent: Double = 1,
    given: GivenLaws? = nil
  ) {
    precondition(
      lawExponent == 1 || lawExponent >= exponent,
      "expected a law's exponent of at least \(exponent), found \(lawExponent)")
    precondition(
      mixtures.allSatisfy { $0.count == parts }, "expected \(parts) weights in each mixture")
    weights = Matrix(rows: parts, columns: mixtures.count, elements: mixtures.flatMap { $0 })
    coordinates = Matrix(
      rows: parts, columns: mixtures.count, elements: weights.elements.map { pow($0, exponent) })
    self.exponent = exponent
    self.lawExponent = lawExponent
    shares =
      lawExponent == 1
      ? weights
      : Matrix(
        rows: parts, columns: mixtures.count,
        elements: weights.elements.map { pow($0, lawExponent) })
    self.given = given
    givenValues = (0..<(given?.outputs ?? 0)).flatMap { output in
      mixtures.map { given!.value(output, at: $0) }
    }
  }

  /// The variable of an output's given law at one mixture.
  func givenValue(_ output: Int, _ index: Int) -> Double { givenValues[output * count + index] }

  /// Σ w² less its mean over all mixtures, 2 / (k + 1): from about -½ for even mixtures to 1 for one domain.
  func unevenness(_ index: Int) -> Double {
    var sum = -2 / Double(parts + 1)
    for j in 0..<parts { sum += weights[j, index] * weights[j, index] }
    return sum
  }

  /// Whether one of these mixtures is one of others, but for what dividing by their sum may move.
  func isSame(_ index: Int, as other: Int, of points: EmbeddedMixtures) -> Bool {
    let count = parts
    return weights.elements.withUnsafeBufferPointer { own in
      points.weights.elements.withUnsafeBufferPointer { others in
        for j in 0..<count
        where abs(own[index * count + j] - others[other * count + j]) > 1e-14 {
          return false
        }
        return true
      }
    }
  }

  /// Some of the columns, in the order of `indices`.
  package func subset(_ indices: [Int]) -> EmbeddedMixtures {
    EmbeddedMixtures(
      indices.map { weights.column($0) }, parts: parts, exponent: exponent,
      lawExponent: lawExponent, given: given)
  }

  /// The gradient in these coordinates from that in the weights and in other powers of them, each (k, p).
  func gradient(
    toWeights: Matrix, toCoordinates: [Matrix], exponents: [Double]
  ) -> Matrix {
    // Another's z = y^(e/q), and w = y^(1/q).
    let q = exponent
    var gradients = Matrix(rows: parts, columns: count)
    for index in gradients.elements.indices {
      let y = coordinates.elements[index]
      func slope(_ e: Double) -> Double { e == q ? 1 : e / q * pow(y, e / q - 1) }
      var sum = toWeights.elements[index] * slope(1)
      for (matrix, exponent) in zip(toCoordinates, exponents) {
        sum += matrix.elements[index] * slope(exponent)
      }
      gradients.elements[index] = sum
    }
    return gradients
  }

  /// 6 E‖z - z'‖² over two uniform mixtures: the number of dimensions of the unit cube in which two
  /// points are as far apart. Priors that were made for the cube are right for the simplex with it.
  package static func effectiveDimension(parts: Int, exponent: Double) -> Double {
    // Under the uniform distribution w ~ Beta(1, k - 1), so E wᵉ = Γ(1 + e) Γ(k) / Γ(k + e).
    func moment(_ e: Double) -> Double {
      exp(lgamma(1 + e) + lgamma(Double(parts)) - lgamma(Double(parts) + e))
    }
    let variance = moment(2 * exponent) - moment(exponent) * moment(exponent)
    return max(12 * Double(parts) * variance, 1e-3)
  }
}
