import Foundation
import Numerics

/// One output's runs under given hyperparameters: every run compressed, the covariance of what is left of it
/// factored. Σ T³ + (2n)³ where all measurements at once would take (Σ T)³.
struct ScaleSystem: Sendable {
  let kernel: ScaleKernel
  let inputs: ScaleInputs
  /// One for each pattern.
  let compressions: [CurveCompression]
  /// Of each run, the first of its numbers; one more for the end.
  let offsets: [Int]
  /// Covariance of values, then amplitudes, noise included, (2n, 2n).
  let latent: Matrix
  /// R latent, (m, 2n), m numbers of all runs.
  let projected: Matrix
  /// Of R latent Rᵀ + I, (m, m).
  let cholesky: Cholesky
  /// Among the inputs' points.
  let pair: ScaleKernel.Pair

  /// - Returns: nil where a covariance cannot be factored.
  init?(inputs: ScaleInputs, form: ScaleForm, hyperparameters: ScaleHyperparameters) {
    kernel = ScaleKernel(form: form, hyperparameters: hyperparameters)
    self.inputs = inputs
    let curve = hyperparameters.curve
    let compressions = inputs.patterns.compactMap { CurveCompression($0, of: curve) }
    guard compressions.count == inputs.patterns.count else { return nil }
    self.compressions = compressions
    var offsets = [0]
    for pattern in inputs.patternOf {
      offsets.append(offsets[offsets.count - 1] + compressions[pattern].rows.count)
    }
    self.offsets = offsets
    pair = kernel.covariance(within: inputs.points)
    latent = Self.latent(kernel, inputs, pair)
    var projected = Matrix(rows: offsets[inputs.count], columns: 2 * inputs.count)
    for column in 0..<2 * inputs.count {
      for i in 0..<inputs.count {
        let rows = compressions[inputs.patternOf[i]].rows
        for (r, row) in rows.enumerated() {
          projected[offsets[i] + r, column] =
            row.value * latent[i, column] + row.amplitude * latent[inputs.count + i, column]
        }
      }
    }
    self.projected = projected
    var covariance = Matrix(rows: projected.rows, columns: projected.rows)
    for j in 0..<inputs.count {
      let rows = compressions[inputs.patternOf[j]].rows
      for (r, row) in rows.enumerated() {
        let column = offsets[j] + r
        for i in 0..<projected.rows {
          covariance[i, column] =
            row.value * projected[i, j] + row.amplitude * projected[i, inputs.count + j]
            + (i == column ? 1 : 0)
        }
      }
    }
    guard let cholesky = Cholesky(factoring: covariance) else { return nil }
    self.cholesky = cholesky
  }

  private static func latent(
    _ kernel: ScaleKernel, _ inputs: ScaleInputs, _ pair: ScaleKernel.Pair
  ) -> Matrix {
    let n = inputs.count
    let values = inputs.logSizeRatios.map { kernel.factors(logSizeRatio: $0, isAmplitude: false) }
    let amplitudes = inputs.logSizeRatios.map {
      kernel.factors(logSizeRatio: $0, isAmplitude: true)
    }
    let noise = kernel.noise(at: inputs.points)
    var result = Matrix(rows: 2 * n, columns: 2 * n)
    for j in 0..<n {
      for i in 0..<n {
        let (level, shape) = (
          pair.level[inputs.places[i], inputs.places[j]],
          pair.shape[inputs.places[i], inputs.places[j]]
        )
        if i >= j {
          let value = kernel.covariance(values[i], values[j], level: level, shape: shape)
          (result[i, j], result[j, i]) = (value, value)
          let amplitude = kernel.covariance(
            amplitudes[i], amplitudes[j], level: level, shape: shape)
          (result[n + i, n + j], result[n + j, n + i]) = (amplitude, amplitude)
        }
        let cross = kernel.covariance(values[i], amplitudes[j], level: level, shape: shape)
        (result[i, n + j], result[n + j, i]) = (cross, cross)
      }
      result[j, j] += noise[inputs.places[j]]
      result[n + j, n + j] += kernel.hyperparameters.amplitudeNoise
    }
    return result
  }

  /// All runs' numbers, m, and the logarithm of the density of what they leave of the outcomes.
  ///
  /// - Parameter outcomes: of each run at each rung, standardized.
  func compressed(_ outcomes: [[Double]]) -> (numbers: [Double], logRest: Double) {
    var numbers: [Double] = []
    var logRest = 0.0
    for (i, run) in outcomes.enumerated() {
      let (own, rest) = compressions[inputs.patternOf[i]].compressed(run)
      numbers += own
      logRest += rest
    }
    return (numbers, logRest)
  }
}
