import Foundation
import Numerics

/// The covariance of runs' values a and amplitudes b, one output's hyperparameters fixed.
struct ScaleKernel: Sendable {
  /// A value or an amplitude of a run of some mixture and size, its own noise not included.
  struct Latent: Sendable, Hashable {
    /// Index of the mixture among some points.
    var mixture: Int
    /// ln(N*/N).
    var logSizeRatio: Double
    var isAmplitude: Bool
  }

  let hyperparameters: ScaleHyperparameters
  /// Of f, and of M.
  let level: Kernel
  let shape: Kernel

  private static let squaredConstant =
    Hyperparameters.constantDeviation * Hyperparameters.constantDeviation

  init(form: ScaleForm, hyperparameters: ScaleHyperparameters) {
    self.hyperparameters = hyperparameters
    level = Kernel(form: form.mixture, hyperparameters: hyperparameters.mixture)
    var plain = form.mixture
    plain.law = .none
    plain.hasLinear = false
    var logs = hyperparameters.mixture.logs
    logs[Hyperparameters.Index.amplitude] = 0
    shape = Kernel(form: plain, hyperparameters: Hyperparameters(logs: logs))
  }

  /// f and M among points that are all different: both triangles, (p, p), and what their gradients need.
  func covariance(within points: EmbeddedMixtures) -> Pair {
    let (levels, levelSlopes) = level.covariance(within: points, wantsSlopes: true)
    let (shapes, shapeSlopes) = shape.covariance(within: points, wantsSlopes: true)
    var centered = Self.centered(levels, mirrors: true)
    addLaws(points, points, to: &centered)
    for i in 0..<points.count { centered[i, i] += hyperparameters.squaredResidual }
    return Pair(
      level: centered, shape: Self.centered(shapes, mirrors: true),
      raw: (levels, shapes), slopes: (levelSlopes!, shapeSlopes!))
  }

  /// f and M between points, (a, b).
  func covariance(_ a: EmbeddedMixtures, _ b: EmbeddedMixtures) -> (level: Matrix, shape: Matrix) {
    var levels = Self.centered(level.covariance(a, b).values, mirrors: false)
    addLaws(a, b, to: &levels)
    for j in 0..<b.count {
      for i in 0..<a.count where a.isSame(i, as: j, of: b) {
        levels[i, j] += hyperparameters.squaredResidual
      }
    }
    return (levels, Self.centered(shape.covariance(a, b).values, mirrors: false))
  }

  /// uⱼ of each point, (k, p), and its derivative in ln ε.
  private func laws(_ points: EmbeddedMixtures) -> (values: Matrix, slopes: Matrix) {
    let floor = hyperparameters.floor
    let even = 1 / Double(max(points.parts, 1))
    var (values, slopes) = (points.weights, points.weights)
    for at in values.elements.indices {
      let weight = points.weights.elements[at]
      values.elements[at] = log((floor + weight) / (floor + even))
      slopes.elements[at] = floor / (floor + weight) - floor / (floor + even)
    }
    return (values, slopes)
  }

  /// L²/k.
  private func lawShare(_ points: EmbeddedMixtures) -> Double {
    hyperparameters.squaredLaw / Double(max(points.parts, 1))
  }

  private func addLaws(_ a: EmbeddedMixtures, _ b: EmbeddedMixtures, to matrix: inout Matrix) {
    let share = lawShare(a)
    guard share > 0 else { return }
    let products = laws(a).values.times(laws(b).values, transposingSelf: true)
    for at in matrix.elements.indices { matrix.elements[at] += share * products.elements[at] }
  }

  /// The derivatives in ln L and ln ε of Σ K̄ᵢⱼ Kᵢⱼ, K the laws' part among points.
  func lawGradient(
    of adjoints: Matrix, at points: EmbeddedMixtures
  ) -> (amplitude: Double, floor: Double) {
    let share = lawShare(points)
    guard share > 0 else { return (0, 0) }
    let (values, slopes) = laws(points)
    let products = values.times(values, transposingSelf: true)
    let moved = slopes.times(values, transposingSelf: true)
    var (amplitude, floor) = (0.0, 0.0)
    for j in 0..<points.count {
      for i in 0..<points.count {
        amplitude += 2 * share * adjoints[i, j] * products[i, j]
        floor += share * adjoints[i, j] * (moved[i, j] + moved[j, i])
      }
    }
    return (amplitude, floor)
  }

  struct Pair {
    var level: Matrix
    var shape: Matrix
    /// As the kernels gave them.
    var raw: (level: Matrix, shape: Matrix)
    var slopes: (level: Matrix, shape: Matrix)
  }

  /// The kernels' own constant is left out: the trends take its place.
  private static func centered(_ matrix: Matrix, mirrors: Bool) -> Matrix {
    var result = matrix
    let n = matrix.rows
    result.elements.withUnsafeMutableBufferPointer { elements in
      for i in elements.indices { elements[i] -= squaredConstant }
      guard mirrors else { return }
      for j in 0..<n {
        for i in j + 1..<max(n, j + 1) { elements[j + i * n] = elements[i + j * n] }
      }
    }
    return result
  }

  /// What a latent variable's covariances are made of.
  struct Factors {
    var deficit: Double
    /// What f counts in it: 1 + ρ s, or φ.
    var level: Double
    var isAmplitude: Bool
  }

  func factors(logSizeRatio: Double, isAmplitude: Bool) -> Factors {
    let s = hyperparameters.deficit(logSizeRatio)
    return Factors(
      deficit: s,
      level: isAmplitude
        ? hyperparameters.amplitudeFactor : 1 + hyperparameters.sizeFactor * s,
      isAmplitude: isAmplitude)
  }

  /// Of two latent variables, from f and M between their mixtures.
  func covariance(_ a: Factors, _ b: Factors, level: Double, shape: Double) -> Double {
    let common = a.level * b.level * level
    let trends = ScaleHyperparameters.trends
    switch (a.isAmplitude, b.isAmplitude) {
    case (false, false):
      return common + trends.value * trends.value
        + trends.valueBySize * trends.valueBySize * a.deficit * b.deficit
        + hyperparameters.squaredBias * hyperparameters.biasFactor(a.deficit, b.deficit) * shape
    case (true, true):
      return common + trends.amplitude * trends.amplitude
        + trends.amplitudeBySize * trends.amplitudeBySize * a.deficit * b.deficit
        + hyperparameters.squaredAmplitudeSpread * shape
    default: return common
    }
  }

  /// The prior variance of a value at the target, at each point, no run's noise included.
  func targetVariances(_ points: EmbeddedMixtures) -> [Double] {
    let trend = ScaleHyperparameters.trends.value
    let (share, laws) = (lawShare(points), laws(points).values)
    return level.variances(points).enumerated().map { i, variance in
      let own = laws.column(i)
      return variance - Self.squaredConstant + hyperparameters.squaredResidual + trend * trend
        + (share > 0 ? share * dot(own, own) : 0)
    }
  }

  /// The variance of each run's own noise in its value.
  func noise(at points: EmbeddedMixtures) -> [Double] {
    hyperparameters.mixture.noiseVariances(at: points)
  }
}
