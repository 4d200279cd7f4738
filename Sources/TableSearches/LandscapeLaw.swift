import Foundation
import Numerics

/// One held-out loss as c + exp(t·w): the form of Ye et al., *Data Mixing Laws* (arXiv 2403.16952,
/// equation 6, whose factor k is in t as weights sum to one).
///
/// The methods' `ExponentialLaw` has the same form and is fitted as that paper does, by a robust loss from
/// many starts; this one by least squares from three, since a landscape takes hundreds of fits to samples
/// of a table. Its c may be negative.
package struct LandscapeLaw: Sendable {
  package private(set) var constant: Double
  package private(set) var slopes: [Double]

  /// Least squares over some of the runs, in units of the losses' standard deviation, with a slight pull of
  /// the slopes toward zero; the best of three starts, each from a straight line through the logarithms.
  ///
  /// - Parameters:
  ///   - mixtures: k weights each.
  ///   - counts: how often each run counts.
  package init(mixtures: [[Double]], losses: [Double], counts: [Double]) {
    let parts = mixtures[0].count
    let used = mixtures.indices.filter { counts[$0] > 0 }
    let center = Statistics.mean(used.map { losses[$0] })
    let spread = max(
      (used.reduce(0) { $0 + pow(losses[$1] - center, 2) } / Double(used.count)).squareRoot(), 1e-12
    )
    let scaled = losses.map { ($0 - center) / spread }
    let lowest = used.map { scaled[$0] }.min()!
    let total = used.reduce(0) { $0 + counts[$1] }
    let pull = 1e-4

    func cost(_ point: [Double]) -> (value: Double, gradient: [Double]) {
      var gradient = [Double](repeating: 0, count: parts + 1)
      var value = 0.0
      for i in used {
        var exponent = 0.0
        for j in 0..<parts { exponent += point[j] * mixtures[i][j] }
        let power = exp(exponent)
        let error = point[parts] + power - scaled[i]
        value += counts[i] * error * error / total
        let slope = 2 * counts[i] * error / total
        gradient[parts] += slope
        for j in 0..<parts { gradient[j] += slope * power * mixtures[i][j] }
      }
      for j in 0..<parts {
        value += pull * point[j] * point[j]
        gradient[j] += 2 * pull * point[j]
      }
      return (value, gradient)
    }
    var search = LimitedMemoryBFGS()
    search.maximumIterations = 150
    search.valueTolerance = 1e-9
    var best: LimitedMemoryBFGS.Result?
    for gap in [0.1, 0.5, 2] {
      let constant = lowest - gap
      var normal = Matrix(rows: parts, columns: parts)
      var right = [Double](repeating: 0, count: parts)
      for i in used {
        let target = log(scaled[i] - constant)
        for j in 0..<parts {
          right[j] += counts[i] * mixtures[i][j] * target
          for l in 0..<parts { normal[l, j] += counts[i] * mixtures[i][l] * mixtures[i][j] }
        }
      }
      for j in 0..<parts { normal[j, j] += 1e-3 * total }
      guard let start = Cholesky(factoring: normal)?.solve(right) else { continue }
      let found = search.minimize(from: start + [constant], cost)
      if found.value < best?.value ?? .infinity { best = found }
    }
    let point = best?.point ?? [Double](repeating: 0, count: parts) + [-1]
    constant = center + spread * point[parts]
    slopes = point.prefix(parts).map { $0 + log(spread) }
  }

  package func loss(at mixture: [Double]) -> Double {
    // Off the simplex, where a gradient is taken by differences, the law goes on as it is.
    var exponent = 0.0
    for j in slopes.indices { exponent += slopes[j] * mixture[j] }
    return constant + exp(exponent)
  }
}
