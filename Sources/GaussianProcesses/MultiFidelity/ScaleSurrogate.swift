import Foundation
import Mixtures
import Numerics

/// What is predicted for the target, whatever the model.
package protocol TargetSurrogate: Sendable {
  /// The expected loss of every output at the target, a run's noise not included: [mixture][output].
  func targetLosses(at mixtures: [[Double]]) -> [[Prediction]]

  /// A function of them.
  func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction]
}

/// Something to be predicted: a mixture's loss at a fidelity, of a run or of what its runs have in common.
package struct ScaleQuery: Sendable, Hashable {
  package var weights: [Double]
  package var cell: ScaleCell
  /// A run of the data whose noise it shares, or a number that no run of the data has for a run to come; nil without
  /// a run's noise.
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
/// known. Deviations are such that 95 % of Student's distribution is within 1.96 of them.
package struct ScaleSurrogate: TargetSurrogate {
  package let data: ScaleData
  package let fit: ScaleFit
  let models: [ScaleModel]
  /// From a normal distribution's to Student's deviations.
  let stretch: Double
  /// What variances are multiplied by besides, see ``ScaleCalibration``.
  package var calibration = 1.0

  package var outputs: Int { data.outputs }
  package var exponent: Double { ScaleInputs.exponent }

  /// Conditions on the data.
  ///
  /// - Returns: nil where no covariance can be factored.
  /// - Precondition: a run.
  package init?(data: ScaleData, fit: ScaleFit) {
    precondition(data.count > 0, "expected a run")
    let inputs = ScaleInputs(data)
    let outcomes = Matrix(columns: (0..<data.outputs).map { fit.standardized(data, output: $0) })
    models = fit.draws.compactMap {
      ScaleModel(draw: $0, unit: fit.unit, inputs: inputs, outcomes: outcomes, runs: data.count)
    }
    guard !models.isEmpty else { return nil }
    self.data = data
    self.fit = fit
    let freedom = Double(data.count) + ScalePosterior.priorRuns
    stretch =
      StudentT(degreesOfFreedom: freedom).quantile(0.975) / 1.959_963_984_540_054
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
    let inputs = inputs(queries)
    let parts = models.map { $0.posterior(inputs, isJoint: true) }
    return mixed(parts, function, queries)
  }

  /// The same for each query by itself.
  package func marginals(_ function: LossFunction, at queries: [ScaleQuery]) -> [Prediction] {
    let inputs = inputs(queries)
    let parts = models.map { $0.posterior(inputs, isJoint: false) }
    let joint = mixed(parts, function, queries)
    return queries.indices.map {
      Prediction(mean: joint.means[$0], deviation: max(joint.covariance[$0, 0], 0).squareRoot())
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
  package func field(
    _ function: LossFunction, at queries: [ScaleQuery],
    reference: ((_ means: [Double]) -> Int)? = nil
  ) -> Field {
    let inputs = inputs(queries)
    let count = queries.count
    let parts = models.map { $0.posterior(inputs, isJoint: false) }
    let joint = mixed(parts, function, queries)
    let place =
      reference?(joint.means)
      ?? joint.means.indices.min { (joint.means[$0], $0) < (joint.means[$1], $1) }!
    let one = self.inputs([queries[place]])
    var variances = [Double](repeating: 0, count: count)
    let mean = joint.means.map { $0 - joint.means[place] }
    for (m, model) in models.enumerated() {
      let (values, slopes) = parts[m].linearized(fit, function, queries)
      let own = parts[m].solved.submatrix(
        rows: Array(0..<parts[m].solved.rows), columns: [place])
      let cross = model.kernel.covariance(inputs, one)
      let explained = parts[m].solved.times(own, transposingSelf: true)
      let pulled = slopes.times(model.spread)
      let share = shares[m]
      func factor(_ a: Int, _ b: Int) -> Double {
        (0..<slopes.columns).reduce(0) { $0 + pulled[a, $1] * slopes[b, $1] }
      }
      let ownVariance = parts[m].covariance[place, 0] * factor(place, place)
      for q in 0..<count where q != place {
        let variance =
          parts[m].covariance[q, 0] * factor(q, q) + ownVariance
          - 2 * (cross[q, 0] - explained[q, 0]) * factor(q, place)
        let apart = values[q] - values[place] - mean[q]
        variances[q] += share * (max(variance, 0) + apart * apart)
      }
    }
    let scale = stretch * calibration.squareRoot()
    return Field(
      values: (0..<count).map {
        Prediction(mean: joint.means[$0], deviation: max(joint.covariance[$0, 0], 0).squareRoot())
      }, reference: place,
      differences: (0..<count).map {
        Prediction(mean: mean[$0], deviation: scale * variances[$0].squareRoot())
      })
  }

  /// Mean over draws: their covariances and, as it is not known which is right, that of their means.
  private func mixed(
    _ parts: [ScaleModel.Posterior], _ function: LossFunction, _ queries: [ScaleQuery]
  ) -> Joint {
    let count = queries.count
    let values = zip(models, parts).map { $1.values(fit, function, queries, $0) }
    var means = [Double](repeating: 0, count: count)
    for (share, value) in zip(shares, values) {
      for i in 0..<count { means[i] += share * value.means[i] }
    }
    let columns = parts.first?.covariance.columns ?? 0
    var covariance = Matrix(rows: count, columns: columns)
    for (share, value) in zip(shares, values) {
      for j in 0..<columns {
        for i in 0..<count {
          let other = columns == count && count > 1 ? j : i
          covariance[i, j] +=
            share
            * (value.covariance[i, j]
              + (value.means[i] - means[i]) * (value.means[other] - means[other]))
        }
      }
    }
    let factor = stretch * stretch * calibration
    for at in covariance.elements.indices { covariance.elements[at] *= factor }
    return Joint(means: means, covariance: covariance)
  }

  func inputs(_ queries: [ScaleQuery]) -> ScaleInputs {
    ScaleInputs(queries, parts: data.parts)
  }

  // MARK: The target

  /// What is asked of mixtures at the target: a run of each, where the target is of runs.
  package func targetQueries(_ mixtures: [[Double]]) -> [ScaleQuery] {
    // Looked up only: the order of a dictionary is never seen.
    var known: [[Double]: Int] = [:]
    if data.target.isOfRuns {
      for (index, run) in data.runs.enumerated().reversed()
      where run.parameters == data.target.parameters { known[run.weights] = index }
    }
    return mixtures.enumerated().map { place, weights in
      ScaleQuery(
        weights: weights, cell: .target,
        run: data.target.isOfRuns ? known[weights] ?? data.count + place : nil)
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

  func unit(_ output: Int) -> LossFunction {
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

extension ScaleInputs {
  init(_ queries: [ScaleQuery], parts: Int) {
    // Looked up only: the order of a dictionary is never seen.
    var places: [[Double]: Int] = [:]
    var cellPlaces: [ScaleCell: Int] = [:]
    var mixtures: [[Double]] = []
    var cells: [ScaleCell] = []
    var points: [Point] = []
    for query in queries {
      let mixture = places[query.weights] ?? mixtures.count
      if mixture == mixtures.count {
        places[query.weights] = mixture
        mixtures.append(query.weights)
      }
      let cell = cellPlaces[query.cell] ?? cells.count
      if cell == cells.count {
        cellPlaces[query.cell] = cell
        cells.append(query.cell)
      }
      points.append(Point(mixture: mixture, cell: cell, run: query.run))
    }
    self.init(
      mixtures: EmbeddedMixtures(mixtures, parts: parts, exponent: Self.exponent), cells: cells,
      points: points)
  }
}
