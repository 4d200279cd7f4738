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
  /// Whose given law counts.
  private let output: Int

  package init(form: SurrogateForm, hyperparameters: Hyperparameters, output: Int = 0) {
    self.output = output
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

  /// The law's variable u at one mixture and what it is a function of: Σⱼ tⱼ wⱼ^q, with the floor where a
  /// logarithm is taken.
  private func law(_ points: EmbeddedMixtures, _ index: Int) -> (u: Double, share: Double) {
    if form.law == .given { return (points.givenValue(output, index), 1) }
    var share = form.law == .exponential ? 0 : floor
    let first = index * points.parts
    points.shares.elements.withUnsafeBufferPointer { shares in
      for j in 0..<points.parts { share += affinities[j] * shares[first + j] }
    }
    return (
      form.law == .exponential ? log1p(floor * exp(-share)) : log(share / (floor + 0.2)), share
    )
  }

  /// The part of 1 + floor exp(-share) that decays: -du/dshare of the exponential law.
  private func decaying(_ share: Double) -> Double {
    let decay = floor * exp(-share)
    return decay / (1 + decay)
  }

  private func laws(_ points: EmbeddedMixtures) -> [Double] {
    (0..<points.count).map { law(points, $0).u }
  }

  /// z / ℓⱼ, (k, p).
  private func scaled(_ points: EmbeddedMixtures) -> Matrix {
    var result = points.coordinates
    let parts = points.parts
    let count = points.count
    result.elements.withUnsafeMutableBufferPointer { elements in
      rootInverse.withUnsafeBufferPointer { roots in
        for i in 0..<count { for j in 0..<parts { elements[i * parts + j] *= roots[j] } }
      }
    }
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
      values.elements.withUnsafeMutableBufferPointer { values in
        for j in 0..<b.count {
          let factor = squaredLaw * v[j]
          for i in 0..<rows { values[i + j * rows] += factor * u[i] }
        }
      }
    }
    return (values, wantsSlopes ? Matrix(rows: rows, columns: b.count, elements: slopes) : nil)
  }

  /// Covariances of the runs with themselves, on and below the diagonal, and Matérn's slopes there.
  package func covariance(
    within a: EmbeddedMixtures, wantsSlopes: Bool = false
  ) -> (values: Matrix, slopes: Matrix?) {
    let n = a.count
    let points = scaled(a)
    var values = points.times(points, transposingSelf: true)
    let norms = squaredNorms(points)
    var slopes = [Double](repeating: 0, count: wantsSlopes ? n * n : 0)
    let amplitude = squaredAmplitude
    let u = squaredLaw > 0 ? laws(a) : [Double](repeating: 0, count: n)
    values.elements.withUnsafeMutableBufferPointer { values in
      slopes.withUnsafeMutableBufferPointer { slopes in
        norms.withUnsafeBufferPointer { norms in
          u.withUnsafeBufferPointer { u in
            for j in 0..<n {
              let factor = squaredLaw * u[j]
              for i in j..<n {
                let at = i + j * n
                let (value, slope) = matern(max(norms[i] + norms[j] - 2 * values[at], 0))
                values[at] = amplitude * value + Self.squaredConstant + factor * u[i]
                if wantsSlopes { slopes[at] = amplitude * slope }
              }
            }
          }
        }
      }
    }
    if squaredLinear > 0 {
      let product = centered(a).times(centered(a), transposingSelf: true)
      for i in values.elements.indices {
        values.elements[i] += squaredLinear * product.elements[i]
      }
    }
    return (values, wantsSlopes ? Matrix(rows: n, columns: n, elements: slopes) : nil)
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
    let count = a.count
    for x in 0..<points.count {
      var total = 0.0
      pull.elements.withUnsafeBufferPointer { pull in
        for at in x * count..<(x + 1) * count { total += pull[at] }
      }
      for j in 0..<points.parts {
        toCoordinates[j, x] +=
          2 * inverseSquared[j] * (points.coordinates[j, x] * total - drawn[j, x])
        if let linear { toCoordinates[j, x] += squaredLinear * linear[j, x] }
      }
      if squaredLaw > 0 {
        var adjoint = 0.0
        adjoints.elements.withUnsafeBufferPointer { adjoints in
          for i in 0..<count { adjoint += adjoints[i + x * count] * lawValues[i] }
        }
        addLawGradient(
          squaredLaw * adjoint, at: points, x, toCoordinates: &toCoordinates,
          toWeights: &toWeights)
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
        addLawGradient(
          2 * adjoints[x] * squaredLaw * u, at: points, x, toCoordinates: &toCoordinates,
          toWeights: &toWeights)
      }
    }
  }

  private func addLawGradient(
    _ adjoint: Double, at points: EmbeddedMixtures, _ x: Int, toCoordinates: inout Matrix,
    toWeights: inout Matrix
  ) {
    if form.law == .given {
      var slopes = [Double](repeating: 0, count: points.parts)
      points.given!.addGradient(
        output, at: points.weights.column(x), times: adjoint, to: &slopes)
      for j in 0..<points.parts { toWeights[j, x] += slopes[j] }
      return
    }
    let share = law(points, x).share
    let pull = form.law == .exponential ? -adjoint * decaying(share) : adjoint / share
    guard points.lawExponent != 1 else {
      for j in 0..<points.parts { toWeights[j, x] += pull * affinities[j] }
      return
    }
    // The slope of w^q in w is infinite at none; in z = w^e, of which w^q is the power q/e, it is not.
    let power = points.lawExponent / points.exponent
    for j in 0..<points.parts {
      toCoordinates[j, x] +=
        pull * affinities[j] * power * pow(points.coordinates[j, x], power - 1)
    }
  }

  /// Adds to `gradient` the derivative of Σᵢⱼ adjoints(i, j) k(aᵢ, aⱼ) in each hyperparameter's
  /// logarithm but the noise's.
  ///
  /// - Parameters:
  ///   - adjoints: symmetric; the lower triangle, (n, n).
  ///   - covariance, slopes: from ``covariance(within:wantsSlopes:)``.
  func addHyperparameterGradient(
    of adjoints: Matrix, at a: EmbeddedMixtures, covariance: Matrix, slopes: Matrix,
    to gradient: inout [Double]
  ) {
    let n = a.count
    let parts = a.parts
    let u = squaredLaw > 0 ? laws(a) : [Double](repeating: 0, count: n)
    // Σ adjoints k over each term: all but Matérn's are sums that are known otherwise.
    var total = 0.0
    var constant = 0.0
    var pull = slopes
    var rowSums = [Double](repeating: 0, count: n)
    pull.elements.withUnsafeMutableBufferPointer { pull in
      adjoints.elements.withUnsafeBufferPointer { adjoints in
        covariance.elements.withUnsafeBufferPointer { covariance in
          rowSums.withUnsafeMutableBufferPointer { rowSums in
            for j in 0..<n {
              let diagonal = j + j * n
              total += adjoints[diagonal] * covariance[diagonal]
              constant += adjoints[diagonal]
              pull[diagonal] *= adjoints[diagonal]
              var sum = pull[diagonal]
              var column = 0.0
              var columnConstant = 0.0
              for i in j + 1..<max(n, j + 1) {
                let at = i + j * n
                let adjoint = adjoints[at]
                column += adjoint * covariance[at]
                columnConstant += adjoint
                let pulled = adjoint * pull[at]
                pull[at] = pulled
                sum += pulled
                rowSums[i] += pulled
              }
              rowSums[j] += sum
              total += 2 * column
              constant += 2 * columnConstant
            }
          }
        }
      }
    }
    typealias Index = Hyperparameters.Index
    var linear = 0.0
    if squaredLinear > 0 {
      let z = centered(a)
      linear = squaredLinear * dot(z.elements, z.timesSymmetric(lowerTriangle: adjoints).elements)
      gradient[Index.linear] += 2 * linear
    }
    var law = 0.0
    if squaredLaw > 0 {
      let drawn = Matrix(rows: 1, columns: n, elements: u)
        .timesSymmetric(lowerTriangle: adjoints).elements
      law = squaredLaw * dot(u, drawn)
      gradient[Index.law] += 2 * law
      for i in 0..<n where form.law != .given {
        let share = self.law(a, i).share
        let adjoint = 2 * squaredLaw * drawn[i]
        if form.law == .exponential {
          let pull = adjoint * decaying(share)
          gradient[Index.floor] += pull
          for d in 0..<parts {
            gradient[Index.affinity(d)] -= pull * affinities[d] * a.shares[d, i]
          }
        } else {
          gradient[Index.floor] += adjoint * (floor / share - floor / (floor + 0.2))
          for d in 0..<parts {
            gradient[Index.affinity(d)] += adjoint * affinities[d] * a.shares[d, i] / share
          }
        }
      }
    }
    gradient[Index.amplitude] += 2 * (total - Self.squaredConstant * constant - linear - law)
    // Σ N (zᵢ - zⱼ)² = 2 Σᵢ zᵢ² (N 1)ᵢ - 2 zᵀ N z for each domain.
    let product = a.coordinates.timesSymmetric(lowerTriangle: pull)
    var spreads = [Double](repeating: 0, count: parts)
    for i in 0..<n {
      for d in 0..<parts {
        let z = a.coordinates[d, i]
        spreads[d] += z * z * rowSums[i] - z * product[d, i]
      }
    }
    for d in 0..<parts where inverseSquared[d] > 0 {
      let slope = 4 * inverseSquared[d] * spreads[d]
      gradient[Index.relevance(d, parts)] += slope
      gradient[Index.lengthscale] -= slope
    }
  }

  private func squaredNorms(_ columns: Matrix) -> [Double] {
    var result = [Double](repeating: 0, count: columns.columns)
    columns.elements.withUnsafeBufferPointer { elements in
      for column in 0..<columns.columns {
        var sum = 0.0
        for at in column * columns.rows..<(column + 1) * columns.rows {
          sum += elements[at] * elements[at]
        }
        result[column] = sum
      }
    }
    return result
  }
}
