import Foundation
import MixtureMethods
import Mixtures
import Reports
import RunTables
import TableSearches

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

/// The next runs, as JSON.
struct ProposalSummary: Codable {
  struct Run: Codable {
    var run: String
    var weights: [String: Double]
    /// `start` for the even spread, `model` for what a model chose, `again` for another run of a mixture
    /// that was tried, `fixed` for a fixed mixture.
    var reason: String
    /// The objective that the model expects, the noise of a run not included.
    var predicted: PredictionSummary?
  }

  var domains: [String]
  var finished: Int
  var pending: Int
  var diverged: Int
  var runs: [Run]

  init(of advice: TableAdvice, _ proposals: [TableAdvice.Proposal]) {
    domains = advice.table.domains
    finished = advice.finished
    pending = advice.pending.count
    diverged = advice.diverged
    runs = proposals.map { proposal in
      var run = Run(
        run: proposal.name,
        weights: Dictionary(
          uniqueKeysWithValues: zip(proposal.mixture.domains, proposal.mixture.weights)),
        reason: "start")
      switch proposal.reason {
      case .fixed: run.reason = "fixed"
      case .expectedImprovement(let objective, _):
        run.reason = "model"
        run.predicted = PredictionSummary(objective)
      case .replication(let objective, _):
        run.reason = "again"
        run.predicted = PredictionSummary(objective)
      case .quasiRandom, .design: break
      }
      return run
    }
  }
}

/// The mixture that the runs so far speak for, and what is known of it.
struct RecommendationSummary: Codable {
  struct Loss: Codable {
    var heldOut: String
    var predicted: PredictionSummary
  }

  /// What more of a domain does.
  struct Worth: Codable {
    var domain: String
    var weight: Double
    /// By how much the weight rises, the others keeping their proportions.
    var rise: Double
    /// Of the objective, nats per token; below zero where more of it helps.
    var change: PredictionSummary
  }

  struct Candidate: Codable {
    var weights: [Double]
    var predicted: PredictionSummary
    var probabilityOfBest: Double
    var expectedRegret: Double
  }

  var domains: [String]
  var finished: Int
  var pending: Int
  var diverged: Int
  var weights: [Double]
  /// The mean of the objective over the runs of this very mixture; absent where there are none.
  var observed: Double?
  var predicted: PredictionSummary?
  /// Among the candidates.
  var probabilityOfBest: Double?
  /// Against the best of all mixtures, nats per token.
  var expectedRegret: Double?
  /// The standard deviation of a run's own noise in the objective.
  var noise: Double?
  var losses: [Loss]
  var worth: [Worth]
  var candidates: [Candidate]

  /// Nil before a run has finished.
  init?(of advice: TableAdvice) {
    guard let best = advice.recommendations(1).first else { return nil }
    domains = advice.table.domains
    finished = advice.finished
    pending = advice.pending.count
    diverged = advice.diverged
    weights = TableLayout.rounded(best.mixture).weights
    observed = best.observed
    predicted = best.predicted.map(PredictionSummary.init)
    losses = []
    worth = []
    candidates = []
    guard let insight = advice.insight() else { return }
    noise = insight.noise
    losses = insight.losses.map { Loss(heldOut: $0.heldOut, predicted: .init($0.loss)) }
    worth = insight.objectiveEffects.map { effect in
      Worth(
        domain: effect.domain, weight: best.mixture[effect.domain] ?? 0, rise: effect.weightChange,
        change: .init(effect.change))
    }
    candidates = insight.candidates.map {
      Candidate(
        weights: TableLayout.rounded($0.mixture).weights, predicted: .init($0.objective),
        probabilityOfBest: $0.probabilityOfBest, expectedRegret: $0.expectedRegret)
    }
    probabilityOfBest = candidates.first?.probabilityOfBest
    expectedRegret = candidates.first?.expectedRegret
  }

  var text: String {
    let mixture = zip(domains, weights).map { "\($0)=\(fixed($1, 4))" }.joined(separator: ",")
    var lines = ["Recommended: \(mixture)"]
    if let predicted { lines.append("objective predicted (95 %): \(predicted.text)") }
    if let observed { lines.append("objective observed: \(fixed(observed, 4))") }
    if let probabilityOfBest, let expectedRegret {
      lines.append(
        "the best of the candidates below with probability \(fixed(probabilityOfBest, 2)); expected "
          + "regret against the best of all mixtures \(fixed(expectedRegret, 4))")
    }
    if let noise { lines.append("a run's own noise (s.d.): \(fixed(noise, 4))") }
    var text = lines.joined(separator: "\n") + "\n"
    if predicted == nil {
      text += "Too few runs for a model: this is the best so far, and may be luck.\n"
    }
    if !losses.isEmpty {
      var table = TextTable([.init("held-out", .left), .init("loss predicted, 95 %")])
      for loss in losses { table.append([loss.heldOut, loss.predicted.text]) }
      text += "\n" + table.text
    }
    if !worth.isEmpty {
      var table = TextTable([
        .init("domain", .left), .init("weight"), .init("more by"),
        .init("changes the objective by, 95 %"),
      ])
      for row in worth {
        table.append([row.domain, fixed(row.weight, 4), fixed(row.rise, 2), row.change.text])
      }
      text += "\n" + table.text
    }
    if candidates.count > 1 {
      var table = TextTable(
        [.init("candidate", .left), .init("objective, 95 %"), .init("P(best)"), .init("regret")]
          + domains.map { .init($0) })
      for (index, row) in candidates.enumerated() {
        table.append(
          [
            index == 0 ? "recommended" : "\(index + 1)", row.predicted.text,
            fixed(row.probabilityOfBest, 2), fixed(row.expectedRegret, 4),
          ] + row.weights.map { fixed($0, 3) })
      }
      text += "\n" + table.text
    }
    return text
  }
}
