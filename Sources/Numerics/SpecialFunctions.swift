import Foundation

/// Functions of the normal distribution that stay accurate where the textbook's formulas underflow
/// or cancel.
package enum Normal {
  /// ½ ln 2π.
  @usableFromInline static let halfLogTwoPi = 0.918_938_533_204_672_741_78

  /// Half the width of a 95 % interval, in deviations: Φ⁻¹(.975).
  package static let half95 = 1.959_963_984_540_054

  /// φ(u), the density.
  package static func density(_ u: Double) -> Double { exp(-0.5 * u * u - halfLogTwoPi) }

  /// Φ(u), the probability of a value below u; relative error about 1e-15 in both tails.
  package static func cumulative(_ u: Double) -> Double {
    u < -1
      ? 0.5 * exp(-0.5 * u * u) * scaledComplementaryError(-u / 2.0.squareRoot())
      : 0.5 * erfc(-u / 2.0.squareRoot())
  }

  /// d/du ln Φ(u) = φ(u) / Φ(u).
  package static func logCumulativeSlope(_ u: Double) -> Double {
    u < -1
      ? (2 / Double.pi).squareRoot() / scaledComplementaryError(-u / 2.0.squareRoot())
      : density(u) / cumulative(u)
  }

  /// Φ⁻¹(p): Acklam's rational approximation (relative error 1.2e-9), then one step of Halley's
  /// method on Φ.
  ///
  /// - Precondition: `0 < p < 1`.
  package static func quantile(_ p: Double) -> Double {
    precondition(p > 0 && p < 1, "expected a probability between 0 and 1, found \(p)")
    if p > 0.5 { return -quantile(1 - p) }
    let rough: Double
    if p < 0.02425 {
      let q = (-2 * log(p)).squareRoot()
      let top =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q
          - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783
      let bottom =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q
          + 3.754408661907416) * q + 1
      rough = top / bottom
    } else {
      let q = p - 0.5
      let r = q * q
      let top =
        ((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r
          + 1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239
      let bottom =
        ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r
          + 6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1
      rough = top * q / bottom
    }
    // Halley: the error divided by the density, corrected for the density's own slope -u φ.
    let step = (cumulative(rough) - p) / density(rough)
    return rough - step / (1 + 0.5 * rough * step)
  }

  /// ln h(u) and its slope Φ(u) / h(u), where h(u) = φ(u) + u Φ(u) is how much a standard normal is
  /// expected to exceed -u.
  ///
  /// As Ament et al., [Unexpected Improvements to Expected Improvement](
  /// https://arxiv.org/abs/2310.20708), equation 9: with Mills' ratio M(t) = Φ(-t) / φ(t),
  /// h(-t) = φ(t) (1 - t M(t)). The bracket cancels as t grows; beyond 25 its asymptotic series
  /// 1/t² - 3/t⁴ + 15/t⁶ - … is exact to the last digit, where the paper takes its first term alone
  /// from 1e6.
  package static func logImprovement(_ u: Double) -> (value: Double, slope: Double) {
    if u > -1 {
      let cumulative = cumulative(u)
      let h = density(u) + u * cumulative
      return (log(h), cumulative / h)
    }
    let t = -u
    let mills: Double
    let bracket: Double
    if t < 25 {
      mills = (0.5 * Double.pi).squareRoot() * scaledComplementaryError(t / 2.0.squareRoot())
      bracket = 1 - t * mills
    } else {
      let r = 1 / (t * t)
      let series =
        1 - 3 * r
        * (1 - 5 * r
          * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r * (1 - 13 * r * (1 - 15 * r * (1 - 17 * r)))))))
      bracket = r * series
      mills = (1 - bracket) / t
    }
    return (-0.5 * t * t - halfLogTwoPi + log(bracket), mills / bracket)
  }

  /// erfcx(x) = exp(x²) erfc(x), relative error about 1e-15; infinite below -26.6.
  package static func scaledComplementaryError(_ x: Double) -> Double {
    if x < 25 {
      // x² rounded alone would cost x² ulps: the part that is lost goes into a first-order factor.
      let square = x * x
      let lost = square.addingProduct(-x, x)  // rounded x² less x², exact by a fused product
      return exp(square) * (1 - lost) * erfc(x)
    }
    let r = 0.5 / (x * x)
    let series =
      1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r * (1 - 13 * r))))))
    return series / (x * Double.pi.squareRoot())
  }
}

/// ln Σ exp(xᵢ), shifted by the largest so that nothing overflows.
///
/// - Returns: -∞ for no values.
package func logSumExp(_ values: [Double]) -> Double {
  guard let largest = values.max(), largest > -.infinity else { return -.infinity }
  guard largest < .infinity else { return .infinity }
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}
