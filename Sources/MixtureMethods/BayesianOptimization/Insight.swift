import GaussianProcesses
import Mixtures
import Numerics

/// What a model has learned: what each domain is worth, how sure the choice is, how well it predicts.
package struct Insight: Sendable {
  /// How one held-out domain's loss changes as one training domain's weight does.
  package struct Effect: Sendable, Hashable {
    /// The training domain whose weight moves; the others keep their proportions.
    package var domain: String
    package var heldOut: String
    /// By how much the weight moves: `step` up, or less where the simplex ends.
    package var weightChange: Double
    /// In nats per token; below zero where more of the domain helps.
    package var lossChange: Prediction

    package init(domain: String, heldOut: String, weightChange: Double, lossChange: Prediction) {
      self.domain = domain
      self.heldOut = heldOut
      self.weightChange = weightChange
      self.lossChange = lossChange
    }
  }

  /// The objective along a line through the optimum on which one domain's weight goes from 0 to 1 and
  /// the others keep their proportions.
  package struct Slice: Sendable {
    package var domain: String
    package var points: [(weight: Double, objective: Prediction)]

    package init(domain: String, points: [(weight: Double, objective: Prediction)]) {
      self.domain = domain
      self.points = points
    }
  }

  /// One of the mixtures that were to be compared.
  package struct Candidate: Sendable {
    package var mixture: Mixture
    package var objective: Prediction
    /// That it is the best of those compared.
    package var probabilityOfBest: Double
    /// How much it is expected to lose against the best of all mixtures, in nats per token.
    package var expectedRegret: Double

    package init(
      mixture: Mixture, objective: Prediction, probabilityOfBest: Double, expectedRegret: Double
    ) {
      self.mixture = mixture
      self.objective = objective
      self.probabilityOfBest = probabilityOfBest
      self.expectedRegret = expectedRegret
    }
  }

  /// A finished trial and what the model says of it from all others.
  package struct LeaveOneOut: Sendable {
    package var mixture: Mixture
    package var observed: Double
    /// The noise of a run included: 95 % of the intervals hold the value observed.
    package var predicted: Prediction

    package init(mixture: Mixture, observed: Double, predicted: Prediction) {
      self.mixture = mixture
      self.observed = observed
      self.predicted = predicted
    }
  }

  package var optimum: Recommendation
  /// Every held-out domain's predicted loss at the optimum.
  package var losses: [(heldOut: String, loss: Prediction)]
  /// A weight's rise at the optimum, each training domain on each held-out one.
  package var effects: [Effect]
  /// The same rises' effect on the objective.
  package var objectiveEffects: [(domain: String, weightChange: Double, change: Prediction)]
  /// What the same rises do on average over mixtures spread evenly over the simplex.
  package var averageEffects: [Effect]
  /// The same rises' average effect on the objective.
  package var averageObjectiveEffects: [(domain: String, weightChange: Double, change: Prediction)]
  package var slices: [Slice]
  /// The optimum first, then the candidates that were given.
  package var candidates: [Candidate]
  package var leaveOneOut: [LeaveOneOut]
  /// The standard deviation of a run's own noise in the objective.
  package var noise: Double
  /// The model itself, to be asked of any mixture.
  package var model: ObjectiveModel?
  /// What the optimum changes against the mixture that is nearest to equal shares; nil where it was not
  /// asked.
  package var comparison: Comparison?

  /// How losses change from one mixture to another.
  package struct Comparison: Sendable {
    package var reference: Mixture
    /// Of every held-out domain: above zero where it pays.
    package var losses: [(heldOut: String, change: Prediction)]
    package var objective: Prediction
  }

  package init(
    optimum: Recommendation, losses: [(heldOut: String, loss: Prediction)], effects: [Effect],
    objectiveEffects: [(domain: String, weightChange: Double, change: Prediction)],
    averageEffects: [Effect] = [],
    averageObjectiveEffects: [(domain: String, weightChange: Double, change: Prediction)] = [],
    slices: [Slice], candidates: [Candidate], leaveOneOut: [LeaveOneOut], noise: Double
  ) {
    self.optimum = optimum
    self.losses = losses
    self.effects = effects
    self.objectiveEffects = objectiveEffects
    self.averageEffects = averageEffects
    self.averageObjectiveEffects = averageObjectiveEffects
    self.slices = slices
    self.candidates = candidates
    self.leaveOneOut = leaveOneOut
    self.noise = noise
  }

  /// - Parameters:
  ///   - outputs: names of the surrogate's outputs.
  ///   - function: the objective, of these.
  ///   - step: by how much weights rise.
  init?(
    surrogate: CompositeSurrogate, outputs: [String], function: LossFunction,
    context: MethodContext, optimum: Recommendation, candidates: [Mixture], step: Double = 0.05
  ) {
    let domains = context.domains
    let center = optimum.mixture.weights
    model = ObjectiveModel(
      domains: domains, outputs: outputs, surrogate: surrogate, function: function,
      feasible: context.feasible, pool: context.pool)
    let atCenter = surrogate.losses(at: [center])[0]
    self.optimum = optimum
    losses = zip(outputs, atCenter).map { ($0, $1) }
    effects = []
    objectiveEffects = []
    averageEffects = []
    averageObjectiveEffects = []
    // Enough of them that their mean hardly moves with the choice, as long as each costs little.
    let spread = SobolSequence.simplexPoints(
      parts: domains.count, count: surrogate.isWide ? 4 : 16, seed: context.seed)
    for (j, domain) in domains.enumerated() where domains.count > 1 {
      let change = min(step, 1 - center[j])
      guard change > 1e-6 else { continue }
      func effect(from starts: [[Double]], by change: Double) -> (
        [Effect], Prediction
      )? {
        let pairs = starts.map { ($0, Self.moved($0, j, to: min($0[j] + change, 1))) }
        return surrogate.change(over: pairs, in: function.unguarded).map { found in
          (
            zip(outputs, found.outputs).map {
              Effect(domain: domain, heldOut: $0, weightChange: change, lossChange: $1)
            }, found.function
          )
        }
      }
      guard let (each, sum) = effect(from: [center], by: change),
        let (averages, averageSum) = effect(from: spread, by: step)
      else { return nil }
      effects += each
      objectiveEffects.append((domain, change, sum))
      averageEffects += averages
      averageObjectiveEffects.append((domain, step, averageSum))
    }
    slices = model!.slices(through: optimum.mixture)
    let compared = [optimum.mixture] + candidates.filter { $0 != optimum.mixture }
    guard
      let chances = surrogate.chances(
        of: compared.map(\.weights), in: function, feasible: context.feasible,
        pool: context.pool?.map(\.weights), seed: context.seed)
    else { return nil }
    let predictions = surrogate.values(of: function.unguarded, at: compared.map(\.weights))
    self.candidates = compared.indices.map {
      Candidate(
        mixture: compared[$0], objective: predictions[$0],
        probabilityOfBest: chances[$0].probabilityOfBest,
        expectedRegret: chances[$0].expectedRegret)
    }
    let predicted = surrogate.leaveOneOut(function)
    leaveOneOut = surrogate.data.mixtures.indices.map { i in
      LeaveOneOut(
        mixture: Mixture(domains: domains, proportionalTo: surrogate.data.mixtures[i]),
        observed: function.value(of: surrogate.data.losses.row(i)), predicted: predicted[i])
    }
    noise = surrogate.noiseDeviation(function.unguarded, losses: atCenter.map(\.mean))
    let even = [Double](repeating: 1 / Double(domains.count), count: domains.count)
    let reference = context.feasible.nearest(to: even)
    if let found = surrogate.change(over: [(reference, center)], in: function.unguarded) {
      comparison = Comparison(
        reference: Mixture(domains: domains, proportionalTo: reference),
        losses: zip(outputs, found.outputs).map { ($0, $1) }, objective: found.function)
    }
  }

  /// The mixture with one weight changed and the others in their proportions; even ones where they
  /// have none.
  static func moved(_ mixture: [Double], _ index: Int, to weight: Double) -> [Double] {
    let others = 1 - mixture[index]
    return mixture.indices.map {
      if $0 == index { return weight }
      return others > 1e-9
        ? mixture[$0] * (1 - weight) / others : (1 - weight) / Double(mixture.count - 1)
    }
  }
}
