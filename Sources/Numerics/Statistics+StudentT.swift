import Foundation

/// Student's t distribution.
package struct StudentT: Sendable, Hashable {
  package let degreesOfFreedom: Double

  /// - Precondition: `degreesOfFreedom` is positive; it need not be whole.
  package init(degreesOfFreedom: Double) {
    precondition(
      degreesOfFreedom > 0, "expected positive degrees of freedom, found \(degreesOfFreedom)")
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// The probability of a value up to `t`; exact in relative terms in the lower tail.
  package func cumulative(_ t: Double) -> Double {
    let n = degreesOfFreedom
    // DLMF 8.17: P(|T| > |t|) is the incomplete beta function at n / (n + t²). That argument nears
    // one where t is small, and is handed over with its complement.
    let tail =
      0.5 * regularizedBeta(n / (n + t * t), complement: t * t / (n + t * t), a: n / 2, b: 0.5)
    return t <= 0 ? tail : 1 - tail
  }

  package func density(_ t: Double) -> Double {
    let n = degreesOfFreedom
    return exp(
      logGamma((n + 1) / 2) - logGamma(n / 2) - 0.5 * log(n * .pi)
        - (n + 1) / 2 * log1p(t * t / n))
  }

  /// The value that `probability` of the distribution lies below.
  ///
  /// - Precondition: `probability` is between 0 and 1.
  package func quantile(_ probability: Double) -> Double {
    precondition(
      probability > 0 && probability < 1, "expected a probability in (0, 1), found \(probability)")
    if probability == 0.5 { return 0 }
    if probability > 0.5 { return -quantile(1 - probability) }
    // A bracket by doubling, then Newton's steps kept inside it by bisection.
    var lower = -1.0
    while cumulative(lower) > probability {
      lower *= 2
      if lower < -0x1p1000 { return -.infinity }
    }
    var upper = lower == -1 ? 0 : lower / 2
    var t = 0.5 * (lower + upper)
    for _ in 0..<200 {
      let excess = cumulative(t) - probability
      if excess > 0 { upper = t } else { lower = t }
      var next = t - excess / density(t)
      if !(next > lower && next < upper) { next = 0.5 * (lower + upper) }
      if abs(next - t) <= 1e-15 * abs(t) { return next }
      t = next
    }
    return t
  }
}

/// The regularized incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22),
/// evaluated with Lentz's algorithm as modified by Thompson and Barnett.
///
/// - Precondition: `x` is from 0 to 1; `a` and `b` are positive.
package func regularizedBeta(_ x: Double, a: Double, b: Double) -> Double {
  regularizedBeta(x, complement: 1 - x, a: a, b: b)
}

private func regularizedBeta(
  _ x: Double, complement y: Double, a: Double, b: Double
) -> Double {
  precondition((0...1).contains(x) && a > 0 && b > 0, "expected x in [0, 1], a, b > 0")
  if x == 0 || y == 0 { return x }
  // The fraction converges fast below the mean only; above it the mirror image does.
  if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(y, complement: x, a: b, b: a) }
  let front =
    exp(
      logGamma(a + b) - logGamma(a) - logGamma(b)
        + a * (x > 0.5 ? log1p(-y) : log(x)) + b * (y > 0.5 ? log1p(-x) : log(y))) / a
  let tiny = 1e-300
  var c = 1.0
  var d = 1 - (a + b) * x / (a + 1)
  d = 1 / (abs(d) < tiny ? tiny : d)
  var fraction = d
  for m in 1...10_000 {
    let m = Double(m)
    for coefficient in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 + coefficient * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + coefficient / c
      if abs(c) < tiny { c = tiny }
      fraction *= d * c
    }
    if abs(d * c - 1) < 4e-16 { break }
  }
  return front * fraction
}

/// The logarithm of the gamma function, for positive `x`. (`lgamma` keeps the sign in a global
/// variable, which threads would race for.)
package func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}
