import Foundation
import Numerics

/// The covariance of measurements, one set of hyperparameters fixed.
struct ScaleKernel: Sendable {
  let hyperparameters: ScaleHyperparameters
  /// A typical loss in standardized units: shares of a loss times this are standardized.
  let unit: Double
  var law = ScaleLaw.plain
  var level = LevelPrior.free

  typealias Index = ScaleHyperparameters.Index

  /// A matrix and its derivatives in some of the hyperparameters.
  struct Part {
    var values: Matrix
    var slopes: [(index: Int, values: Matrix)]
  }

  /// M of smoothness 5/2, and (1 + a) exp(-a) with a = √5 r, from which its slopes follow.
  private static func matern(_ squared: Double) -> (value: Double, bend: Double) {
    let a = (5 * squared).squareRoot()
    let decay = exp(-a)
    return ((1 + a + a * a / 3) * decay, (1 + a) * decay)
  }

  // MARK: Mixtures

  /// k, (a, b).
  ///
  /// - Parameter wantsSlopes: only within one set of mixtures.
  func mixtures(
    _ a: EmbeddedMixtures, _ b: EmbeddedMixtures, wantsSlopes: Bool = false
  ) -> Part {
    let h = hyperparameters
    let (amplitude, inverse) = (h.squaredAmplitude, 1 / (h.lengthscale * h.lengthscale))
    let products = a.coordinates.times(b.coordinates, transposingSelf: true)
    let (ownA, ownB) = (Self.squares(a.coordinates), Self.squares(b.coordinates))
    var values = products
    let none = wantsSlopes ? products : Matrix(rows: 0, columns: 0)
    var (bySize, byLengthscale, byResidual) = (none, none, none)
    for j in 0..<b.count {
      for i in 0..<a.count {
        let at = i + j * a.count
        let squared = max(ownA[i] + ownB[j] - 2 * products.elements[at], 0) * inverse
        // Rounding leaves a little of the distance of a mixture to itself.
        let isSame = squared < 1e-9 && a.isSame(i, as: j, of: b)
        let (matern, bend) = Self.matern(isSame ? 0 : squared)
        values.elements[at] = amplitude * matern + (isSame ? h.squaredResidual : 0)
        guard wantsSlopes else { continue }
        bySize.elements[at] = 2 * amplitude * matern
        byLengthscale.elements[at] = isSame ? 0 : amplitude * 5 / 3 * squared * bend
        byResidual.elements[at] = isSame ? 2 * h.squaredResidual : 0
      }
    }
    let share = h.squaredLaw / Double(max(a.parts, 1))
    let (lawsA, lawsB) = (laws(a), laws(b))
    let own = lawsA.values.times(lawsB.values, transposingSelf: true)
    let lines = Self.centered(a.weights).times(Self.centered(b.weights), transposingSelf: true)
    let slope = h.squaredLinear * Double(a.parts)
    for at in values.elements.indices {
      values.elements[at] +=
        share * own.elements[at] + slope * lines.elements[at]
    }
    guard wantsSlopes else { return Part(values: values, slopes: []) }
    var byLinear = lines
    for at in lines.elements.indices {
      byLinear.elements[at] = 2 * slope * lines.elements[at]
    }
    var byLaw = own
    var byFloor = lawsA.slopes.times(lawsB.values, transposingSelf: true)
    let other = lawsA.values.times(lawsB.slopes, transposingSelf: true)
    for at in byLaw.elements.indices {
      byLaw.elements[at] *= 2 * share
      byFloor.elements[at] = share * (byFloor.elements[at] + other.elements[at])
    }
    return Part(
      values: values,
      slopes: [
        (Index.amplitude, bySize), (Index.lengthscale, byLengthscale),
        (Index.residual, byResidual), (Index.law, byLaw), (Index.floor, byFloor),
        (Index.linear, byLinear),
      ])
  }

  /// w - 1/k.
  private static func centered(_ weights: Matrix) -> Matrix {
    var result = weights
    let even = 1 / Double(max(weights.rows, 1))
    for at in result.elements.indices { result.elements[at] -= even }
    return result
  }

  private static func squares(_ matrix: Matrix) -> [Double] {
    (0..<matrix.columns).map { column in
      (0..<matrix.rows).reduce(0) { $0 + matrix[$1, column] * matrix[$1, column] }
    }
  }

  /// √sᵢ uᵢⱼ of each mixture, a row for each i and j of a share, and its derivative in ln ε.
  func laws(_ points: EmbeddedMixtures) -> (values: Matrix, slopes: Matrix) {
    let floors = zip(hyperparameters.floors, law.shares).filter { $1 > 0 }
    let even = 1 / Double(max(points.parts, 1))
    var values = Matrix(rows: floors.count * points.parts, columns: points.count)
    var slopes = values
    for column in 0..<points.count {
      for (place, (floor, share)) in floors.enumerated() {
        let root = share.squareRoot()
        for part in 0..<points.parts {
          let weight = points.weights[part, column]
          let row = place * points.parts + part
          values[row, column] = root * log((floor + weight) / (floor + even))
          slopes[row, column] = root * (floor / (floor + weight) - floor / (floor + even))
        }
      }
    }
    return (values, slopes)
  }

  // MARK: Fidelities

  /// The covariance of contrasts of two cells, their growth not included, (a, b): M(r) + S² ψ ψ'.
  func contrasts(_ a: [ScaleCell], _ b: [ScaleCell], wantsSlopes: Bool = false) -> Part {
    var part = correlations(a, b, wantsSlopes: wantsSlopes)
    let (left, right) = (a.map(hyperparameters.fading), b.map(hyperparameters.fading))
    let none = wantsSlopes ? part.values : Matrix(rows: 0, columns: 0)
    var (byFading, bySize, byLength) = (none, none, none)
    for (j, other) in b.enumerated() {
      for (i, one) in a.enumerated() {
        let faded = left[i] * right[j]
        part.values[i, j] += faded
        guard wantsSlopes else { continue }
        byFading[i, j] = 2 * faded
        bySize[i, j] = faded * (one.size + other.size)
        byLength[i, j] = faded * (one.length + other.length)
      }
    }
    guard wantsSlopes else { return part }
    part.slopes += [
      (Index.fading, byFading), (Index.fadingBySize, bySize), (Index.fadingByLength, byLength),
    ]
    return part
  }

  /// M(r): how what lasts of the contrasts of two cells goes together, (a, b).
  func correlations(_ a: [ScaleCell], _ b: [ScaleCell], wantsSlopes: Bool = false) -> Part {
    var values = Matrix(rows: a.count, columns: b.count)
    var (bySize, byLength, byWarp, byStretch) = (values, values, values, values)
    let (left, right) = (
      a.map { Place(hyperparameters, $0) }, b.map { Place(hyperparameters, $0) }
    )
    for (j, other) in right.enumerated() {
      for (i, one) in left.enumerated() {
        let (x, y) = (one.size - other.size, one.length - other.length)
        let (matern, bend) = Self.matern(x * x + y * y)
        values[i, j] = matern
        guard wantsSlopes else { continue }
        let factor = 5 / 3 * bend
        bySize[i, j] = factor * x * x
        byLength[i, j] = factor * y * y
        byWarp[i, j] =
          -factor
          * (x * (one.sizeByWarp - other.sizeByWarp) + y * (one.lengthByWarp - other.lengthByWarp))
        byStretch[i, j] = -factor * y * (one.lengthByStretch - other.lengthByStretch)
      }
    }
    return Part(
      values: values,
      slopes: wantsSlopes
        ? [
          (Index.sizeScale, bySize), (Index.lengthScale, byLength), (Index.warp, byWarp),
          (Index.lengthBySize, byStretch),
        ] : [])
  }

  /// Where a fidelity is in lengthscales, and how that changes with the logarithm of the warp and with the stretch.
  private struct Place {
    let size, length, sizeByWarp, lengthByWarp, lengthByStretch: Double

    init(_ h: ScaleHyperparameters, _ cell: ScaleCell) {
      let p = h.warp
      func warped(_ t: Double) -> Double { ScaleHyperparameters.warped(t, p) }
      func slope(_ t: Double) -> Double { t * exp(p * t) - warped(t) }
      let stretch = h.stretch(cell) / h.lengthScale
      size = warped(cell.size) / h.sizeScale
      length = stretch * warped(cell.length)
      sizeByWarp = slope(cell.size) / h.sizeScale
      lengthByWarp = stretch * slope(cell.length)
      lengthByStretch = -cell.size * length
    }
  }

  /// Of the level that all mixtures share, (a, b).
  func levels(_ a: [ScaleCell], _ b: [ScaleCell], wantsSlopes: Bool = false) -> Part {
    let h = hyperparameters
    let p = h.warp
    let wide = ScaleHyperparameters.levels
    let squaredUnit = unit * unit
    let constant = level.constant(unit: unit)
    let inverse = 1 / (h.levelScale * h.levelScale)
    var values = Matrix(rows: a.count, columns: b.count)
    var (byDeviation, byScale, byWarp) = (values, values, values)
    func features(_ cell: ScaleCell) -> (values: [Double], slopes: [Double]) {
      let x = ScaleHyperparameters.warped(cell.size, p)
      let y = ScaleHyperparameters.warped(cell.length, p)
      let dx = cell.size * exp(p * cell.size) - x
      let dy = cell.length * exp(p * cell.length) - y
      return (
        [wide.bySize * x, wide.byLength * y, wide.byBoth * x * y],
        [wide.bySize * dx, wide.byLength * dy, wide.byBoth * (dx * y + x * dy)]
      )
    }
    let (left, right) = (a.map(features), b.map(features))
    for (j, other) in b.enumerated() {
      for (i, one) in a.enumerated() {
        let (x, y) = (one.size - other.size, one.length - other.length)
        let squared = (x * x + y * y) * inverse
        let (matern, bend) = Self.matern(squared)
        let law = dot(left[i].values, right[j].values)
        values[i, j] =
          constant * constant + squaredUnit * (law + h.squaredLevel * matern)
        guard wantsSlopes else { continue }
        byDeviation[i, j] = 2 * squaredUnit * h.squaredLevel * matern
        byScale[i, j] = squaredUnit * h.squaredLevel * 5 / 3 * squared * bend
        byWarp[i, j] =
          squaredUnit
          * (dot(left[i].slopes, right[j].values) + dot(left[i].values, right[j].slopes))
      }
    }
    return Part(
      values: values,
      slopes: wantsSlopes
        ? [
          (Index.levelDeviation, byDeviation), (Index.levelScale, byScale), (Index.warp, byWarp),
        ] : [])
  }

  // MARK: Points

  /// The covariance of points, (a, b). Points of one run at one fidelity are one measurement, and share its jitter too.
  ///
  /// - Parameter weights: k of the mixtures of both, where it is known; likewise of their cells.
  func covariance(
    _ a: ScaleInputs, _ b: ScaleInputs, weights: Matrix? = nil, contrasts: Matrix? = nil,
    levels: Matrix? = nil
  ) -> Matrix {
    let weights = weights ?? mixtures(a.mixtures, b.mixtures).values
    let contrasts = contrasts ?? self.contrasts(a.cells, b.cells).values
    let levels = levels ?? self.levels(a.cells, b.cells).values
    let (growthA, growthB) = (
      a.cells.map(hyperparameters.growth), b.cells.map(hyperparameters.growth)
    )
    var result = Matrix(rows: a.count, columns: b.count)
    let cells = a.cells.count
    // What a point's mixture counts in each cell of a, and what is common, for one point of b.
    var factors = [Double](repeating: 0, count: cells)
    result.elements.withUnsafeMutableBufferPointer { result in
      weights.elements.withUnsafeBufferPointer { weights in
        a.points.withUnsafeBufferPointer { points in
          for (j, second) in b.points.enumerated() {
            for c in 0..<cells {
              factors[c] = growthA[c] * growthB[second.cell] * contrasts[c, second.cell]
            }
            let column = second.mixture * a.mixtures.count
            let common = second.cell * cells
            for i in 0..<points.count {
              let cell = points[i].cell
              result[j * points.count + i] =
                factors[cell] * weights[column + points[i].mixture]
                + levels.elements[common + cell]
            }
            guard let run = second.run else { continue }
            for i in 0..<points.count where points[i].run == run {
              let cell = points[i].cell
              result[j * points.count + i] +=
                growthA[cell] * growthB[second.cell]
                * noise(a.mixtures, points[i].mixture, b.mixtures, second.mixture).value
                + (a.cells[cell] == b.cells[second.cell] ? hyperparameters.jitter : 0)
            }
          }
        }
      }
    }
    return result
  }

  /// The covariance of a run's own noise at two of its lengths, their growth not included, and what their unevenness is in
  /// the mean: where text is read again what counts of a mixture is another at each length.
  func noise(
    _ a: EmbeddedMixtures, _ i: Int, _ b: EmbeddedMixtures, _ j: Int
  ) -> (value: Double, unevenness: Double) {
    let unevenness = (a.unevenness(i) + b.unevenness(j)) / 2
    return (hyperparameters.noise * exp(hyperparameters.noiseSlope * unevenness), unevenness)
  }

  /// The variance of a run's own noise, its growth not included.
  func noise(_ mixtures: EmbeddedMixtures, _ index: Int) -> Double {
    noise(mixtures, index, mixtures, index).value
  }
}
