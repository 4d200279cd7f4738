import GaussianProcesses
import Mixtures
import Numerics

/// Something that proposes mixtures and learns from what became of them.
///
/// What it proposes is a function of its context, the observations in their order, the mixtures under way
/// and the ordinal alone: a study that was killed and is resumed proposes what it would have proposed.
package protocol MixtureMethod: Sendable {
  /// Takes in trials that have finished since the last call.
  mutating func update(with observations: [Observation])

  /// The mixture to try next; changes no state.
  ///
  /// - Parameters:
  ///   - pending: the mixtures of this method's trials that are under way.
  ///   - ordinal: the number that the trial will have among those of this method, from 0.
  /// - Returns: nil when a fixed method has nothing more to try.
  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion?

  /// The mixtures that it would hand over now, best first, no two alike.
  ///
  /// - Returns: at most `count`; none before anything has finished.
  func recommendations(_ count: Int) -> [Recommendation]

  /// The same with what its model says of their chances and regrets, where it has one.
  func assessed(_ recommendations: [Recommendation]) -> [Recommendation]

  /// How sure its model is of what it would hand over first; nil where it has no model.
  func certainty() -> Certainty?

  /// What its model has learned of the domains; nil where it has no model.
  ///
  /// - Parameter candidates: mixtures to be compared, e.g. the finalists.
  func insight(comparing candidates: [Mixture]) -> Insight?

  /// Whether each proposal needs the outcomes of all before it, so that none can be under way beside
  /// another.
  var waitsForOutcomes: Bool { get }

  /// What its model says of the objective at each mixture; nil where it has no model, or none yet. The
  /// deviations of a model that gives none are zero.
  ///
  /// - Parameter ofRuns: whether the noise of a run is included.
  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]?

  /// The objective of each finished run, and what the model says of it from all others, the noise of a run
  /// included; nil without a model that can tell.
  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]?
}

extension MixtureMethod {
  package func assessed(_ recommendations: [Recommendation]) -> [Recommendation] { recommendations }
  package func certainty() -> Certainty? { nil }
  package func insight(comparing candidates: [Mixture]) -> Insight? { nil }

  package var waitsForOutcomes: Bool { false }

  package func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? { nil }

  package func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? { nil }
}

/// How sure a method is of the mixture that it would hand over, in nats per token.
package struct Certainty: Sendable, Hashable {
  /// What it is expected to lose against the best of all feasible mixtures.
  package var expectedRegret: Double
  /// The standard deviation of one run's own noise in the objective.
  package var noise: Double

  package init(expectedRegret: Double, noise: Double) {
    self.expectedRegret = expectedRegret
    self.noise = noise
  }

  /// Whether what could still be gained is lost in the noise of a mean over so many runs.
  package func suffices(runs: Int) -> Bool {
    expectedRegret < noise / Double(max(runs, 1)).squareRoot()
  }
}

/// A mixture to be tried, and why.
package struct Suggestion: Sendable, Hashable {
  package enum Reason: Sendable, Hashable {
    /// The method's only mixture.
    case fixed
    /// A point of an even spread over all mixtures.
    case quasiRandom
    /// A point of the method's own design, or drawn from what its regression holds best.
    case design
    /// The model expects the most of it: the objective predicted, and how far it is expected to fall
    /// below the best so far (natural logarithm, nats per token).
    case expectedImprovement(objective: Prediction, logImprovement: Double)
    /// One of the mixtures tried again, as that tells more of which is best than a new one would: by how
    /// much the lowest mean is expected to fall (natural logarithm, nats per token).
    case replication(objective: Prediction, logGain: Double)
  }

  package var mixture: Mixture
  package var reason: Reason
  /// What the run does besides training at the mixture; nil for one that does no more.
  package var procedure: TrainingProcedure?

  package init(mixture: Mixture, reason: Reason, procedure: TrainingProcedure? = nil) {
    self.mixture = mixture
    self.reason = reason
    self.procedure = procedure
  }
}

/// A mixture that a method would hand over.
package struct Recommendation: Sendable, Hashable {
  package var mixture: Mixture
  /// What is handed over where it is not a fixed mixture: a training that begins at the mixture and reweighs the
  /// domains as it goes on; nil for the mixture itself.
  package var procedure: TrainingProcedure?
  /// The objective that the model predicts for it, noise of a run not included; nil without a model.
  package var predicted: Prediction?
  /// The mean objective over the trials of this very mixture; nil where it was not tried.
  package var observed: Double?
  /// The loss that the model predicts for each held-out domain that the objective depends on, noise of a
  /// run not included; empty without a model of each.
  package var losses: [DomainPrediction]
  /// That it is the best of those handed over with it; nil where the model was not asked.
  package var probabilityOfBest: Double?
  /// How much it is expected to lose against the best of all feasible mixtures, in nats per token; nil
  /// where the model was not asked.
  package var expectedRegret: Double?

  package struct DomainPrediction: Sendable, Hashable {
    package var domain: String
    package var loss: Prediction

    package init(domain: String, loss: Prediction) {
      self.domain = domain
      self.loss = loss
    }
  }

  package init(
    mixture: Mixture, procedure: TrainingProcedure? = nil, predicted: Prediction? = nil,
    observed: Double? = nil, losses: [DomainPrediction] = [], probabilityOfBest: Double? = nil,
    expectedRegret: Double? = nil
  ) {
    self.mixture = mixture
    self.procedure = procedure
    self.predicted = predicted
    self.observed = observed
    self.losses = losses
    self.probabilityOfBest = probabilityOfBest
    self.expectedRegret = expectedRegret
  }
}

/// What every method is made from.
package struct MethodContext: Sendable, Hashable {
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// Training tokens that each has.
  package var availableTokens: [Int]
  package var objective: Objective
  package var seed: UInt64
  /// Quasi-random mixtures that a Bayesian method starts with.
  package var initialTrials: Int
  /// What a search may propose and hand over. Fixed mixtures stay as they are.
  package var feasible: FeasibleMixtures
  /// The only mixtures that can be tried, each once, as in a replay of runs that exist; nil where any
  /// feasible one can.
  package var pool: [Mixture]?
  /// Whether a mixture may be proposed again: only where another run of it has noise of its own.
  package var replicates: Bool
  /// How many mixtures this method may try; nil where nobody says.
  package var trials: Int?
  /// Tokens that each run trains on; nil where nobody says.
  package var trainingTokens: Int?
  /// Held-out domains whose losses are shares between 0 and 1, e.g. of a test's errors.
  package var shares: Set<String> = []
  /// Tokens of the training that a mixture is sought for; nil where nobody says.
  package var targetTokens: Int?

  /// - Parameter feasible: every mixture if nil.
  package init(
    domains: [String], availableTokens: [Int], objective: Objective, seed: UInt64,
    initialTrials: Int, feasible: FeasibleMixtures? = nil, pool: [Mixture]? = nil,
    replicates: Bool = false,
    trials: Int? = nil, trainingTokens: Int? = nil, targetTokens: Int? = nil
  ) {
    precondition(domains.count == availableTokens.count && !domains.isEmpty)
    precondition(
      feasible.map { $0.domains == domains } ?? true, "expected constraints on the same domains")
    self.domains = domains
    self.availableTokens = availableTokens
    self.objective = objective
    self.seed = seed
    self.initialTrials = initialTrials
    self.feasible = feasible ?? .all(over: domains)
    self.pool = pool
    self.replicates = replicates
    self.trials = trials
    self.trainingTokens = trainingTokens
    self.targetTokens = targetTokens
  }

  /// Point `ordinal` of the even spread over what is feasible that all methods share, so that their
  /// trials can be shared too. From a pool, the mixture there that is nearest to the point (Hellinger).
  ///
  /// - Parameter taken: mixtures of the pool that have been tried, or are being.
  /// - Returns: nil where the pool has no other.
  package func quasiRandomMixture(_ ordinal: Int, taken: [Mixture] = []) -> Mixture? {
    let weights = FeasibleSpread(feasible).point(ordinal, seed: seed)
    guard let pool else { return Mixture(domains: domains, proportionalTo: weights) }
    func affinity(_ mixture: Mixture) -> Double {
      zip(mixture.weights, weights).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
    }
    return untried(in: pool, besides: taken).enumerated()
      .max {
        let (a, b) = (affinity($0.element), affinity($1.element))
        return a != b ? a < b : $0.offset > $1.offset
      }?.element
  }

  /// ``quasiRandomMixture(_:taken:)`` to be tried.
  func quasiRandom(_ ordinal: Int, taken: [Mixture]) -> Suggestion? {
    quasiRandomMixture(ordinal, taken: taken).map { Suggestion(mixture: $0, reason: .quasiRandom) }
  }

  /// The feasible mixtures of a pool that are not taken.
  func untried(in pool: [Mixture], besides taken: [Mixture]) -> [Mixture] {
    let taken = Set(taken)
    return pool.filter { !taken.contains($0) && feasible.contains($0.weights) }
  }
}
