import Foundation
import Numerics

/// The logarithm of the marginal likelihood of measurements times the priors' density: of several outputs that have
/// the same hyperparameters but a variance of their own each.
///
/// The variance has an inverse-gamma prior as of ``priorRuns`` runs that are as expected, and is integrated out: the
/// likelihood is Student's. Outputs that go together are no evidence each: of d outputs whose correlations are rᵢⱼ
/// each counts as 1 / Σ rᵢⱼ² of one, so that all together are one output where they have nothing to do with each other, and
/// less, down to 1 / d, the more they are the same. Half of that is given to their mean, in which noise is less. That is
/// less than they tell, and meant to be: most measurements are of small models, and what these say of how alike sizes are is
/// wrong at the target more often than the likelihood knows. With d / Σ rᵢⱼ², one output where all are the same, searches of
/// the suite were no different in the mean up to five runs of the target, and worse after ten (.15 ± .03 gaps for .09, 32
/// searches), where they handed over worse than they had run.
struct ScalePosterior: LogPosterior {
  let inputs: ScaleInputs
  let unit: Double
  /// Of each output each point, and of their mean, standardized.
  private let outcomes: Matrix
  /// What is expected of them where contrasts have not grown.
  private let expected: Matrix
  /// What the likelihood of each counts.
  private let counts: [Double]
  private(set) var priors: [HyperparameterPrior]
  var law = ScaleLaw.plain
  var level = LevelPrior.free

  static let priorRuns = 3.0

  /// - Parameters:
  ///   - expected: of each point each output, (n, d), what tells mixtures apart before any run.
  ///   - lawStretch: how many times as large as usual the coefficients of the law may be.
  init(
    inputs: ScaleInputs, outcomes: [[Double]], expected: Matrix, contrasts: [[Double]],
    unit: Double, lawStretch: Double = 1
  ) {
    self.inputs = inputs
    self.unit = unit
    priors = ScaleHyperparameters.priors(over: inputs.cells)
    if case .normal(let mean, let deviation) = priors[ScaleHyperparameters.Index.law] {
      priors[ScaleHyperparameters.Index.law] = .normal(
        mean: mean + log(lawStretch), deviation: deviation)
    }
    let count = outcomes.count
    guard count > 1 else {
      self.outcomes = Matrix(columns: outcomes)
      self.expected = expected
      counts = [1]
      return
    }
    let share = Self.share(of: contrasts)
    func mean(_ columns: [[Double]]) -> [Double] {
      columns[0].indices.map { i in columns.reduce(0) { $0 + $1[i] } / Double(count) }
    }
    let outputs = (0..<count).map { expected.column($0) }
    // As large as a single output: the mean of contrasts that do not go together is smaller.
    let squares = contrasts.map { dot($0, $0) }
    let common = mean(contrasts)
    let size = max(
      (dot(common, common) / max(Statistics.mean(squares), 1e-300)).squareRoot(), 0.05)
    self.outcomes = Matrix(columns: outcomes + [mean(outcomes).map { $0 / size }])
    self.expected = Matrix(columns: outputs + [mean(outputs).map { $0 / size }])
    counts =
      [Double](repeating: 0.5 * share, count: count) + [0.5 * share * Double(count)]
  }

  /// 1 / Σ rᵢⱼ².
  private static func share(of contrasts: [[Double]]) -> Double {
    let squares = contrasts.map { dot($0, $0) }
    var sum = 0.0
    for a in contrasts.indices {
      for b in contrasts.indices {
        let product = dot(contrasts[a], contrasts[b])
        sum += a == b ? 1 : product * product / max(squares[a] * squares[b], 1e-300)
      }
    }
    return 1 / sum
  }

  /// Value and gradient; nil where the covariance cannot be factored.
  func value(at logs: [Double]) -> (value: Double, gradient: [Double])? {
    guard logs.allSatisfy({ abs($0) < 30 }) else { return nil }
    let kernel = ScaleKernel(
      hyperparameters: ScaleHyperparameters(logs: logs), unit: unit, law: law, level: level)
    let parts = Parts(kernel, inputs)
    guard let cholesky = Cholesky(factoring: parts.covariance(kernel, inputs)) else { return nil }
    let n = Double(inputs.count)
    var left = outcomes
    for c in counts.indices {
      for (i, point) in inputs.points.enumerated() {
        left[i, c] -= parts.growths[point.cell] * expected[i, c]
      }
    }
    let solved = cholesky.solve(left)
    var value = 0.0
    var adjoints = cholesky.inverse()
    let total = counts.reduce(0, +)
    for at in adjoints.elements.indices { adjoints.elements[at] *= -0.5 * total }
    var scaled = solved
    var (bySize, byLength) = (0.0, 0.0)
    for (c, count) in counts.enumerated() {
      let square = dot(left.column(c), solved.column(c)) + Self.priorRuns
      let freedom = n + Self.priorRuns
      value +=
        count
        * (-0.5 * cholesky.logDeterminant - 0.5 * freedom * log(square / Self.priorRuns))
      let factor = (0.5 * count * freedom / square).squareRoot()
      for (i, point) in inputs.points.enumerated() {
        let cell = inputs.cells[point.cell]
        let slope =
          factor * factor * 2 * solved[i, c] * parts.growths[point.cell] * expected[i, c]
        bySize -= slope * cell.size
        byLength -= slope * cell.length
        scaled[i, c] *= factor
      }
    }
    let products = scaled.times(scaled, transposingOther: true)
    for at in adjoints.elements.indices { adjoints.elements[at] += products.elements[at] }
    var gradient = parts.gradient(of: adjoints, kernel, inputs)
    gradient[ScaleHyperparameters.Index.sizeGrowth] += bySize
    gradient[ScaleHyperparameters.Index.lengthGrowth] += byLength
    addPriors(at: logs, to: &value, &gradient)
    return value.isFinite ? (value, gradient) : nil
  }

  var coldStart: [Double] { priors.map(\.start) }

  /// Where to begin: what is not smooth over mixtures may be taken for noise, or for a short lengthscale.
  var starts: [[Double]] {
    var short = coldStart
    short[ScaleHyperparameters.Index.lengthscale] -= 1.2
    return [coldStart, short]
  }

  /// Deviations of the priors.
  var units: [Double] {
    priors.map { if case .normal(_, let deviation) = $0 { deviation } else { 1 } }
  }
}

/// What the covariance among points is put together from.
private struct Parts {
  let mixtures: ScaleKernel.Part
  let contrasts: ScaleKernel.Part
  let levels: ScaleKernel.Part
  let growths: [Double]

  init(_ kernel: ScaleKernel, _ inputs: ScaleInputs) {
    mixtures = kernel.mixtures(inputs.mixtures, inputs.mixtures, wantsSlopes: true)
    contrasts = kernel.contrasts(inputs.cells, inputs.cells, wantsSlopes: true)
    levels = kernel.levels(inputs.cells, inputs.cells, wantsSlopes: true)
    growths = inputs.cells.map(kernel.hyperparameters.growth)
  }

  func covariance(_ kernel: ScaleKernel, _ inputs: ScaleInputs) -> Matrix {
    kernel.covariance(
      inputs, inputs, weights: mixtures.values, contrasts: contrasts.values,
      levels: levels.values)
  }

  /// Σ A dK in each hyperparameter, A symmetric.
  func gradient(of adjoints: Matrix, _ kernel: ScaleKernel, _ inputs: ScaleInputs) -> [Double] {
    typealias Index = ScaleHyperparameters.Index
    var gradient = [Double](repeating: 0, count: Index.count)
    let (m, c) = (inputs.mixtures.count, inputs.cells.count)
    var ofMixtures = Matrix(rows: m, columns: m)
    var ofContrasts = Matrix(rows: c, columns: c)
    var ofLevels = Matrix(rows: c, columns: c)
    for (j, b) in inputs.points.enumerated() {
      let (column, cells) = (b.mixture * m, b.cell * c)
      for (i, a) in inputs.points.enumerated() {
        let adjoint = adjoints.elements[i + j * inputs.count]
        let (weightAt, cellAt) = (a.mixture + column, a.cell + cells)
        let growth = growths[a.cell] * growths[b.cell]
        let weight = mixtures.values.elements[weightAt]
        let contrast = contrasts.values.elements[cellAt]
        ofMixtures.elements[weightAt] += adjoint * growth * contrast
        ofContrasts.elements[cellAt] += adjoint * growth * weight
        ofLevels.elements[cellAt] += adjoint
        var grown = growth * weight * contrast
        if let run = a.run, run == b.run {
          let (value, unevenness) = kernel.noise(
            inputs.mixtures, a.mixture, inputs.mixtures, b.mixture)
          let noise = growth * value
          grown += noise
          gradient[Index.noise] += adjoint * noise
          gradient[Index.noiseSlope] += adjoint * noise * unevenness
        }
        gradient[Index.sizeGrowth] -= 2 * adjoint * grown * inputs.cells[a.cell].size
        gradient[Index.lengthGrowth] -= 2 * adjoint * grown * inputs.cells[a.cell].length
      }
      gradient[Index.jitter] += adjoints[j, j] * exp(kernel.hyperparameters.logs[Index.jitter])
    }
    for (part, adjoint) in [
      (mixtures, ofMixtures), (contrasts, ofContrasts), (levels, ofLevels),
    ] {
      for (index, slopes) in part.slopes {
        gradient[index] += dot(slopes.elements, adjoint.elements)
      }
    }
    return gradient
  }
}
