import Foundation
import Numerics

/// Matérn's function of smoothness 5/2 and its slope, of the squared scaled distance.
@inline(__always)
func matern(_ squared: Double) -> (value: Double, slope: Double) {
  let r = (5 * squared).squareRoot()
  let decay = exp(-r)
  return ((1 + r + 5 * squared / 3) * decay, -(5.0 / 6) * (1 + r) * decay)
}

/// The covariance function of one output, its hyperparameters fixed.
package struct Kernel: Sendable {
  package let form: SurrogateForm
  package let hyperparameters: Hyperparameters
  private let squaredAmplitude: Double
  private let inverseSquared: [Double]
  private let rootInverse: [Double]
  private let squaredLinear: Double
  private let squaredLaw: Double
  private let floor: Double
  private let affinities: [Double]
  /// (1/k)ᵉ: coordinates are counted from the uniform mixture.
  private let center: Double

  package init(form: SurrogateForm, hyperparameters: Hyperparameters) {
    self.form = form
    self.hyperparameters = hyperparameters
    let parts = hyperparameters.parts
    squaredAmplitude = hyperparameters.amplitude * hyperparameters.amplitude
    inverseSquared = hyperparameters.inverseSquaredLengths
    rootInverse = inverseSquared.map { $0.squareRoot() }
    squaredLinear = form.hasLinear ? pow(hyperparameters.linearAmplitude, 2) : 0
    squaredLaw = form.law == .none ? 0 : pow(hyperparameters.lawAmplitude, 2)
    floor = hyperparameters.lawFloor
    affinities = hyperparameters.affinities
    center = pow(1 / Double(parts), form.exponent)
  }

  private static let squaredConstant = pow(Hyperparameters.constantDeviation, 2)

  /// The law's variable at one mixture and what the logarithm is taken of.
  private func law(_ points: EmbeddedMixtures, _ index: Int) -> (u: Double, share: Double) {
    var share = floor
    for j in 0..<points.parts { share += affinities[j] * points.weights[j, index] }
    return (log(share / (floor + 0.2)), share)
  }

  private func laws(_ points: EmbeddedMixtures) -> [Double] {
    (0..<points.count).map { law(points, $0).u }
  }

  /// z / ℓⱼ, (k, p).
  private func scaled(_ points: EmbeddedMixtures) -> Matrix {
    var result = points.coordinates
    let parts = points.parts
    for i in result.elements.indices { result.elements[i] *= rootInverse[i % parts] }
    return result
  }

  private func centered(_ points: EmbeddedMixtures) -> Matrix {
    var result = points.coordinates
    for i in result.elements.indices { result.elements[i] -= center }
    return result
  }

  /// Covariances of the latent function, (a, b), and the slopes of Matérn's part in the squared
  /// distance, which gradients need.
  package func covariance(
    _ a: EmbeddedMixtures, _ b: EmbeddedMixtures, wantsSlopes: Bool = false
  ) -> (values: Matrix, slopes: Matrix?) {
    let (left, right) = (scaled(a), scaled(b))
    var values = left.times(right, transposingSelf: true)
    let leftNorms = squaredNorms(left)
    let rightNorms = squaredNorms(right)
    var slopes = [Double](repeating: 0, count: wantsSlopes ? a.count * b.count : 0)
    let rows = a.count
    let amplitude = squaredAmplitude
    values.elements.withUnsafeMutableBufferPointer { values in
      slopes.withUnsafeMutableBufferPointer { slopes in
        for j in 0..<b.count {
          for i in 0..<rows {
            let at = i + j * rows
            let (value, slope) = matern(max(leftNorms[i] + rightNorms[j] - 2 * values[at], 0))
            values[at] = amplitude * value + Self.squaredConstant
            if wantsSlopes { slopes[at] = amplitude * slope }
          }
        }
      }
    }
    if squaredLinear > 0 {
      let product = centered(a).times(centered(b), transposingSelf: true)
      for i in values.elements.indices {
        values.elements[i] += squaredLinear * product.elements[i]
      }
    }
    if squaredLaw > 0 {
      let (u, v) = (laws(a), laws(b))
      for j in 0..<b.count { for i in 0..<rows { values[i, j] += squaredLaw * u[i] * v[j] } }
    }
    return (values, wantsSlopes ? Matrix(rows: rows, columns: b.count, elements: slopes) : nil)
  }

  /// The prior variance of the latent function at each point.
  package func variances(_ points: EmbeddedMixtures) -> [Double] {
    let u = squaredLaw > 0 ? laws(points) : []
    return (0..<points.count).map { i in
      var value = squaredAmplitude + Self.squaredConstant
      if squaredLinear > 0 {
        for j in 0..<points.parts {
          let z = points.coordinates[j, i] - center
          value += squaredLinear * z * z
        }
      }
      if squaredLaw > 0 { value += squaredLaw * u[i] * u[i] }
      return value
    }
  }

  /// Adds, for each point x, the gradient of Σᵢ adjoints(i, x) k(aᵢ, x) to the gradients in the
  /// point's coordinates and weights, both (k, p).
  ///
  /// - Parameter slopes: those that ``covariance(_:_:wantsSlopes:)`` returned for `a` and `points`.
  func addGradient(
    of adjoints: Matrix, between a: EmbeddedMixtures, and points: EmbeddedMixtures, slopes: Matrix,
    toCoordinates: inout Matrix, toWeights: inout Matrix
  ) {
    var pull = adjoints
    for i in pull.elements.indices { pull.elements[i] *= slopes.elements[i] }
    let drawn = a.coordinates.times(pull)
    let lawValues = squaredLaw > 0 ? laws(a) : []
    let linear = squaredLinear > 0 ? centered(a).times(adjoints) : nil
    for x in 0..<points.count {
      var total = 0.0
      for i in 0..<a.count { total += pull[i, x] }
      for j in 0..<points.parts {
        toCoordinates[j, x] +=
          2 * inverseSquared[j] * (points.coordinates[j, x] * total - drawn[j, x])
        if let linear { toCoordinates[j, x] += squaredLinear * linear[j, x] }
      }
      if squaredLaw > 0 {
        var adjoint = 0.0
        for i in 0..<a.count { adjoint += adjoints[i, x] * lawValues[i] }
        addLawGradient(squaredLaw * adjoint, at: points, x, to: &toWeights)
      }
    }
  }

  /// Adds the gradient of `adjoints[x]` times each point's prior variance.
  func addVarianceGradient(
    of adjoints: [Double], at points: EmbeddedMixtures, toCoordinates: inout Matrix,
    toWeights: inout Matrix
  ) {
    for x in 0..<points.count {
      if squaredLinear > 0 {
        for j in 0..<points.parts {
          toCoordinates[j, x] +=
            2 * adjoints[x] * squaredLinear * (points.coordinates[j, x] - center)
        }
      }
      if squaredLaw > 0 {
        let u = law(points, x).u
        addLawGradient(2 * adjoints[x] * squaredLaw * u, at: points, x, to: &toWeights)
      }
    }
  }

  private func addLawGradient(
    _ adjoint: Double, at points: EmbeddedMixtures, _ x: Int, to gradient: inout Matrix
  ) {
    let share = law(points, x).share
    for j in 0..<points.parts { gradient[j, x] += adjoint * affinities[j] / share }
  }

  /// Adds to `gradient` the derivative of Σᵢⱼ adjoints(i, j) k(aᵢ, aⱼ) in each hyperparameter's
  /// logarithm but the noise's.
  ///
  /// - Parameter adjoints: symmetric, (n, n).
  func addHyperparameterGradient(
    of adjoints: Matrix, at a: EmbeddedMixtures, covariance: Matrix, slopes: Matrix,
    to gradient: inout [Double]
  ) {
    let n = a.count
    let parts = a.parts
    let u = squaredLaw > 0 ? laws(a) : []
    let linearGram =
      squaredLinear > 0 ? centered(a).times(centered(a), transposingSelf: true) : nil
    var matern = 0.0
    var linear = 0.0
    var pull = adjoints
    var rowSums = [Double](repeating: 0, count: n)
    for j in 0..<n {
      for i in 0..<n {
        let adjoint = adjoints[i, j]
        var rest = Self.squaredConstant
        if let linearGram {
          linear += adjoint * linearGram[i, j]
          rest += squaredLinear * linearGram[i, j]
        }
        if squaredLaw > 0 { rest += squaredLaw * u[i] * u[j] }
        matern += adjoint * (covariance[i, j] - rest)
        let pulled = adjoint * slopes[i, j]
        pull[i, j] = pulled
        rowSums[j] += pulled
      }
    }
    typealias Index = Hyperparameters.Index
    gradient[Index.amplitude] += 2 * matern
    if squaredLinear > 0 { gradient[Index.linear] += 2 * squaredLinear * linear }
    // Σ N (zᵢ - zⱼ)² = 2 Σᵢ zᵢ² (N 1)ᵢ - 2 zᵀ N z for each domain.
    let product = a.coordinates.times(pull)
    for d in 0..<parts where inverseSquared[d] > 0 {
      var spread = 0.0
      for i in 0..<n {
        let z = a.coordinates[d, i]
        spread += z * z * rowSums[i] - z * product[d, i]
      }
      let slope = 4 * inverseSquared[d] * spread
      gradient[Index.relevance(d, parts)] += slope
      gradient[Index.lengthscale] -= slope
    }
    if squaredLaw > 0 {
      let drawn = adjoints.times(u)
      gradient[Index.law] += 2 * squaredLaw * dot(u, drawn)
      for i in 0..<n {
        let share = law(a, i).share
        let adjoint = 2 * squaredLaw * drawn[i]
        gradient[Index.floor] += adjoint * (floor / share - floor / (floor + 0.2))
        for d in 0..<parts {
          gradient[Index.affinity(d)] += adjoint * affinities[d] * a.weights[d, i] / share
        }
      }
    }
  }

  private func squaredNorms(_ columns: Matrix) -> [Double] {
    (0..<columns.columns).map { column in
      var sum = 0.0
      for i in 0..<columns.rows {
        let x = columns[i, column]
        sum += x * x
      }
      return sum
    }
  }
}
