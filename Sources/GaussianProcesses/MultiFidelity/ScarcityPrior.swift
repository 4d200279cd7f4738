import Foundation
import Numerics

// k domains (weights of a mixture), d outputs (held-out domains).

/// What an output is expected to lose, before any run, where a domain's text is scarce or crowds out the others: each
/// domain's text helps the less the more there is of it, and its own domain's text helps an output most.
///
/// m(w) = -Σⱼ βⱼ ln((ε + wⱼ) / (ε + 1/k)) + γ c(w). An output's own domain counts forty times as much as each other, and
/// all together so much that they correlate with the output by .85 over the mixtures that were run. Without an own domain
/// all count alike, 1.25 together where the output varies by one.
///
/// c(w) = (Σⱼ wⱼ³ - 1/k²) (k + 1) (k + 2) / 6, less than one at most mixtures that are drawn evenly, a sixth of k² and more
/// at one domain alone. It tells outputs without an own domain that a mixture of nearly one domain is no bargain, of which
/// runs of others say little: the logarithms alone expect about one deviation there, whatever k, and with them true losses
/// of single domains were 1.8 to 2.2 deviations of the posterior above what was told (twelve planted problems of 3 to 24
/// domains); a search of 24 domains ran such mixtures one after another. With γ = .1 it is .8 to 1.3, and little changes
/// between mixtures that runs are made of. With an own domain it is not so: for RegMix's 17 outputs (60M) half of it
/// raised regrets from .10 .07 .08 .08 of a random mixture's to .15 .11 .09 .10.
///
/// Where all runs are of such mixtures, as where natural proportions are far from even, they tell it better: γ is divided
/// by what nine tenths of the mixtures that were run exceed of c, where that is above one. A search comes to run mixtures of
/// few domains where they look best, and must not lose by this what keeps it from the corners: with the median of the
/// measurements in place of a tenth of the mixtures searches of the suite were .02 and .04 gaps worse after half a run of the
/// target and after one. With RegMix's runs, of which no output was said to be a domain's own, the mixture of the lowest mean in
/// pools of 200 (1M for 60M, from few runs to many) lost .14 .13 .11 .10 .04 of what random ones do with this, .12 .12 .09
/// .08 .03 with the median, .14 .15 .12 .14 .16 with γ as it is.
///
/// A domain's own logarithm explains 72 to 88 % of the variance of its loss over mixtures on RegMix's runs of 1M, 60M and
/// 1B parameters and on our own of five and thirteen domains at every size, where equal worth of all domains explains 2
/// to 19 %; each other domain counts .005 to .08 of it. Without own domains the sum was found to be 1.3 to 1.7, and 1.4
/// to 3.7 on landscapes that were planted. How much scarce text costs is not learned from the runs, most of which are of
/// small models: where variety costs these more, what they say of it is wrong at the target.
package struct ScarcityPrior: Sendable, Hashable {
  /// β and -γ of each output, each with k + 1, in units of what is left of it: [d][k + 1]; none where all are as without an
  /// own domain.
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

  /// γ of an output without an own domain.
  private(set) var crowding = 0.1

  /// ln((ε + wⱼ) / (ε + 1/k)) of each domain, then c: k + 1.
  ///
  /// - Parameter counted: as much of each weight as counts where text is read again.
  static func variables(_ weights: [Double], counted: [Double]? = nil) -> [Double] {
    let parts = Double(max(weights.count, 1))
    let base = floor + 1 / parts
    let cubes = weights.reduce(0) { $0 + $1 * $1 * $1 } - 1 / (parts * parts)
    // One over the mean of Σⱼ wⱼ³ over mixtures that are drawn evenly.
    let unit = (parts + 1) * (parts + 2) / 6
    return (counted ?? weights).map { log((floor + $0) / base) } + [unit * cubes]
  }

  /// β and -γ of an output, k + 1.
  func slopes(of output: Int, parts: Int) -> [Double] {
    output < slopes.count ? slopes[output] : evenSlopes(parts)
  }

  private func evenSlopes(_ parts: Int) -> [Double] {
    [Double](repeating: Self.even / Double(parts), count: parts) + [-crowding]
  }

  /// m, in units of what is left of the output.
  func expected(_ output: Int, _ variables: [Double]) -> Double {
    -dot(slopes(of: output, parts: variables.count - 1), variables)
  }

  /// - Parameters:
  ///   - own: each output's own domain, d.
  ///   - mixtures: of each measurement its weights, k.
  ///   - variables: of each measurement those of its mixture, k + 1.
  ///   - cells: of each measurement its fidelity.
  ///   - contrasts: of each output each measurement's difference from the mean of its fidelity.
  ///   - scales: what each output's contrasts vary by, replaced by what is left of it.
  init(
    own: [Int?], mixtures: [[Double]], variables: [[Double]], cells: [ScaleCell],
    contrasts: [[Double]], scales: inout [Double]
  ) {
    let parts = (variables.first?.count ?? 2) - 1
    if !variables.isEmpty {
      // Looked up only: the order of a set is never seen.
      var seen: Set<[Double]> = []
      let crowded = zip(mixtures, variables).filter { seen.insert($0.0).inserted }.map { $1[parts] }
      crowding /= max(Statistics.quantile(ofSorted: crowded.sorted(), 0.1), 1)
    }
    guard parts > 1, own.contains(where: { $0 != nil }) else { return }
    var stretches: [Double] = []
    for (output, own) in own.enumerated() {
      guard let own else {
        slopes.append(evenSlopes(parts))
        continue
      }
      let shares = (0..<parts).map { $0 == own ? 1 : Self.others } + [0]
      let worths = ScaleData.centered(variables.map { dot($0, shares) }, cells)
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
