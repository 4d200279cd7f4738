import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Reports
import RunTables
import TableSearches

/// The version of what `--json` prints, told in every document.
enum JSONSchema { static let version = 1 }

/// A prediction as programs read it.
struct PredictionSummary: Codable {
  var mean: Double
  /// 95 %.
  var low: Double
  var high: Double

  init(_ prediction: Prediction) {
    mean = prediction.mean
    low = prediction.interval.lowerBound
    high = prediction.interval.upperBound
  }

  var text: String { "\(fixed(mean, 4)) [\(fixed(low, 4)), \(fixed(high, 4))]" }
}

/// What is sought, as programs read it.
struct GoalSummary: Codable {
  /// As `--objective` reads it, of what is minimized inside.
  var objective: String
  /// `minimize` or `maximize`.
  var direction: String
  /// `nats`, `bits`, `score`, or `noise` where goals of several kinds count by their noise.
  var unit: String

  init(_ advice: TableAdvice) { self.init(advice.settings.objective, in: advice.table) }

  init(_ sought: Objective, in table: RunTable) {
    let goal = ObjectiveUnit(of: sought, in: table)
    objective = sought.specification
    direction = goal.isMaximized ? "maximize" : "minimize"
    unit = goal.name
  }
}

/// The next runs, as JSON.
struct ProposalSummary: Codable {
  struct Run: Codable {
    var run: String
    /// Each domain's share.
    var mixture: [String: Double]
    /// The same in the order of `domains`.
    var weights: [Double]
    /// `start` for the even spread, `model` for what a model chose, `again` for another run of a mixture
    /// that was tried, `fixed` for a fixed mixture.
    var reason: String
    /// The objective that the model expects, the noise of a run not included.
    var predicted: PredictionSummary?
  }

  var version = JSONSchema.version
  var kind = "suggestions"
  var domains: [String]
  var finished: Int
  var pending: Int
  var diverged: Int
  var lost: Int
  var goal: GoalSummary
  var runs: [Run]
  var notes: [String]

  init(of advice: TableAdvice, _ proposals: [TableAdvice.Proposal]) {
    domains = advice.table.domains
    finished = advice.finished
    pending = advice.pending.count
    diverged = advice.diverged
    lost = advice.lost
    goal = GoalSummary(advice)
    notes = advice.table.notes + advice.notes
    let unit = ObjectiveUnit(of: advice.settings.objective, in: advice.table)
    // With limits a model's value has their cost in it, which is no loss.
    let isPlain = advice.settings.objective.limits.isEmpty
    runs = proposals.map { proposal in
      var run = Run(
        run: proposal.name, mixture: named(proposal.mixture), weights: proposal.mixture.weights,
        reason: "start")
      switch proposal.reason {
      case .fixed: run.reason = "fixed"
      case .expectedImprovement(let objective, _):
        run.reason = "model"
        if isPlain { run.predicted = PredictionSummary(unit.value(objective)) }
      case .replication(let objective, _):
        run.reason = "again"
        if isPlain { run.predicted = PredictionSummary(unit.value(objective)) }
      case .quasiRandom, .design: break
      }
      return run
    }
  }
}

/// Each source's share, where domains have two levels; nil where they do not.
func sourceShares(_ domains: [String], _ weights: [Double]) -> [String: Double]? {
  let levels = MixtureLevels(domains)
  guard levels.areTwo else { return nil }
  return Dictionary(uniqueKeysWithValues: zip(levels.sources, levels.shares(of: weights)))
}

/// The same in a line for people.
func sourceLine(_ domains: [String], _ weights: [Double]) -> String? {
  let levels = MixtureLevels(domains)
  guard levels.areTwo else { return nil }
  let shares = zip(levels.sources, levels.shares(of: weights)).map { "\($0)=\(fixed($1, 3))" }
  return "by source: " + shares.joined(separator: ",")
}

/// Shares by name.
func named(_ mixture: Mixture) -> [String: Double] {
  Dictionary(uniqueKeysWithValues: zip(mixture.domains, mixture.weights))
}

/// The mixture that the runs so far speak for, and what is known of it.
struct RecommendationSummary: Codable {
  struct Loss: Codable {
    var heldOut: String
    var column: String
    var direction: String
    var predicted: PredictionSummary
    /// Against equal shares, or the nearest to them that the conditions allow; absent where nothing tells.
    var change: PredictionSummary?
    /// Whether the recommendation is expected to make it worse than equal shares do.
    var pays: Bool?
  }

  /// Whether a limit is expected to hold.
  struct Guard: Codable {
    var heldOut: String
    var limit: Double
    var predicted: PredictionSummary
    var probabilityKept: Double
    /// By how much it is expected to be missed; 0 where it is expected to hold.
    var missedBy: Double
    /// The best that any mixture is expected to reach, where the recommended one misses the limit.
    var bestExpected: PredictionSummary?
    /// Whether any mixture is expected to keep it; absent where the recommended one is.
    var isReachable: Bool?
  }

  /// What more of a domain does.
  struct Worth: Codable {
    var domain: String
    var weight: Double
    /// By how much the weight rises, the others keeping their proportions.
    var rise: Double
    /// Of the objective.
    var change: PredictionSummary
  }

  struct Candidate: Codable {
    var mixture: [String: Double]
    var weights: [Double]
    var predicted: PredictionSummary
    var probabilityOfBest: Double
    var expectedRegret: Double
  }

  var version = JSONSchema.version
  var kind = "recommendation"
  var domains: [String]
  var finished: Int
  var pending: Int
  var diverged: Int
  var lost: Int
  var goal: GoalSummary
  var mixture: [String: Double]
  /// In the order of `domains`.
  var weights: [Double]
  /// Each source's share, where domains such as web/health and web/news have two levels.
  var sources: [String: Double]?
  /// The mean of the objective over the runs of this very mixture; absent where there are none.
  var observed: Double?
  var predicted: PredictionSummary?
  /// What it is compared with: equal shares, or the nearest to them that the conditions allow.
  var reference: [String: Double]?
  /// By how much the objective changes against the reference.
  var change: PredictionSummary?
  /// Among the candidates.
  var probabilityOfBest: Double?
  /// Against the best of all mixtures.
  var expectedRegret: Double?
  /// The standard deviation of a run's own noise in the objective.
  var noise: Double?
  var losses: [Loss]
  var guards: [Guard]
  var worth: [Worth]
  var candidates: [Candidate]
  var notes: [String]

  /// Nil before a run has finished.
  init?(of advice: TableAdvice) {
    guard let best = advice.recommendations(1).first else { return nil }
    let unit = ObjectiveUnit(of: advice.settings.objective, in: advice.table)
    domains = advice.table.domains
    finished = advice.finished
    pending = advice.pending.count
    diverged = advice.diverged
    lost = advice.lost
    goal = GoalSummary(advice)
    let rounded = TableLayout.rounded(best.mixture)
    mixture = named(rounded)
    weights = rounded.weights
    sources = sourceShares(domains, weights)
    observed = best.observed.map(unit.value)
    predicted = best.predicted.map { PredictionSummary(unit.value($0)) }
    losses = []
    guards = []
    worth = []
    candidates = []
    notes = advice.table.notes + advice.notes
    guard let insight = advice.insight() else { return }
    noise = unit.extent(insight.noise)
    losses = insight.losses.map { loss in
      let measure = advice.table.measure(of: loss.heldOut) ?? .init(heading: loss.heldOut)
      let own = ObjectiveUnit(measure)
      let change = insight.comparison?.losses.first { $0.heldOut == loss.heldOut }?.change
      return Loss(
        heldOut: loss.heldOut, column: measure.heading,
        direction: own.isMaximized ? "maximize" : "minimize",
        predicted: .init(own.value(loss.loss)),
        change: change.map { .init(own.change($0)) }, pays: change.map { $0.mean > 0 })
    }
    if let comparison = insight.comparison {
      reference = named(comparison.reference)
      change = .init(unit.change(comparison.objective))
    }
    guards = advice.settings.objective.limits.compactMap { Self.kept($0, insight, advice) }
    worth = insight.objectiveEffects.map { effect in
      Worth(
        domain: effect.domain, weight: best.mixture[effect.domain] ?? 0, rise: effect.weightChange,
        change: .init(unit.change(effect.change)))
    }
    candidates = insight.candidates.map {
      let rounded = TableLayout.rounded($0.mixture)
      return Candidate(
        mixture: named(rounded), weights: rounded.weights,
        predicted: .init(unit.value($0.objective)),
        probabilityOfBest: $0.probabilityOfBest, expectedRegret: unit.extent($0.expectedRegret))
    }
    probabilityOfBest = candidates.first?.probabilityOfBest
    expectedRegret = candidates.first?.expectedRegret
  }

  private static func kept(
    _ limit: Objective.Limit, _ insight: Insight, _ advice: TableAdvice
  ) -> Guard? {
    guard let loss = insight.losses.first(where: { $0.heldOut == limit.domain })?.loss else {
      return nil
    }
    let measure = advice.table.measure(of: limit.domain) ?? .init(heading: limit.domain)
    let unit = ObjectiveUnit(measure)
    let excess = loss.mean - limit.loss
    var found = Guard(
      heldOut: limit.domain, limit: unit.value(limit.loss), predicted: .init(unit.value(loss)),
      probabilityKept: Normal.cumulative(-excess / max(loss.deviation, 1e-12)),
      missedBy: unit.extent(max(excess, 0)))
    if excess > 0, let least = advice.least(of: limit.domain) {
      found.bestExpected = .init(unit.value(least))
      found.isReachable = least.mean <= limit.loss
    }
    return found
  }
}
