import Foundation
import Numerics

/// A smooth function of a mixture as a sum of waves over √w with random frequencies, fitted by ridge
/// regression (Rahimi and Recht, *Random Features for Large-Scale Kernel Machines*, 2007; the frequencies
/// of a Matérn-5/2 kernel).
struct RandomFeatures: Sendable {
  /// Added to weights before the root, so that slopes stay finite where a weight vanishes.
  private static let offset = 1e-3

  /// (m, k).
  private let frequencies: Matrix
  private let phases: [Double]

  init(parts: Int, count: Int, lengthscale: Double, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: "landscape features")
    var rows: [[Double]] = []
    for _ in 0..<count {
      // A multivariate t variate of five degrees of freedom.
      let square = (0..<5).reduce(0.0) { sum, _ in
        let x = generator.normal()
        return sum + x * x
      }
      let scale = (5 / square).squareRoot() / lengthscale
      rows.append((0..<parts).map { _ in scale * generator.normal() })
    }
    frequencies = Matrix(rows: rows)
    phases = (0..<count).map { _ in 2 * .pi * generator.uniform() }
  }

  /// m values.
  func values(at mixture: [Double]) -> [Double] {
    let roots = mixture.map { max($0 + Self.offset, 0).squareRoot() }
    var waves = frequencies.times(roots)
    let amplitude = (2 / Double(phases.count)).squareRoot()
    for i in waves.indices { waves[i] = amplitude * cos(waves[i] + phases[i]) }
    return waves
  }

  /// (n, m).
  func matrix(at mixtures: [[Double]]) -> Matrix {
    Matrix(columns: mixtures.map(values)).transposed
  }

  /// Coefficients (m, d) of the least squares with a ridge.
  ///
  /// - Parameter features: (n, m).
  static func coefficients(_ features: Matrix, _ targets: Matrix, ridge: Double) -> Matrix {
    var normal = features.times(features, transposingSelf: true)
    for i in 0..<normal.rows { normal[i, i] += ridge }
    let right = features.times(targets, transposingSelf: true)
    return Cholesky(factoring: normal)?.solve(right)
      ?? Matrix(rows: features.columns, columns: targets.columns)
  }
}
