import Foundation
import Numerics

/// A run that could be made, or gone on with, measured at every rung on the way.
package struct CurveCandidate: Sendable, Hashable {
  /// Index among the mixtures of a ``TargetBelief``.
  package var mixture: Int
  /// Of the model.
  package var parameters: Double
  /// Where it would be measured, from short to long.
  package var tokens: [Double]
  /// The run of the data that it goes on with; nil for a new one.
  package var run: Int?

  package init(mixture: Int, parameters: Double, tokens: [Double], run: Int? = nil) {
    precondition(!tokens.isEmpty, "expected a rung")
    self.mixture = mixture
    self.parameters = parameters
    self.tokens = tokens
    self.run = run
  }
}

/// The objective at the target over some mixtures, jointly, as far as it tells them apart: less its mean over
/// all of them, as what they share does not matter for which is the best. And what a run would tell of it.
package struct TargetBelief: Sendable {
  package let surrogate: ScaleSurrogate
  package let function: LossFunction
  package let mixtures: [[Double]]
  /// The objective at each mixture, p.
  package let means: [Double]
  /// Of the objective less its mean over the mixtures, (p, p).
  package let contrasts: Matrix
  private let points: EmbeddedMixtures
  private let outputs: [Output]

  /// What one output has to do with it.
  private struct Output: Sendable {
    /// From a standardized value to the objective, p; zero where the objective does not depend on it.
    var slopes: [Double]
    /// Its part of the contrasts' variance at each mixture, p.
    var variances: [Double]
  }

  /// - Returns: nil where a covariance cannot be factored.
  package init?(_ surrogate: ScaleSurrogate, _ function: LossFunction, mixtures: [[Double]]) {
    precondition(!mixtures.isEmpty, "expected a mixture")
    self.surrogate = surrogate
    self.function = function
    self.mixtures = mixtures
    let points = surrogate.embedded(mixtures)
    self.points = points
    let count = mixtures.count
    let posteriors = surrogate.models.map { $0.targetPosterior(points) }
    let losses = posteriors.enumerated().map { output, posterior in
      posterior.means.map { surrogate.loss(output, $0) }
    }
    let values = losses.map { $0.map(\.loss) }
    means = function.values(of: values)
    let gradients = function.gradients(of: values, adjoints: mixtures.map { _ in 1 })
    var outputs: [Output] = []
    // Row d holds output d's factor: (outputs, p · p).
    var factors = Matrix(rows: posteriors.count, columns: count * count)
    for (d, posterior) in posteriors.enumerated() {
      let slopes = (0..<count).map { gradients[d][$0] * losses[d][$0].slope }
      var covariance = posterior.covariance
      for j in 0..<count { for i in 0..<count { covariance[i, j] *= slopes[i] * slopes[j] } }
      covariance = Self.centered(covariance)
      outputs.append(Output(slopes: slopes, variances: covariance.diagonal.map { max($0, 0) }))
      guard count > 1, slopes.contains(where: { $0 != 0 }) else { continue }
      guard let factor = Cholesky(factoring: covariance)?.factor else { return nil }
      for at in 0..<count * count { factors[d, at] = factor.elements[at] }
    }
    self.outputs = outputs
    // As JointObjective combines models: Σ R(d, e) Aᵈ Aᵉᵀ.
    let mixed = surrogate.correlation.times(factors)
    var total = Matrix(rows: count, columns: count)
    for d in posteriors.indices where count > 1 {
      let left = Matrix(rows: count, columns: count, elements: factors.row(d))
      let right = Matrix(rows: count, columns: count, elements: mixed.row(d))
      let product = left.times(right, transposingOther: true)
      for at in total.elements.indices { total.elements[at] += product.elements[at] }
    }
    for j in 0..<count {
      for i in 0...j {
        let mean = 0.5 * (total[i, j] + total[j, i]) * surrogate.varianceFactor
        (total[i, j], total[j, i]) = (mean, mean)
      }
    }
    contrasts = total
  }

  /// Rows and columns less their means.
  private static func centered(_ matrix: Matrix) -> Matrix {
    let n = matrix.rows
    var result = matrix
    let sums = (0..<n).map { j in (0..<n).reduce(0) { $0 + matrix[$1, j] } / Double(n) }
    let total = sums.reduce(0, +) / Double(n)
    for j in 0..<n { for i in 0..<n { result[i, j] += total - sums[i] - sums[j] } }
    return result
  }

  // MARK: The best

  /// Joint draws of the objective at the mixtures, less what they share: [draw][mixture].
  package func draws(_ count: Int, seed: UInt64) -> [[Double]]? {
    guard mixtures.count > 1 else { return (0..<count).map { _ in means } }
    guard let factor = Cholesky(factoring: contrasts)?.factor else { return nil }
    var generator = SeededGenerator(seed: seed, stream: "target draws")
    let normals = Matrix(
      rows: mixtures.count, columns: count,
      elements: (0..<mixtures.count * count).map { _ in generator.normal() })
    let deviations = factor.times(normals)
    return (0..<count).map { draw in
      means.indices.map { means[$0] + deviations[$0, draw] }
    }
  }

  /// How likely each mixture is the best of all, and what it is expected to lose against the best.
  package func chances(
    draws count: Int = 512, seed: UInt64
  ) -> [(probabilityOfBest: Double, expectedRegret: Double)]? {
    guard let draws = draws(count, seed: seed) else { return nil }
    var result = means.map { _ in (probabilityOfBest: 0.0, expectedRegret: 0.0) }
    for draw in draws {
      let best = draw.indices.min { (draw[$0], $0) < (draw[$1], $1) }!
      result[best].probabilityOfBest += 1 / Double(count)
      for i in draw.indices { result[i].expectedRegret += (draw[i] - draw[best]) / Double(count) }
    }
    return result
  }

  // MARK: What runs would tell

  /// How much of the variance of the contrast at each mixture each candidate's measurements would explain, from
  /// 0 to 1: (mixtures, candidates).
  ///
  /// With c the covariance of an output's measurements y with its contrast, cᵀ Σ⁻¹ c is explained of the
  /// output's part. Parts add up as the outputs' errors are correlated.
  package func explained(by candidates: [CurveCandidate]) -> Matrix {
    let count = mixtures.count
    var result = Matrix(rows: count, columns: candidates.count)
    let used = outputs.indices.filter { outputs[$0].variances.contains { $0 > 0 } }
    guard !used.isEmpty else { return result }
    let correlation = surrogate.correlation.submatrix(rows: used, columns: used)
    /// Σ R(d, e) aᵈ aᵉ for each mixture, from (outputs, mixtures).
    func combined(_ roots: Matrix) -> [Double] {
      let drawn = correlation.times(roots)
      return (0..<count).map { m in
        var sum = 0.0
        for d in 0..<roots.rows { sum += roots[d, m] * drawn[d, m] }
        return sum
      }
    }
    // Roots of variances, with the sign that the output counts with.
    func root(_ d: Int, _ m: Int, _ variance: Double) -> Double {
      outputs[used[d]].slopes[m] < 0 ? -variance.squareRoot() : variance.squareRoot()
    }
    var whole = Matrix(rows: used.count, columns: count)
    for m in 0..<count {
      for d in used.indices { whole[d, m] = root(d, m, outputs[used[d]].variances[m]) }
    }
    let bottom = combined(whole)
    let parts = used.map { explained(output: $0, by: candidates) }
    for x in candidates.indices {
      var own = Matrix(rows: used.count, columns: count)
      for m in 0..<count { for d in used.indices { own[d, m] = root(d, m, parts[d][m, x]) } }
      for (m, top) in combined(own).enumerated() where bottom[m] > 0 {
        result[m, x] = min(max(top / bottom[m], 0), 1 - 1e-12)
      }
    }
    return result
  }

  /// What is explained of one output's parts, (mixtures, candidates).
  private func explained(output: Int, by candidates: [CurveCandidate]) -> Matrix {
    let model = surrogate.models[output]
    let (slopes, count) = (outputs[output].slopes, mixtures.count)
    let target = surrogate.data.target
    // The target's latents first, then two for each distinct (mixture, size, run).
    var query = model.targetQuery(points)
    var places: [Int] = []
    var known: [Key: Int] = [:]
    for candidate in candidates {
      let key = Key(
        mixture: candidate.mixture, parameters: candidate.parameters, run: candidate.run)
      if let place = known[key] {
        places.append(place)
        continue
      }
      known[key] = query.latents.count
      places.append(query.latents.count)
      let ratio = log(target.parameters / candidate.parameters)
      for isAmplitude in [false, true] {
        query.latents.append(
          .init(mixture: candidate.mixture, logSizeRatio: ratio, isAmplitude: isAmplitude))
        query.runs.append(candidate.run)
      }
    }
    let answer = model.answer(query)
    let noise = model.kernel.noise(at: points)
    let hyperparameters = model.kernel.hyperparameters
    // Covariances of every latent with the contrasts, (mixtures, latents).
    let solvedTargets = answer.solved.submatrix(
      rows: Array(0..<answer.solved.rows), columns: Array(0..<count))
    var contrasts = solvedTargets.times(answer.solved, transposingSelf: true)
    for latent in count..<max(query.latents.count, count) {
      var common = 0.0
      for m in 0..<count {
        contrasts[m, latent] =
          slopes[m] * (model.prior(answer, latent, m) - contrasts[m, latent])
        common += contrasts[m, latent] / Double(count)
      }
      for m in 0..<count { contrasts[m, latent] -= common }
    }
    var designs: [Pattern: [(value: Double, amplitude: Double)]] = [:]
    var spreads: [Int: Matrix] = [:]
    var result = Matrix(rows: count, columns: candidates.count)
    for (x, candidate) in candidates.enumerated() {
      let place = places[x]
      let spread: Matrix
      if let found = spreads[place] {
        spread = found
      } else {
        var matrix = Matrix(rows: 2, columns: 2)
        for j in 0..<2 {
          for i in 0..<2 { matrix[i, j] = model.covariance(answer, place + i, place + j) }
        }
        matrix[0, 0] += noise[candidate.mixture]
        matrix[1, 1] += hyperparameters.amplitudeNoise
        spread = matrix
        spreads[place] = matrix
      }
      let pattern = Pattern(
        seen: candidate.run.map { model.inputs.patternOf[$0] }, tokens: candidate.tokens)
      let rows: [(value: Double, amplitude: Double)]
      if let found = designs[pattern] {
        rows = found
      } else {
        rows = Self.design(candidate, model, target)
        designs[pattern] = rows
      }
      guard let gauge = Gauge(spread, rows) else { continue }
      for m in 0..<count {
        result[m, x] = gauge.explained(contrasts[m, place], contrasts[m, place + 1])
      }
    }
    return result
  }

  private struct Key: Hashable {
    var mixture: Int
    var parameters: Double
    var run: Int?
  }

  private struct Pattern: Hashable {
    var seen: Int?
    var tokens: [Double]
  }

  /// What the measurements say of (value, amplitude), compressed. Those of a run that goes on are
  /// y = H v + e with e correlated with the e that it has shown: given the latter and v, y is
  /// (H - G H₀) v + … with G = V₁₀ V₀₀⁻¹ and covariance V₁₁ - G V₀₁.
  private static func design(
    _ candidate: CurveCandidate, _ model: ScaleOutputModel, _ target: ScaleData.Target
  ) -> [(value: Double, amplitude: Double)] {
    let lengths = candidate.tokens.map { $0 / target.tokens }
    let curve = model.kernel.hyperparameters.curve
    var design = curve.design(lengths)
    var covariance = curve.residualCovariance(lengths, lengths)
    if let run = candidate.run {
      let seen = model.inputs.patterns[model.inputs.patternOf[run]]
      let compression = model.system.compressions[model.inputs.patternOf[run]]
      let cross = curve.residualCovariance(seen, lengths)
      let solved = compression.cholesky.solve(cross)
      design = design - solved.times(compression.design, transposingSelf: true)
      covariance = covariance - solved.times(cross, transposingSelf: true)
    }
    return CurveCompression(design: design, covariance: covariance)?.rows ?? []
  }

  /// cᵀ Rᵀ (R S Rᵀ + I)⁻¹ R c for one or two rows of R.
  private struct Gauge {
    let first: (value: Double, amplitude: Double)
    let second: (value: Double, amplitude: Double)?
    /// The first number's variance, its share in the second, and what that leaves of it.
    let variance: Double
    let share: Double
    let rest: Double

    init?(_ spread: Matrix, _ rows: [(value: Double, amplitude: Double)]) {
      guard let first = rows.first else { return nil }
      func covariance(
        _ a: (value: Double, amplitude: Double), _ b: (value: Double, amplitude: Double)
      ) -> Double {
        a.value * (spread[0, 0] * b.value + spread[0, 1] * b.amplitude)
          + a.amplitude * (spread[1, 0] * b.value + spread[1, 1] * b.amplitude)
      }
      self.first = first
      variance = covariance(first, first) + 1
      second = rows.count > 1 ? rows[1] : nil
      if let second {
        let both = covariance(first, second)
        share = both / variance
        rest = max(covariance(second, second) + 1 - both * share, 1e-12)
      } else {
        (share, rest) = (0, 1)
      }
    }

    func explained(_ value: Double, _ amplitude: Double) -> Double {
      let u = first.value * value + first.amplitude * amplitude
      guard let second else { return u * u / variance }
      let v = second.value * value + second.amplitude * amplitude - share * u
      return u * u / variance + v * v / rest
    }
  }
}
