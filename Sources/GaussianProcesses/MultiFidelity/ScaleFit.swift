import Foundation
import Numerics

/// What is learned besides the conditioning itself: what outcomes are standardized by, and a handful of draws of the
/// hyperparameters from their posterior. A single best value would be too sure of itself where runs are few.
package struct ScaleFit: Sendable {
  package struct Draw: Sendable {
    /// As of ``ScaleHyperparameters``.
    package var logs: [Double]
    /// What it counts; all sum to one.
    package var weight: Double
  }

  /// What an output is standardized by.
  package struct Standard: Sendable, Hashable {
    package var location: Double
    package var scale: Double

    /// A loss in standardized units: shares of it times this are standardized.
    func share(_ link: SurrogateForm.Link) -> Double {
      (link == .logarithm ? 1 : max(abs(location), 1e-6)) / scale
    }
  }

  package var link: SurrogateForm.Link
  /// Of each output, frozen with the hyperparameters, so that one more run does not move all others.
  package var standards: [Standard]
  /// A typical loss in standardized units.
  package var unit: Double
  package var draws: [Draw]
  /// The best values, for those who want to see them.
  package var mode: [Double]
  /// How far the level at the target may be from the law that is expected before any run.
  package var level = LevelPrior.free
  /// The law that the runs are likelier by.
  package var law = ScaleLaw.plain
  package var factors = ScaleSurrogate.VarianceFactors()
  /// What mixtures are expected to lose before any run.
  package var scarcity = ScarcityPrior()
  /// What text counts that is read again; nil where none is, or nobody knows.
  package var repetition: Repetition?

  /// Fits to a sample of the runs, from the priors' centers, and draws around the mode.
  ///
  /// - Parameters:
  ///   - iterations: of the ascent.
  ///   - runs: the most that hyperparameters are fitted to.
  ///   - draws: of the hyperparameters; one for their mode alone.
  ///   - level: how far the level at the target may be from the law that is expected.
  /// - Returns: nil where no covariance can be factored.
  package static func selected(
    for data: ScaleData, iterations: Int = 25, runs: Int = 40, draws: Int = 6,
    level: LevelPrior = .free
  ) -> ScaleFit? {
    guard data.count > 0 else { return nil }
    let areLosses = data.runs.allSatisfy { $0.losses.allSatisfy { $0.allSatisfy { $0 > 0 } } }
    let link: SurrogateForm.Link = areLosses ? .logarithm : .identity
    let sample = data.thinned(to: runs).withRungs(atMost: 3)
    let contrasts = (0..<data.outputs).map { sample.contrasts($0, link: link) }
    func prepared(_ repetition: Repetition?) -> ScaleFit {
      var fit = ScaleFit(
        link: link, standards: contrasts.map { .init(location: $0.location, scale: $0.scale) },
        unit: 1, draws: [], mode: [], level: level, repetition: repetition)
      fit.expectScarcity(sample, contrasts.map(\.values))
      return fit
    }
    func posterior(_ fit: ScaleFit, inUnitsOf other: ScaleFit? = nil) -> ScalePosterior {
      var posterior = ScalePosterior(
        inputs: ScaleInputs(sample, fit.repetition),
        outcomes: (0..<data.outputs).map { fit.standardized(sample, output: $0) },
        expected: fit.priors(of: sample),
        contrasts: (other ?? fit).remainders(sample, contrasts.map(\.values)), unit: fit.unit,
        lawStretch: fit.scarcity.stretch)
      posterior.level = fit.level
      return posterior
    }
    var fit = prepared(Repetition(data))
    var likely = posterior(fit)
    guard var best = likely.maximized(from: likely.starts, iterations: iterations)
    else { return nil }
    if let repetition = fit.repetition {
      // All in the units of the first: what an own domain's text explains is taken off the units of each.
      var (likeliest, highest) = (repetition, best.value)
      for decay in Repetition.decays where decay != repetition.decay {
        var other = fit
        other.repetition = Repetition(text: repetition.text, decay: decay)
        if let value = posterior(other, inUnitsOf: fit).value(at: best.logs)?.value,
          value > highest
        {
          (likeliest, highest) = (other.repetition!, value)
        }
      }
      if likeliest != repetition {
        let other = prepared(likeliest)
        let found = posterior(other)
        if let value = found.value(at: best.logs)?.value {
          (fit, likely, best.value) = (other, found, value)
        }
      }
    }
    var bent = likely
    bent.law = .bent
    if let found = bent.maximized(from: [best.logs], iterations: iterations / 2),
      found.value > best.value
    {
      (fit.law, likely, best) = (.bent, bent, found)
    }
    fit.mode = best.logs
    fit.draws = likely.draws(draws, around: best)
    return fit
  }

  func trend(_ cell: ScaleCell) -> Double { link.trend(cell) }

  /// What the levels of two outputs have in common, (d, d), where a level's own variance is of standardized units of the
  /// median output: each is as uncertain as a share of its loss, however little mixtures move it.
  var levels: Matrix {
    let ratios = standards.map { $0.share(link) / unit }
    var result = Matrix(rows: ratios.count, columns: ratios.count)
    for (j, other) in ratios.enumerated() {
      for (i, one) in ratios.enumerated() {
        result[i, j] = one * other * (i == j ? 1 : ScaleHyperparameters.levelCorrelation)
      }
    }
    return result
  }

  /// What a mixture is expected to lose against equal shares before any run, standardized: of each query each output,
  /// (q, d). Like all that tells mixtures apart it grows with size and length, which is not in it.
  func priors(_ queries: [ScaleQuery]) -> Matrix {
    priors(at: queries.map { variables($0.weights, at: $0.cell) })
  }

  /// The same of each measurement.
  func priors(of data: ScaleData) -> Matrix {
    priors(at: zip(data.weights, data.cells).map(variables))
  }

  private func priors(at variables: [[Double]]) -> Matrix {
    var result = Matrix(rows: variables.count, columns: standards.count)
    guard link == .logarithm else { return result }
    for (i, point) in variables.enumerated() {
      for d in standards.indices { result[i, d] = scarcity.expected(d, point) }
    }
    return result
  }

  /// β and -γ of ``ScarcityPrior`` for an output, k + 1; nothing of what is no loss, as nobody knows whether more is better.
  func scarcity(of output: Int, parts: Int) -> [Double] {
    link == .logarithm
      ? scarcity.slopes(of: output, parts: parts) : [Double](repeating: 0, count: parts + 1)
  }

  private func variables(_ weights: [Double], at cell: ScaleCell) -> [Double] {
    ScarcityPrior.variables(weights, counted: repetition?.effective(weights, at: cell))
  }

  /// Says what scarce text is expected to cost, and measures outputs by what that leaves of them.
  ///
  /// - Parameter contrasts: of each output each measurement's difference from the mean of its fidelity.
  private mutating func expectScarcity(_ data: ScaleData, _ contrasts: [[Double]]) {
    if link == .logarithm {
      var scales = standards.map(\.scale)
      let cells = data.cells
      scarcity = ScarcityPrior(
        own: data.ownDomains, mixtures: data.weights,
        variables: zip(data.weights, cells).map(variables), cells: cells, contrasts: contrasts,
        scales: &scales)
      for d in standards.indices { standards[d].scale = scales[d] }
    }
    unit = Statistics.quantile(ofSorted: standards.map { $0.share(link) }.sorted(), 0.5)
  }

  /// What is left of contrasts, standardized.
  private func remainders(_ data: ScaleData, _ contrasts: [[Double]]) -> [[Double]] {
    let expected = priors(of: data)
    return contrasts.enumerated().map { d, values in
      zip(values, ScaleData.centered(expected.column(d), data.cells)).map {
        $0 / standards[d].scale - $1
      }
    }
  }

  /// One output of every measurement, run after run.
  func standardized(_ data: ScaleData, output: Int) -> [Double] {
    let standard = standards[output]
    return data.runs.flatMap { run in
      zip(run.tokens, run.losses).map { tokens, losses in
        let value = link == .logarithm ? log(losses[output]) : losses[output]
        let cell = data.cell(parameters: run.parameters, tokens: tokens)
        return (value - trend(cell) - standard.location) / standard.scale
      }
    }
  }

  /// A standardized value as a loss, and the factor from standardized deviations to loss. Of a logarithm the median:
  /// the mean would grow with what is not known of a level that all mixtures share.
  func loss(_ output: Int, _ value: Double, trend: Double) -> (loss: Double, slope: Double) {
    let (location, scale) = (standards[output].location, standards[output].scale)
    let linked = location + scale * value + trend
    return link == .logarithm ? (exp(linked), exp(linked) * scale) : (linked, scale)
  }
}

extension SurrogateForm.Link {
  /// What an output is expected to lose to smaller sizes and shorter lengths before any run, as its logarithm, or
  /// nothing of what is no loss.
  func trend(_ cell: ScaleCell) -> Double {
    guard self == .logarithm else { return 0 }
    return ScaleHyperparameters.typicalSlope
      * (ScaleHyperparameters.warped(cell.size, ScaleHyperparameters.typicalWarp)
        + ScaleHyperparameters.warped(cell.length, ScaleHyperparameters.typicalWarp))
  }
}

extension ScaleData {
  /// How an output of each measurement differs from the mean of its fidelity, through a link; where its measurements
  /// lie once the typical trend is taken off, which is where the target is expected; and how much mixtures move them, drawn toward 3 % of a loss as by two more runs.
  func contrasts(
    _ output: Int, link: SurrogateForm.Link
  ) -> (values: [Double], location: Double, scale: Double) {
    let values = runs.flatMap { run in
      run.losses.map { link == .logarithm ? log($0[output]) : $0[output] }
    }
    let cells = cells
    let location = Statistics.mean(zip(values, cells).map { $0 - link.trend($1) })
    let residuals = Self.centered(values, cells)
    let typical = link == .logarithm ? 0.03 : max(0.03 * abs(location), 1e-6)
    return (residuals, location, Self.deviation(of: residuals, cells, typical: typical))
  }

  /// Differences from the mean of each fidelity.
  static func centered(_ values: [Double], _ cells: [ScaleCell]) -> [Double] {
    // Looked up only: the order of a dictionary is never seen.
    var sums: [ScaleCell: (sum: Double, count: Int)] = [:]
    for (cell, value) in zip(cells, values) {
      let known = sums[cell] ?? (0, 0)
      sums[cell] = (known.sum + value, known.count + 1)
    }
    return zip(cells, values).map { cell, value in
      value - sums[cell]!.sum / Double(sums[cell]!.count)
    }
  }

  /// Of differences from the mean of each fidelity, drawn toward what is typical as by two more runs.
  static func deviation(of centered: [Double], _ cells: [ScaleCell], typical: Double) -> Double {
    let freedom = Double(cells.count - Set(cells).count)
    return ((dot(centered, centered) + 2 * typical * typical) / (freedom + 2)).squareRoot()
  }
}

extension ScalePosterior {
  /// Draws from a normal approximation at the mode (Laplace's), in pairs that mirror each other, weighed by how much
  /// more likely they are than that says; no weight is larger than √n means (Ionides, *Truncated Importance
  /// Sampling*, J. Comput. Graph. Stat. 17, 2008).
  func draws(_ count: Int, around mode: (logs: [Double], value: Double)) -> [ScaleFit.Draw] {
    let center = mode.logs
    guard count > 1, let factor = curvature(at: center) else {
      return [.init(logs: center, weight: 1)]
    }
    var generator = SeededGenerator(seed: 1, stream: "hyperparameter draws")
    var found: [(logs: [Double], log: Double)] = []
    var normals: [Double] = []
    for index in 0..<count {
      normals =
        index % 2 == 0 ? center.map { _ in generator.normal() } : normals.map { -$0 }
      let step = factor.solveUpper(normals)
      // Where the posterior is flatter than a normal, no farther than the prior goes.
      let logs = center.indices.map { i -> Double in
        guard case .normal(let mean, let deviation) = priors[i] else { return center[i] }
        return min(max(center[i] + step[i], mean - 3 * deviation), mean + 3 * deviation)
      }
      guard let value = value(at: logs)?.value else { continue }
      found.append((logs, value - mode.value + 0.5 * dot(normals, normals)))
    }
    guard !found.isEmpty else { return [.init(logs: center, weight: 1)] }
    let top = found.map(\.log).max()!
    var weights = found.map { exp($0.log - top) }
    let limit = Statistics.mean(weights) * Double(weights.count).squareRoot()
    weights = weights.map { min($0, limit) }
    let total = weights.reduce(0, +)
    return zip(found, weights).map { .init(logs: $0.logs, weight: $1 / total) }
  }

  /// The factor of minus the second derivatives, from differences of the gradient; of what is not positive, with as
  /// much of the priors' own as it takes.
  private func curvature(at center: [Double]) -> Cholesky? {
    guard let here = value(at: center)?.gradient else { return nil }
    let step = 0.02
    var result = Matrix(rows: center.count, columns: center.count)
    for j in center.indices {
      var moved = center
      moved[j] += step
      guard let there = value(at: moved)?.gradient else { return nil }
      for i in center.indices { result[i, j] = (here[i] - there[i]) / step }
    }
    for j in center.indices {
      for i in 0..<j {
        let mean = 0.5 * (result[i, j] + result[j, i])
        (result[i, j], result[j, i]) = (mean, mean)
      }
    }
    let precisions = priors.map { prior -> Double in
      if case .normal(_, let deviation) = prior { 1 / (deviation * deviation) } else { 1 }
    }
    // The likelihood alone can only add to what the prior says.
    for j in center.indices { result[j, j] = max(result[j, j], precisions[j]) }
    var share = 0.0
    while share < 1e4 {
      var candidate = result
      for j in center.indices { candidate[j, j] += share * precisions[j] }
      if let factor = Cholesky(factoring: candidate), factor.jitter == 0 { return factor }
      share = share == 0 ? 0.1 : share * 3
    }
    return nil
  }
}
