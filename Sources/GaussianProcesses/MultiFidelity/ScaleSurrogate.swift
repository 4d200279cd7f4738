import Foundation
import Mixtures
import Numerics

/// What is predicted for the target, whatever the model.
package protocol TargetSurrogate: Sendable {
  /// The expected loss of every output at the target, a run's noise not included but where runs are judged:
  /// [mixture][output].
  func targetLosses(at mixtures: [[Double]]) -> [[Prediction]]

  /// A function of them.
  func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction]
}

/// Something to be predicted: a mixture's loss at a fidelity, of a run or of what its runs have in common.
package struct ScaleQuery: Sendable, Hashable {
  package var weights: [Double]
  package var cell: ScaleCell
  /// A run of the data whose noise it shares (and jitter, at a fidelity where that run was measured), or a number that no run
  /// of the data has for a run to come; nil without a run's noise.
  package var run: Int?

  package init(weights: [Double], cell: ScaleCell, run: Int? = nil) {
    self.weights = weights
    self.cell = cell
    self.run = run
  }
}

/// A process of each held-out domain's loss over mixtures, sizes and lengths, and what they say together of the
/// target: see ``ScaleHyperparameters``.
///
/// Predictions are means over draws of the hyperparameters. Outputs share the shape of their covariance, and have a
/// covariance with one another that is estimated from what was left of each measurement once those before it were
/// known; but for the level of the target, see ``ScaleFit/levels``. Deviations are such that 95 % of Student's distribution
/// is within 1.96 of them.
package struct ScaleSurrogate: TargetSurrogate {
  package let data: ScaleData
  package let fit: ScaleFit
  let models: [ScaleModel]
  /// From a normal distribution's to Student's deviations.
  let stretch: Double
  /// The mean of up to sixteen mixtures that were run, at the target: what all mixtures share there.
  /// Nil only until it is made, which takes the rest.
  private var common: Common?

  package var outputs: Int { data.outputs }
  /// The mixtures whose mean is what all share.
  var commonMixtures: [[Double]] { common?.queries.map(\.weights) ?? [] }
  /// Of each draw how much of that is the level, 0 to 1.
  var levelShares: [Double] { common?.levelShares ?? [] }
  package var exponent: Double { ScaleInputs.exponent }

  /// Conditions on the data.
  ///
  /// - Returns: nil where no covariance can be factored.
  /// - Precondition: a run.
  package init?(data: ScaleData, fit: ScaleFit) {
    precondition(data.count > 0, "expected a run")
    let inputs = ScaleInputs(data, fit.repetition)
    let outcomes = Matrix(columns: (0..<data.outputs).map { fit.standardized(data, output: $0) })
    let expected = fit.priors(of: data)
    models = fit.draws.compactMap {
      ScaleModel(
        draw: $0, of: fit, inputs: inputs, outcomes: outcomes, expected: expected)
    }
    guard !models.isEmpty else { return nil }
    self.data = data
    self.fit = fit
    let freedom = Double(data.count) + ScalePosterior.priorRuns
    stretch =
      StudentT(degreesOfFreedom: freedom).quantile(0.975) / Normal.half95
    common = Common(self)
  }

  /// What the draws count that could be conditioned.
  var shares: [Double] {
    let total = models.reduce(0) { $0 + $1.weight }
    return models.map { $0.weight / total }
  }

  // MARK: Joint predictions

  /// Of a function of the losses at each query, jointly.
  package struct Joint: Sendable {
    /// Of each query.
    package var means: [Double]
    /// (q, q), both triangles.
    package var covariance: Matrix
  }

  /// The distribution of a function of the losses at some queries, the function taken to first order about the means.
  package func joint(_ function: LossFunction, at queries: [ScaleQuery]) -> Joint {
    mixed(parts(function, queries, isJoint: true), function, queries)
  }

  /// The same for each query by itself. What earlier forecasts of the target were found to miss widens what is predicted
  /// there, whatever else is asked for with it.
  package func marginals(_ function: LossFunction, at queries: [ScaleQuery]) -> [Prediction] {
    var result = [Prediction](repeating: Prediction(mean: 0, deviation: 0), count: queries.count)
    for isTarget in [true, false] {
      let places = queries.indices.filter { (queries[$0].cell == .target) == isTarget }
      guard !places.isEmpty else { continue }
      let own = places.map { queries[$0] }
      let found = predictions(mixed(parts(function, own, isJoint: false), function, own))
      for (place, prediction) in zip(places, found) { result[place] = prediction }
    }
    return result
  }

  private func predictions(_ joint: Joint) -> [Prediction] {
    zip(joint.means, joint.covariance.column(0)).map {
      Prediction(mean: $0, deviation: max($1, 0).squareRoot())
    }
  }

  /// What one draw says, and the function to first order about its means.
  private struct Part {
    var posterior: ScaleModel.Posterior
    var means: [Double]
    /// (q, d).
    var slopes: Matrix
  }

  private func parts(
    _ function: LossFunction, _ queries: [ScaleQuery], isJoint: Bool
  ) -> [Part] {
    let inputs = inputs(queries)
    return models.map {
      let posterior = $0.posterior(inputs, isJoint: isJoint)
      let (means, slopes) = posterior.linearized(fit, function, queries)
      return Part(posterior: posterior, means: means, slopes: slopes)
    }
  }

  /// What is predicted at each query, and how much it is above that at one of them, whose level cancels.
  package struct Field: Sendable {
    package var values: [Prediction]
    /// The query that others are compared with.
    package var reference: Int
    package var differences: [Prediction]
  }

  /// - Parameter reference: chooses from the means; if nil, the query of the lowest.
  /// - Precondition: a query.
  package func field(
    _ function: LossFunction, at queries: [ScaleQuery],
    reference: ((_ means: [Double]) -> Int)? = nil
  ) -> Field {
    precondition(!queries.isEmpty, "expected a query")
    let inputs = inputs(queries)
    let count = queries.count
    let parts = parts(function, queries, isJoint: false)
    let joint = mixed(parts, function, queries)
    let place =
      reference?(joint.means)
      ?? joint.means.indices.min { (joint.means[$0], $0) < (joint.means[$1], $1) }!
    let one = self.inputs([queries[place]])
    var variances = [Double](repeating: 0, count: count)
    for ((model, part), share) in zip(zip(models, parts), shares) {
      let solved = part.posterior.solved
      let cross = model.kernel.covariance(inputs, one)
      let explained = solved.times(solved.column(place), transposingSelf: true)
      let own = part.slopes.times(model.spread)
      let pulled = own.times(part.slopes.row(place))
      let covariance = part.posterior.covariance(slopes: part.slopes, model)
      for q in 0..<count where q != place {
        let variance =
          covariance[q, 0] + covariance[place, 0] - 2 * (cross[q, 0] - explained[q]) * pulled[q]
        let apart =
          part.means[q] - part.means[place] - (joint.means[q] - joint.means[place])
        variances[q] += share * (max(variance, 0) + apart * apart)
      }
    }
    let scale = stretch * fit.factors.contrast.squareRoot()
    return Field(
      values: predictions(joint), reference: place,
      differences: (0..<count).map {
        Prediction(
          mean: joint.means[$0] - joint.means[place],
          deviation: scale * variances[$0].squareRoot())
      })
  }

  /// Mean over draws: their covariances and, as it is not known which is right, that of their means.
  private func mixed(
    _ parts: [Part], _ function: LossFunction, _ queries: [ScaleQuery]
  ) -> Joint {
    let count = parts[0].means.count
    var means = [Double](repeating: 0, count: count)
    for (share, part) in zip(shares, parts) {
      for i in 0..<count { means[i] += share * part.means[i] }
    }
    let columns = parts[0].posterior.covariance.columns
    var covariance = Matrix(rows: count, columns: columns)
    for ((share, part), model) in zip(zip(shares, parts), models) {
      let own = part.posterior.covariance(slopes: part.slopes, model)
      for j in 0..<columns {
        for i in 0..<count {
          let other = columns == count && count > 1 ? j : i
          covariance.elements[i + j * count] +=
            share
            * (own.elements[i + j * count]
              + (part.means[i] - means[i]) * (part.means[other] - means[other]))
        }
      }
    }
    if let common, queries.allSatisfy({ $0.cell == .target }) {
      let shared = covariances(common, parts, means, function, queries)
      let areKnown = queries.map(isMeasured)
      for j in 0..<columns {
        for i in 0..<count {
          let other = columns == count && count > 1 ? j : i
          // What was measured is no forecast, and as sure as it is. Jointly, what is shared is left to cancel in differences.
          if columns == 1, areKnown[i] { continue }
          let at = i + j * count
          covariance.elements[at] = shared.factors.applied(
            to: covariance.elements[at], with: shared.each[i] + shared.each[other],
            shared: shared.own)
        }
      }
    }
    let factor = stretch * stretch
    for at in covariance.elements.indices { covariance.elements[at] *= factor }
    return Joint(means: means, covariance: covariance)
  }

  private struct Common: Sendable {
    let queries: [ScaleQuery]
    let inputs: ScaleInputs
    /// Of each draw, of all queries.
    let posteriors: [ScaleModel.Posterior]
    /// Of each draw the mean of L⁻¹ K(measurements, queries), n.
    let solved: [[Double]]
    /// Of each draw how much of what all share is the level: see ``ScaleModel/levelShare(solved:variance:)``.
    let levelShares: [Double]

    init(_ surrogate: ScaleSurrogate) {
      var mixtures: [[Double]] = []
      for run in surrogate.data.runs where mixtures.count < 16 && !mixtures.contains(run.weights) {
        mixtures.append(run.weights)
      }
      // The noise of runs that nobody made is not shared.
      let made = surrogate.data.count
      queries = surrogate.targetQueries(mixtures).map { query in
        var query = query
        if let run = query.run, run >= made { query.run = nil }
        return query
      }
      inputs = surrogate.inputs(queries)
      let inputs = inputs
      posteriors = surrogate.models.map { $0.posterior(inputs, isJoint: true) }
      let even = mixtures.map { _ in 1 / Double(mixtures.count) }
      let means = posteriors.map { $0.solved.times(even) }
      solved = means
      let pairs = Double(mixtures.count * mixtures.count)
      levelShares = zip(surrogate.models, zip(posteriors, means)).map { model, found in
        model.levelShare(
          solved: found.1, variance: found.0.covariance.elements.reduce(0, +) / pairs)
      }
    }
  }

  /// Of the function at some queries with its mean over what is common, the variance of that, and what variances are
  /// multiplied by.
  private func covariances(
    _ common: Common, _ parts: [Part], _ means: [Double], _ function: LossFunction,
    _ queries: [ScaleQuery]
  ) -> (each: [Double], own: Double, factors: VarianceFactors) {
    let inputs = inputs(queries)
    let linear = common.posteriors.map { $0.linearized(fit, function, common.queries) }
    let levels = linear.map { Statistics.mean($0.means) }
    let level = zip(shares, levels).reduce(0) { $0 + $1.0 * $1.1 }
    var each = queries.map { _ in 0.0 }
    var own = 0.0
    let even = [Double](repeating: 1 / Double(common.queries.count), count: common.queries.count)
    let slopes = linear.map { $0.slopes.times(even, transposingSelf: true) }
    var calibration = fit.factors
    calibration.level *= levelFactor(common, slopes: slopes)
    for (m, model) in models.enumerated() {
      let (part, share, apart) = (parts[m], shares[m], levels[m] - level)
      let cross = model.kernel.covariance(inputs, common.inputs)
      let explained = part.posterior.solved.times(common.solved[m], transposingSelf: true)
      let factors = part.slopes.times(model.spread.times(slopes[m]))
      let sums = cross.times(even)
      for q in queries.indices {
        each[q] +=
          share * ((sums[q] - explained[q]) * factors[q] + (part.means[q] - means[q]) * apart)
      }
      let covariance = common.posteriors[m].covariance(slopes: linear[m].slopes, model)
      let mean = dot(even, covariance.times(even))
      own += share * (mean + apart * apart)
    }
    return (each, own, calibration)
  }

  /// The variance of a function's level over what it would be if levels went together as contrasts do, whose covariance
  /// is estimated and says nothing of levels.
  ///
  /// - Parameter slopes: of the function at what is common, the mean, of each draw each output.
  private func levelFactor(_ common: Common, slopes: [[Double]]) -> Double {
    let levels = fit.levels
    var result = 0.0
    for (m, model) in models.enumerated() {
      let told = dot(slopes[m], model.spread.times(slopes[m]))
      let ratio = told > 0 ? dot(slopes[m], levels.times(slopes[m])) / told : 1
      result += shares[m] * (1 + common.levelShares[m] * (ratio - 1))
    }
    return result
  }

  func inputs(_ queries: [ScaleQuery]) -> ScaleInputs {
    ScaleInputs(queries, parts: data.parts, fit.repetition)
  }

  // MARK: The target

  /// What is asked of mixtures at the target: a run of each, where the target is of runs.
  package func targetQueries(_ mixtures: [[Double]]) -> [ScaleQuery] {
    guard data.target.isOfRuns else {
      return mixtures.map { ScaleQuery(weights: $0, cell: .target) }
    }
    // Looked up only: the order of a dictionary is never seen.
    var numbers: [[Double]: Int] = [:]
    for (index, run) in data.runs.enumerated().reversed()
    where run.parameters == data.target.parameters { numbers[run.weights] = index }
    return mixtures.enumerated().map { place, weights in
      let number = numbers[weights] ?? data.count + place
      numbers[weights] = number
      return ScaleQuery(weights: weights, cell: .target, run: number)
    }
  }

  /// Whether a run that is judged is there.
  private func isMeasured(_ query: ScaleQuery) -> Bool {
    guard data.target.isOfRuns, let number = query.run, number < data.count else { return false }
    let run = data.runs[number]
    return run.tokens.contains {
      data.cell(parameters: run.parameters, tokens: $0) == query.cell
    }
  }

  package func targetLosses(at mixtures: [[Double]]) -> [[Prediction]] {
    let queries = targetQueries(mixtures)
    let outputs = (0..<data.outputs).map { output in
      marginals(unit(output), at: queries)
    }
    return mixtures.indices.map { x in outputs.map { $0[x] } }
  }

  package func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction] {
    marginals(function, at: targetQueries(mixtures))
  }

  /// One output's loss.
  package func unit(_ output: Int) -> LossFunction {
    LossFunction(coefficients: (0..<data.outputs).map { $0 == output ? 1 : 0 })
  }

  // MARK: Anywhere

  private func queries(
    _ mixture: [Double], _ parameters: Double, _ tokens: [Double], ofRuns: Bool
  ) -> [ScaleQuery] {
    tokens.map {
      ScaleQuery(
        weights: mixture, cell: data.cell(parameters: parameters, tokens: $0),
        run: ofRuns ? data.count : nil)
    }
  }

  /// A run's losses at some lengths, as it would be measured or without its noise: [length][output].
  package func losses(
    at mixture: [Double], parameters: Double, tokens: [Double], ofRuns: Bool
  ) -> [[Prediction]] {
    let queries = queries(mixture, parameters, tokens, ofRuns: ofRuns)
    let outputs = (0..<data.outputs).map { marginals(unit($0), at: queries) }
    return tokens.indices.map { x in outputs.map { $0[x] } }
  }

  /// A function of a run's losses at some lengths.
  package func values(
    of function: LossFunction, at mixture: [Double], parameters: Double, tokens: [Double],
    ofRuns: Bool
  ) -> [Prediction] {
    marginals(function, at: queries(mixture, parameters, tokens, ofRuns: ofRuns))
  }
}
