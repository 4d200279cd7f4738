import Foundation
import Mixtures
import Numerics

/// Gaussian processes for each held-out domain, and what they say together.
///
/// A domain's loss depends on its own text and on a few others': that is easier to learn for each domain
/// than for a mean over them. Each output has a process of every form of the ensemble, and is predicted by
/// their mean. What the processes get wrong at a mixture they get wrong together, so their errors are
/// correlated as their leave-one-out residuals are: for models a, b and points x, y the posterior
/// covariance is R(a, b) times the product of the rows x and y of the Cholesky factors of the two models'
/// own posterior covariances. That is a covariance for any R that is one. Where the members disagree
/// something is not known that none of them says: the variance of their means is added (the law of total
/// variance; which of them is right counts as the same for all outputs).
package struct CompositeSurrogate: Sendable {
  package let data: SurrogateData
  package let fit: SurrogateFit
  /// One for each member and output, member after member.
  package let models: [OutputModel]
  /// Correlation of the models' errors.
  package let correlation: Matrix
  /// What variances are multiplied by, for leave-one-out residuals to be as large as predicted; at
  /// least one, as hyperparameters have seen the run left out.
  package private(set) var varianceFactor: Double
  /// The runs, in each member's coordinates.
  package let inputs: [EmbeddedMixtures]
  /// Of the coordinates in which every member is smooth: the least of the members'.
  package let exponent: Double

  package var outputs: Int { data.outputs }
  package var members: Int { fit.members.count }
  /// Whether outputs and domains are so many that everything is looked at less often.
  package var isWide: Bool { outputs * data.parts > MixtureSearch.mostTerms }
  package var link: SurrogateForm.Link { fit.members[0].form.link }

  /// Conditions on the data.
  ///
  /// - Returns: nil where a covariance cannot be factored.
  /// - Precondition: at least two finished runs.
  package init?(data: SurrogateData, fit: SurrogateFit) {
    precondition(data.count >= 2, "expected two runs or more, found \(data.count)")
    var models: [OutputModel] = []
    var inputs: [EmbeddedMixtures] = []
    for (index, member) in fit.members.enumerated() {
      func embedded(_ mixtures: [[Double]]) -> EmbeddedMixtures {
        EmbeddedMixtures(
          mixtures, parts: data.parts, exponent: member.form.exponent,
          lawExponent: member.form.lawExponent,
          given: member.form.law == .given ? data.given : nil)
      }
      let finished = embedded(data.mixtures)
      let all = embedded(data.mixtures + data.diverged)
      inputs.append(all)
      for output in 0..<data.outputs {
        let (outcomes, location, scale) = data.standardized(output, link: member.form.link)
        let hyperparameters = Hyperparameters(logs: member.logs[output])
        func model(
          _ inputs: EmbeddedMixtures, _ outcomes: [Double], _ noise: [Double]
        ) -> OutputModel? {
          OutputModel(
            form: member.form, hyperparameters: hyperparameters, inputs: inputs,
            outcomes: outcomes, extraNoise: noise, location: location, scale: scale,
            output: output, member: index)
        }
        let none = outcomes.map { _ in 0.0 }
        guard var found = model(finished, outcomes, none) else { return nil }
        if !data.diverged.isEmpty {
          let (means, covariance) = found.posterior(at: embedded(data.diverged), inputs: finished)
          let sites = CensoredSites(
            means: means, covariance: covariance, threshold: Self.badOutcome(outcomes))
          guard
            let whole = model(
              all, outcomes + sites.outcomes,
              none
                + zip(
                  sites.variances,
                  hyperparameters.noiseVariances(at: embedded(data.diverged))
                ).map { $0 - $1 })
          else { return nil }
          found = whole
        }
        models.append(found)
      }
    }
    self.data = data
    self.fit = fit
    self.models = models
    self.inputs = inputs
    exponent = fit.members.map(\.form.exponent).min()!
    let leftOut = models.map { $0.leaveOneOut() }
    let residuals = zip(models, leftOut).map { model, left in
      (0..<data.count).map {
        (model.outcomes[$0] - left.means[$0]) / left.variances[$0].squareRoot()
      }
    }
    correlation = Self.correlation(
      of: residuals, members: fit.members.count, outputs: data.outputs)
    varianceFactor = Self.varianceFactor(
      models: models, leftOut: leftOut, correlation: correlation, outputs: data.outputs,
      runs: data.count)
  }

  /// The same with the variances that people are told, which a search does not go by.
  ///
  /// Many domains have many hyperparameters, and few runs to learn them from. On RegMix's three tables of 17 domains 95 %
  /// intervals held 88 to 91 % of unseen runs after 20 runs and 90 to 93 % after 40; with this 93 to 95 %. On five domains
  /// nothing changes.
  package var reported: CompositeSurrogate {
    var result = self
    result.varianceFactor *=
      1 + 1.5 * Double(max(data.parts - 5, 0)) / Double(max(data.count, 1))
    return result
  }

  /// What a mixture that makes runs diverge is at least as bad as: the upper quartile of what finished.
  private static func badOutcome(_ outcomes: [Double]) -> Double {
    Statistics.quantile(ofSorted: outcomes.sorted(), 0.75)
  }

  /// The mean square of the standardized residuals of each output's mean over the ensemble, drawn
  /// toward one as by ten more runs that are just right.
  private static func varianceFactor(
    models: [OutputModel], leftOut: [(means: [Double], variances: [Double])], correlation: Matrix,
    outputs: Int, runs: Int
  ) -> Double {
    var square = 0.0
    for output in 0..<outputs {
      let own = models.indices.filter { models[$0].output == output }
      for i in 0..<runs {
        var residual = 0.0
        var variance = 0.0
        let mean = own.reduce(0) { $0 + leftOut[$1].means[i] } / Double(own.count)
        for a in own {
          residual += models[a].outcomes[i] - leftOut[a].means[i]
          variance += Double(own.count) * pow(leftOut[a].means[i] - mean, 2)
          for b in own {
            variance +=
              correlation[a, b] * (leftOut[a].variances[i] * leftOut[b].variances[i]).squareRoot()
          }
        }
        square += residual * residual / max(variance, 1e-300)
      }
    }
    // Leave-one-out has seen the run that is left out when hyperparameters were fitted, the more so the fewer there are.
    // On tables of which 20 and 40 of 192 and 768 runs were learned from, deviations were too small by about 4/n.
    let hindsight = 1 + 4 / Double(max(runs, 4))
    return min(max((square / Double(outputs) + 10) / Double(runs + 10), 1), 4) * hindsight
      * hindsight
  }

  /// The residuals' correlation, drawn toward one that knows only which members and whether outputs
  /// are the same.
  private static func correlation(
    of residuals: [[Double]], members: Int, outputs: Int
  ) -> Matrix {
    let count = residuals.count
    var result = Matrix.identity(count)
    guard count > 1 else { return result }
    let norms = residuals.map { max(dot($0, $0), 1e-300).squareRoot() }
    var within = Matrix.identity(members)
    var across = 0.0
    for a in 0..<count {
      for b in 0..<a {
        let value = dot(residuals[a], residuals[b]) / (norms[a] * norms[b])
        (result[a, b], result[b, a]) = (value, value)
        if a % outputs == b % outputs {
          let (m, n) = (a / outputs, b / outputs)
          within[m, n] += value / Double(outputs)
          within[n, m] = within[m, n]
        } else {
          across += value
        }
      }
    }
    let pairs = count * (count - 1) / 2 - outputs * members * (members - 1) / 2
    across = pairs > 0 ? max(across / Double(pairs), 0) : 0
    // ρ 1 1ᵀ + I ⊗ (W - ρ 1 1ᵀ) is a covariance as long as ρ 1ᵀ W⁻¹ 1 ≤ 1.
    if let cholesky = Cholesky(factoring: within) {
      let ones = [Double](repeating: 1, count: members)
      across = min(across, 0.99 / max(dot(ones, cholesky.solve(ones)), 1))
    }
    let share = Double(outputs) / Double(outputs + residuals[0].count)
    for a in 0..<count {
      for b in 0..<count where a != b {
        let target = a % outputs == b % outputs ? within[a / outputs, b / outputs] : across
        result[a, b] = (1 - share) * result[a, b] + share * target
      }
    }
    return result
  }

  /// In the coordinates of a member.
  package func embedded(_ mixtures: [[Double]], member: Int) -> EmbeddedMixtures {
    let form = fit.members[member].form
    return EmbeddedMixtures(
      mixtures, parts: data.parts, exponent: form.exponent, lawExponent: form.lawExponent,
      given: form.law == .given ? data.given : nil)
  }

  /// Mean loss and the factor from standardized deviations to loss, of one model.
  ///
  /// - Parameter variance: standardized, ``varianceFactor`` not yet applied.
  func loss(_ model: OutputModel, mean: Double, variance: Double) -> (mean: Double, slope: Double) {
    let linked = model.location + model.scale * mean
    switch link {
    case .identity: return (linked, model.scale)
    case .logarithm:
      // The mean of a lognormal variable; its deviation to first order.
      let value = exp(linked + 0.5 * model.scale * model.scale * variance * varianceFactor)
      return (value, value * model.scale)
    case .logit:
      // The median, as no mean of it has a closed form.
      let value = link.loss(linked)
      return (value, model.scale * link.slope(at: value))
    }
  }

  /// What each model counts in Σ cᵈ Lᵈ.
  func modelCoefficients(_ coefficients: [Double]) -> [Double] {
    precondition(
      coefficients.count == outputs,
      "expected \(outputs) coefficients, found \(coefficients.count)")
    return models.map { coefficients[$0.output] / Double(members) }
  }

  /// Every model's mean loss and its deviation, to be combined.
  private func combined(_ losses: [Prediction], _ coefficients: [Double]) -> Prediction {
    let scaled = zip(losses, coefficients).map { $0.deviation * $1 }
    let means = zip(losses, coefficients).map { $0.mean * $1 }
    let variance = dot(scaled, correlation.times(scaled))
    let apart = disagreement(means)
    return Prediction(
      mean: means.reduce(0, +), deviation: (max(variance, 0) + dot(apart, apart)).squareRoot())
  }

  /// How far each member's sum lies from that of all, over the root of their number: the squares add up
  /// to the variance among members.
  ///
  /// - Parameter means: what each model's mean adds to the sum of all.
  func disagreement(_ means: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: members)
    for (model, mean) in zip(models, means) { sums[model.member] += mean }
    return disagreement(ofMembers: sums)
  }

  /// - Parameter sums: what each member adds to the sum of all.
  func disagreement(ofMembers sums: [Double]) -> [Double] {
    let count = Double(sums.count)
    let mean = sums.reduce(0, +) / count
    return sums.map { ($0 - mean) * count.squareRoot() }
  }

  /// Independent normal numbers for draws of which member is right: none if there is only one.
  var tiltDimensions: Int { members > 1 ? members : 0 }

  /// What each member's mean counts in a draw beside its share, (members, draws): less or more, and nothing in
  /// all, so that what draws add is as large as the members' ``disagreement(_:)``.
  ///
  /// - Parameter normals: (``tiltDimensions``, draws).
  func tilts(_ normals: Matrix) -> Matrix {
    var result = Matrix(rows: members, columns: normals.columns)
    guard members > 1 else { return result }
    let count = Double(members)
    for j in 0..<normals.columns {
      let column = normals.column(j)
      let mean = column.reduce(0, +) / count
      for m in 0..<members { result[m, j] = (column[m] - mean) / count.squareRoot() }
    }
    return result
  }

  /// A model's loss where its standardized function is as given.
  func loss(_ model: OutputModel, of value: Double) -> Double {
    let linked = model.location + model.scale * value
    return link.loss(linked)
  }

  /// [mixture][model].
  private func modelLosses(at mixtures: [[Double]]) -> [[Prediction]] {
    // In parts that stay in the cache, where there is much to each.
    if isWide, mixtures.count > 128 {
      return stride(from: 0, to: mixtures.count, by: 128).flatMap {
        modelLosses(at: Array(mixtures[$0..<min($0 + 128, mixtures.count)]))
      }
    }
    let points = fit.members.indices.map { embedded(mixtures, member: $0) }
    var result = mixtures.map { _ in [Prediction]() }
    for model in models {
      let (means, variances) = model.marginals(
        at: points[model.member], inputs: inputs[model.member])
      for x in mixtures.indices {
        result[x].append(prediction(model, mean: means[x], variance: variances[x]))
      }
    }
    return result
  }

  private func leaveOneOutModelLosses() -> [[Prediction]] {
    var result = (0..<data.count).map { _ in [Prediction]() }
    for model in models {
      let (means, variances) = model.leaveOneOut()
      for i in 0..<data.count {
        result[i].append(prediction(model, mean: means[i], variance: variances[i]))
      }
    }
    return result
  }

  private func prediction(_ model: OutputModel, mean: Double, variance: Double) -> Prediction {
    let (value, slope) = loss(model, mean: mean, variance: variance)
    return Prediction(
      mean: value, deviation: slope * (variance * varianceFactor).squareRoot())
  }

  private func unit(_ output: Int) -> [Double] { (0..<outputs).map { $0 == output ? 1 : 0 } }

  /// The expected loss of every output at each mixture, the noise of a run not included:
  /// [mixture][output].
  package func losses(at mixtures: [[Double]]) -> [[Prediction]] {
    modelLosses(at: mixtures).map { losses in
      (0..<outputs).map { combined(losses, modelCoefficients(unit($0))) }
    }
  }

  /// Σ cᵈ Lᵈ at each mixture, the noise of a run not included.
  package func weightedSum(_ coefficients: [Double], at mixtures: [[Double]]) -> [Prediction] {
    let coefficients = modelCoefficients(coefficients)
    return modelLosses(at: mixtures).map { combined($0, coefficients) }
  }

  /// Σ cᵈ Lᵈ of each finished run as the others predict it, its noise included.
  package func leaveOneOut(_ coefficients: [Double]) -> [Prediction] {
    let coefficients = modelCoefficients(coefficients)
    return leaveOneOutModelLosses().map { combined($0, coefficients) }
  }

  /// Of each model at a mixture, or where mixtures are as uneven as most; standardized.
  func noiseVariances(at mixture: [Double]?) -> [Double] {
    models.map { model in
      mixture.map {
        model.hyperparameters.noiseVariances(at: embedded([$0], member: model.member))[0]
      } ?? model.hyperparameters.noiseVariance
    }
  }

  /// The standard deviation of a run's own noise in Σ cᵈ Lᵈ, at the losses given.
  ///
  /// - Parameter mixture: as uneven as most if nil.
  package func noiseDeviation(
    _ coefficients: [Double], losses: [Double], at mixture: [Double]? = nil
  ) -> Double {
    let noise = zip(models, noiseVariances(at: mixture)).map { model, variance in
      let factor = link.slope(at: losses[model.output])
      return Prediction(mean: 0, deviation: factor * model.scale * variance.squareRoot())
    }
    return combined(noise, modelCoefficients(coefficients)).deviation
      * varianceFactor.squareRoot()
  }
}
