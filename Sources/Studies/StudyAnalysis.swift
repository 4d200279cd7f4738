import Mixtures
import Numerics
import Runs

/// What a study says so far; always computed from its record.
package struct StudyAnalysis: Sendable {
  /// In the order of the configuration.
  package var methods: [MethodResult]
  /// The index in `methods` of the one whose pick has the lowest mean over fresh seeds; before any
  /// confirmation, the lowest loss of the search. Nil before the first finished trial.
  package var best: Int?
  /// How each method's search went, in the order of `methods`.
  package var curves: [SearchCurve]
  /// The standard deviation over fresh seeds of one mixture's objective, pooled over the finalists,
  /// with its degrees of freedom; nil before two seeds of one mixture.
  package var seedNoise: (standardDeviation: Double, degreesOfFreedom: Int)?

  package init(of record: StudyRecord) {
    let configuration = record.configuration
    let results = configuration.methods.map { MethodTrials($0.name, in: record) }
    methods = results.map(\.result)
    curves = results.map(\.curve)

    let confirmed = methods.indices.filter { methods[$0].confirmed != nil }
    let searched = methods.indices.filter { methods[$0].searchLoss != nil }
    // A fixed mixture that breaks the conditions is there to be compared with, not to be handed over.
    let mayBeHandedOver = methods.map { result in
      result.pick.map { configuration.broken(by: $0).isEmpty } ?? true
    }
    func lowest(_ indices: [Int], _ value: (Int) -> Double) -> Int? {
      indices.min { (value($0), $0) < (value($1), $1) }
    }
    // What leaving a reference costs counts in the choice, not in what is told of it.
    let pull = (try? configuration.feasibleMixtures())?.pull
    let costs = methods.map { method in
      method.pick.flatMap { pull?.value(at: $0.weights) } ?? 0
    }
    let mean = { [methods] (index: Int) in methods[index].confirmed!.mean + costs[index] }
    let loss = { [methods] (index: Int) in methods[index].searchLoss! + costs[index] }
    best =
      lowest(confirmed.filter { mayBeHandedOver[$0] }, mean)
      ?? lowest(searched.filter { mayBeHandedOver[$0] }, loss)
      ?? lowest(confirmed, mean) ?? lowest(searched, loss)
    if let best, methods[best].confirmed != nil {
      for index in confirmed where index != best {
        methods[index].differenceFromBest = Estimate(
          ofDifferencesBetween: results[index].pick!.losses, and: results[best].pick!.losses)
      }
    }

    // A finalist of several methods is one group.
    var groups: [(mixture: Mixture, losses: [Double])] = []
    for finalist in results.flatMap(\.finalists)
    where !groups.contains(where: { $0.mixture == finalist.mixture }) {
      groups.append((finalist.mixture, finalist.losses.map(\.loss)))
    }
    seedNoise = Statistics.pooledVariance(groups.map(\.losses)).map {
      ($0.variance.squareRoot(), $0.degreesOfFreedom)
    }
  }
}

/// A method's search, trial by trial.
package struct SearchCurve: Sendable, Hashable {
  package struct Point: Sendable, Hashable {
    /// The trial's number among the method's, from 0.
    package var ordinal: Int
    package var trial: Int
    /// The objective; nil where the trial diverged or still runs.
    package var loss: Double?
    /// The lowest loss up to here; nil before the first.
    package var best: Double?
  }

  package var method: String
  package var points: [Point]
}

extension StudyRecord {
  package var analysis: StudyAnalysis { StudyAnalysis(of: self) }
}

/// A loss with the seed that it belongs to.
struct SeededLoss: Sendable {
  var seed: UInt64
  var loss: Double
}

extension Estimate {
  /// Of the differences between losses of the same seeds; nil where there is no common seed.
  init?(ofDifferencesBetween a: [SeededLoss], and b: [SeededLoss]) {
    self.init(of: pairedDifferences(a, b))
  }
}

/// The first's loss minus the second's for each seed that both have, in the order of the first.
func pairedDifferences(_ a: [SeededLoss], _ b: [SeededLoss]) -> [Double] {
  a.compactMap { loss in b.first { $0.seed == loss.seed }.map { loss.loss - $0.loss } }
}

/// The trials of one method.
private struct MethodTrials {
  struct Finalist {
    var mixture: Mixture
    var losses: [SeededLoss] = []
    /// In the order of `losses`.
    var domains: [[DomainLoss]] = []
    var diverged = 0
  }

  let name: String
  /// By ordinal.
  let search: [(trial: RunRecord, loss: Double?)]
  /// By rank.
  private(set) var finalists: [Finalist] = []

  init(_ name: String, in record: StudyRecord) {
    self.name = name
    func claimed(_ purpose: RunClaim.Purpose) -> [(claim: RunClaim, trial: RunRecord)] {
      record.trials.flatMap { trial in
        trial.claims.filter { $0.purpose == purpose && $0.name == name }.map { ($0, trial) }
      }
    }
    let objective = record.configuration.objective
    search = claimed(.search).sorted { $0.claim.ordinal < $1.claim.ordinal }
      .map { _, trial in
        // A run that reweighs the domains has no one mixture that its loss would be of.
        let loss = trial.observation.flatMap(objective.value(of:))
        return (trial, trial.request.procedure == nil ? loss : nil)
      }

    let confirmations = claimed(.confirmation).sorted {
      ($0.claim.rank ?? 0, $0.claim.ordinal) < ($1.claim.rank ?? 0, $1.claim.ordinal)
    }
    for (_, trial) in confirmations {
      let mixture = trial.request.mixture
      if finalists.last?.mixture != mixture { finalists.append(Finalist(mixture: mixture)) }
      let last = finalists.count - 1
      if trial.outcome?.hasDiverged == true { finalists[last].diverged += 1 }
      guard let result = trial.outcome?.result,
        let loss = trial.observation.flatMap(objective.value(of:))
      else { continue }
      finalists[last].losses.append(SeededLoss(seed: trial.request.seed, loss: loss))
      finalists[last].domains.append(result.losses)
    }
  }

  var pick: Finalist? {
    finalists.filter { !$0.losses.isEmpty }.min {
      ($0.diverged > 0 ? 1 : 0, Statistics.mean($0.losses.map(\.loss)))
        < ($1.diverged > 0 ? 1 : 0, Statistics.mean($1.losses.map(\.loss)))
    }
  }

  var result: MethodResult {
    let best = search.filter { $0.loss != nil }.min { $0.loss! < $1.loss! }
    let outcomes = search.compactMap(\.trial.outcome)
    let finished = outcomes.count { !$0.hasDiverged }
    let pick = pick
    let mixture = pick?.mixture ?? best?.trial.request.mixture
    return MethodResult(
      method: name, trialsFinished: finished, trialsDiverged: outcomes.count - finished,
      pick: mixture, searchLoss: mixture.flatMap(searchLoss(of:)),
      confirmed: pick.flatMap { Estimate(of: $0.losses.map(\.loss)) },
      domains: pick.map(domains(of:)) ?? [], differenceFromBest: nil,
      finalists: finalists.map {
        MethodResult.Finalist(
          mixture: $0.mixture, searchLoss: searchLoss(of: $0.mixture),
          confirmed: Estimate(of: $0.losses.map(\.loss)), diverged: $0.diverged)
      })
  }

  var curve: SearchCurve {
    var best: Double?
    var points: [SearchCurve.Point] = []
    for (ordinal, (trial, loss)) in search.enumerated() {
      if let loss { best = min(best ?? loss, loss) }
      points.append(
        SearchCurve.Point(ordinal: ordinal, trial: trial.request.id, loss: loss, best: best))
    }
    return SearchCurve(method: name, points: points)
  }

  private func searchLoss(of mixture: Mixture) -> Double? {
    search.first { $0.trial.request.mixture == mixture }?.loss
  }

  private func domains(of finalist: Finalist) -> [(domain: String, estimate: Estimate)] {
    guard let first = finalist.domains.first else { return [] }
    return first.compactMap { known in
      // A run may have been measured on fewer.
      let losses = finalist.domains.compactMap { losses in
        losses.first { $0.domain == known.domain }?.loss
      }
      return Estimate(of: losses).map { (known.domain, $0) }
    }
  }
}
