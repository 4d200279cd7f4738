import Foundation
import Numerics

// k domains (weights of a mixture), d outputs (held-out domains).

/// What an output is expected to lose, before any run, where a domain's text is scarce: each domain's text helps the
/// less the more there is of it, and its own domain's text helps an output most.
///
/// m(w) = -Σⱼ βⱼ ln((ε + wⱼ) / (ε + 1/k)). An output's own domain counts forty times as much as each other, and all
/// together so much that they correlate with the output by .85 over the mixtures that were run. Without an own domain all
/// count alike, 1.25 together where the output varies by one.
///
/// A domain's own logarithm explains 72 to 88 % of the variance of its loss over mixtures on RegMix's runs of 1M, 60M and
/// 1B parameters and on our own of five and thirteen domains at every size, where equal worth of all domains explains 2
/// to 19 %; each other domain counts .005 to .08 of it. Without own domains the sum was found to be 1.3 to 1.7, and 1.4
/// to 3.7 on landscapes that were planted. How much scarce text costs is not learned from the runs, most of which are of
/// small models: where variety costs these more, what they say of it is wrong at the target.
package struct ScarcityPrior: Sendable, Hashable {
  /// β of each output, each with k, in units of what is left of it: [d][k]; none where all are as without an own domain.
  package var slopes: [[Double]] = []
  /// How many times as much outputs with own domains vary as what is left of them, the median. By so much more uncertain
  /// is a slope in units of what is left.
  var stretch = 1.0

  package init() {}

  static let floor = 0.02
  /// Of an output without an own domain, the sum over domains.
  static let even = 1.25
  /// Of each other domain, where an output's own counts one.
  private static let others = 0.025
  /// Of an output with what is expected of it.
  private static let correlation = 0.85
  /// What own logarithms vary by over mixtures that are drawn evenly, as by two measurements.
  private static let typicalSpread = 0.7

  /// ln((ε + wⱼ) / (ε + 1/k)).
  static func logarithms(_ weights: [Double]) -> [Double] {
    let base = floor + 1 / Double(max(weights.count, 1))
    return weights.map { log((floor + $0) / base) }
  }

  /// β of an output, k.
  func slopes(of output: Int, parts: Int) -> [Double] {
    output < slopes.count ? slopes[output] : Self.evenSlopes(parts)
  }

  private static func evenSlopes(_ parts: Int) -> [Double] {
    [Double](repeating: even / Double(parts), count: parts)
  }

  /// m, in units of what is left of the output.
  func expected(_ output: Int, _ logarithms: [Double]) -> Double {
    -dot(slopes(of: output, parts: logarithms.count), logarithms)
  }

  /// - Parameters:
  ///   - own: each output's own domain, d.
  ///   - logarithms: of each measurement those of its mixture, k.
  ///   - cells: of each measurement its fidelity.
  ///   - contrasts: of each output each measurement's difference from the mean of its fidelity.
  ///   - scales: what each output's contrasts vary by, replaced by what is left of it.
  init(
    own: [Int?], logarithms: [[Double]], cells: [ScaleCell], contrasts: [[Double]],
    scales: inout [Double]
  ) {
    let parts = logarithms.first?.count ?? 1
    guard parts > 1, own.contains(where: { $0 != nil }) else { return }
    var stretches: [Double] = []
    for (output, own) in own.enumerated() {
      guard let own else {
        slopes.append(Self.evenSlopes(parts))
        continue
      }
      let shares = (0..<parts).map { $0 == own ? 1 : Self.others }
      let worths = ScaleData.centered(logarithms.map { dot($0, shares) }, cells)
      let slope =
        Self.correlation * scales[output]
        / ScaleData.deviation(of: worths, cells, typical: Self.typicalSpread)
      let left = zip(contrasts[output], worths).map { $0 + slope * $1 }
      let rest = ScaleData.deviation(
        of: left, cells,
        typical: (1 - Self.correlation * Self.correlation).squareRoot() * scales[output])
      slopes.append(shares.map { $0 * slope / rest })
      stretches.append(scales[output] / rest)
      scales[output] = rest
    }
    stretch = Statistics.quantile(ofSorted: stretches.sorted(), 0.5)
  }
}
