import Foundation
import Numerics

/// How losses fall along a run, of one output: a run's value at length z is
/// a + b (κ(z) - κ(1)) + e(z), where κ(z) = (β / (z + β))^α decays and lengths are in target's tokens. With
/// c(z, z') = κ(z + z') - κ(z) κ(z'), e has covariance γ² (c(z, z') - c(z, 1) c(1, z') / c(1, 1)) + σ² δ, σ² but
/// where z is 1.
///
/// κ(z) is the mean of exp(-λz) under a Gamma distribution of rates λ, κ(z + z') that of exp(-λz) exp(-λz'):
/// c is what is left of curves of random rates beside what they have in common (the kernel of Swersky, Snoek
/// and Adams, *Freeze-Thaw Bayesian Optimization*, arXiv 1406.3896, section 3.1, less its mean). It is bound to
/// zero at the target's length, so that a is the run's value there, whatever the way to it: a run that got
/// there has told a, and how far it wandered elsewhere casts no doubt on it. b is the size of what falls before.
struct LearningCurve {
  /// α and β.
  let exponent: Double
  let timescale: Double
  /// γ² and σ².
  let wander: Double
  let jitter: Double
  /// What σ² cannot fall below, of the outcome's variance.
  static let leastJitter = 1e-6

  func decay(_ z: Double) -> Double { pow(timescale / (z + timescale), exponent) }

  /// κ(z) - κ(1): what the amplitude counts.
  func excess(_ z: Double) -> Double { decay(z) - decay(1) }

  /// c(z, z').
  private func rest(_ z: Double, _ other: Double) -> Double {
    decay(z + other) - decay(z) * decay(other)
  }

  /// At the target's length it is a part of the run's own noise, as no run is measured there twice: what curves
  /// are not like elsewhere must not blur the end that was seen.
  private func jitter(at z: Double) -> Double { z == 1 ? Self.leastJitter : jitter }

  /// Of e at some lengths, (T, T').
  func residualCovariance(_ a: [Double], _ b: [Double]) -> Matrix {
    var result = Matrix(rows: a.count, columns: b.count)
    for (j, y) in b.enumerated() {
      for (i, x) in a.enumerated() {
        let free = rest(x, y) - rest(x, 1) * rest(1, y) / rest(1, 1)
        result[i, j] = wander * free + (x == y ? jitter(at: x) : 0)
      }
    }
    return result
  }

  /// Columns 1 and κ(z) - κ(1), (T, 2).
  func design(_ lengths: [Double]) -> Matrix {
    Matrix(columns: [lengths.map { _ in 1 }, lengths.map(excess)])
  }

  /// Adds to the derivatives in ln α, ln β, ln γ² and ln σ² those of Σ V̄ᵢⱼ Vᵢⱼ + Σ h̄ᵢ excess(zᵢ), V the
  /// residual's covariance.
  func addGradient(
    of covariance: Matrix, _ excesses: [Double], at lengths: [Double],
    to gradient: inout [Double], first index: Int
  ) {
    // Numbers with their derivatives in ln α and ln β: κ, and c of it.
    typealias Slopes = (value: Double, exponent: Double, timescale: Double)
    func slopes(_ z: Double) -> Slopes {
      let value = decay(z)
      return (
        value, value * exponent * log(timescale / (z + timescale)),
        value * exponent * z / (z + timescale)
      )
    }
    func rest(_ sum: Double, _ a: Slopes, _ b: Slopes) -> Slopes {
      let both = slopes(sum)
      return (
        both.value - a.value * b.value,
        both.exponent - a.exponent * b.value - a.value * b.exponent,
        both.timescale - a.timescale * b.value - a.value * b.timescale
      )
    }
    let each = lengths.map(slopes)
    let end = slopes(1)
    for (i, adjoint) in excesses.enumerated() {
      gradient[index] += adjoint * (each[i].exponent - end.exponent)
      gradient[index + 1] += adjoint * (each[i].timescale - end.timescale)
    }
    let ends = lengths.indices.map { rest(lengths[$0] + 1, each[$0], end) }
    let corner = rest(2, end, end)
    for j in lengths.indices {
      for i in lengths.indices {
        let adjoint = covariance[i, j]
        let both = rest(lengths[i] + lengths[j], each[i], each[j])
        let (a, b) = (ends[i], ends[j])
        let tied = a.value * b.value / corner.value
        /// The derivative of ab/c from those of a, b and c.
        func slope(_ a1: Double, _ b1: Double, _ c1: Double) -> Double {
          (a1 * b.value + a.value * b1 - tied * c1) / corner.value
        }
        gradient[index] +=
          adjoint * wander * (both.exponent - slope(a.exponent, b.exponent, corner.exponent))
        gradient[index + 1] +=
          adjoint * wander * (both.timescale - slope(a.timescale, b.timescale, corner.timescale))
        gradient[index + 2] += adjoint * wander * (both.value - tied)
        if i == j, lengths[i] != 1 { gradient[index + 3] += adjoint * (jitter - Self.leastJitter) }
      }
    }
  }
}

/// What a run's measurements say of its value a and amplitude b, and nothing else: generalized least squares.
///
/// With V = L Lᵀ the covariance of the residual and the thin factorization L⁻¹ H = Q R of the design H, the
/// numbers Qᵀ L⁻¹ y are R (a, b) plus independent noise of variance one, and what Q leaves of L⁻¹ y does not
/// depend on (a, b). One measurement gives one number, more give two. Where there are two, the estimate of
/// (a, b) is R⁻¹ of them, its covariance R⁻¹ R⁻ᵀ.
struct CurveCompression: Sendable {
  /// Rows of R: what each number says of a and of b; one or two.
  let rows: [(value: Double, amplitude: Double)]
  /// Qᵀ L⁻¹, (rows, T).
  let projector: Matrix
  /// Of V.
  let cholesky: Cholesky
  /// H, (T, 2).
  let design: Matrix

  /// - Returns: nil where the residual's covariance cannot be factored.
  init?(_ lengths: [Double], of curve: LearningCurve) {
    self.init(
      design: curve.design(lengths), covariance: curve.residualCovariance(lengths, lengths))
  }

  init?(design: Matrix, covariance: Matrix) {
    guard let cholesky = Cholesky(factoring: covariance) else { return nil }
    self.cholesky = cholesky
    self.design = design
    let white = cholesky.solveLower(design)
    let (a, b) = (white.column(0), white.column(1))
    let lengthA = max(dot(a, a).squareRoot(), 1e-150)
    let first = a.map { $0 / lengthA }
    let along = dot(first, b)
    let rest = zip(b, first).map { $0 - along * $1 }
    let lengthB = dot(rest, rest).squareRoot()
    var columns = [first]
    var rows = [(value: lengthA, amplitude: along)]
    if design.rows > 1, lengthB > 1e-9 * (dot(b, b).squareRoot() + 1e-300) {
      columns.append(rest.map { $0 / lengthB })
      rows.append((0, lengthB))
    }
    self.rows = rows
    // Rows Qᵀ L⁻¹ are (L⁻ᵀ Q)ᵀ.
    projector = cholesky.solveUpper(Matrix(columns: columns)).transposed
  }

  /// The numbers that stand for a run's measurements, and the logarithm of the density of what they leave.
  func compressed(_ outcomes: [Double]) -> (numbers: [Double], logRest: Double) {
    let numbers = projector.times(outcomes)
    let white = cholesky.solveLower(outcomes)
    let rest = dot(white, white) - dot(numbers, numbers)
    return (
      numbers,
      -0.5 * rest - 0.5 * cholesky.logDeterminant
        - 0.5 * Double(outcomes.count - numbers.count) * log(2 * Double.pi)
    )
  }
}
