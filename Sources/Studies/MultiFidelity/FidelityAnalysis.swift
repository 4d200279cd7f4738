import Mixtures
import Numerics
import Runs

/// What a study of several sizes says so far; always computed from its record.
package struct FidelityAnalysis: Sendable {
  /// The search at one moment on the clock of costs.
  package struct Moment: Sendable, Hashable {
    /// What the tasks that had begun by then cost, in runs of the target, by size.
    package var spend: [Double]
    package var incumbent: FidelityIncumbent?

    package var total: Double { spend.reduce(0, +) }
  }

  /// A run of the search, as far as it was measured.
  package struct Curve: Sendable, Hashable {
    package var run: Int
    package var mixture: Mixture
    package var level: Int
    /// The objective at each rung that was measured, from short to long.
    package var points: [Point]
    package var hasDiverged: Bool
    /// How often it was resumed.
    package var resumptions: Int

    package struct Point: Sendable, Hashable {
      package var rung: Int
      package var objective: Double
    }
  }

  /// After each task of the search, in the order in which they ended on the clock of costs.
  package let moments: [Moment]
  /// In the order in which the runs began.
  package let curves: [Curve]
  /// What the search hands over; nil before anything was measured.
  package let recommended: FidelityIncumbent?
  /// The objective of the recommended mixture with each fresh seed.
  package let confirmations: [(seed: UInt64, objective: Double)]
  /// Fresh seeds with which it diverged.
  package let divergedConfirmations: Int
  /// Their mean.
  package let confirmed: Estimate?
  /// Held-out losses of the recommended mixture, each domain's mean over the fresh seeds.
  package let domains: [(domain: String, estimate: Estimate)]
  /// Held-out losses of equal weights at the target, each domain's mean over the runs that the search made of them
  /// there; none where it made none. They are no pick, so no luck is in them.
  package let evenDomains: [(domain: String, estimate: Estimate)]
  /// Of search and confirmation, in runs of the target, and by the clock on the wall.
  package let spent: Double
  package let seconds: Double
  /// Whether the search and all fresh seeds are done.
  package let isComplete: Bool

  package init(of record: FidelityStudyRecord) {
    let configuration = record.configuration
    let objective = configuration.objective
    func value(_ outcome: RunOutcome) -> Double? {
      outcome.losses(of: objective.domains).map(objective.value(of:))
    }
    let search = record.tasks.filter { $0.task.purpose == .search }
    let ended = search.filter { $0.outcomes != nil }.sorted {
      ($0.task.ends, $0.task.id) < ($1.task.ends, $1.task.id)
    }
    var incumbent: FidelityIncumbent?
    moments = ended.map { moment in
      var spend = configuration.grid.levels.map { _ in 0.0 }
      for other in search where other.task.begins < moment.task.ends {
        spend[other.task.level] += other.task.cost
      }
      incumbent = moment.incumbent ?? incumbent
      return Moment(spend: spend, incumbent: incumbent)
    }
    recommended = incumbent

    var curves: [Curve] = []
    for record in search {
      let task = record.task
      if !curves.contains(where: { $0.run == task.run }) {
        curves.append(
          Curve(
            run: task.run, mixture: task.mixture, level: task.level, points: [],
            hasDiverged: false, resumptions: 0))
      }
      let place = curves.firstIndex { $0.run == task.run }!
      if task.from != nil { curves[place].resumptions += 1 }
      let rungs = configuration.grid.levels[task.level]
      for found in record.outcomes ?? [] {
        let rung = rungs.firstIndex { $0.scale.tokens == found.tokens }
        if let rung, let objective = value(found.outcome) {
          curves[place].points.append(.init(rung: rung, objective: objective))
        } else {
          curves[place].hasDiverged = true
        }
      }
    }
    self.curves = curves

    let fresh = record.tasks.filter { $0.task.purpose == .confirmation }
    let outcomes = fresh.compactMap { record in
      record.outcomes?.last.map { (record.task.seed, $0.outcome) }
    }
    let confirmations = outcomes.compactMap { seed, outcome in
      value(outcome).map { (seed: seed, objective: $0) }
    }
    self.confirmations = confirmations
    divergedConfirmations = outcomes.count - confirmations.count
    confirmed = Estimate(of: confirmations.map(\.objective))
    let results = outcomes.compactMap(\.1.result)
    domains = Self.means(of: results)
    let target = configuration.grid.target
    let tokens = configuration.targetScale.tokens
    let even = Mixture.uniform(over: configuration.domains)
    evenDomains = Self.means(
      of: search.filter { $0.task.level == target.level && $0.task.mixture == even }
        .flatMap { $0.outcomes ?? [] }.filter { $0.tokens == tokens }.compactMap(\.outcome.result))
    let done = record.tasks.filter { $0.outcomes != nil }
    spent = done.reduce(0) { $0 + $1.task.cost }
    seconds = done.reduce(0) { $0 + $1.seconds }
    isComplete = fresh.count >= configuration.confirmationRuns && done.count == record.tasks.count
  }

  private static func means(of results: [RunResult]) -> [(domain: String, estimate: Estimate)] {
    (results.first?.losses ?? []).compactMap { first in
      let values = results.compactMap { result in
        result.losses.first { $0.domain == first.domain }?.loss
      }
      return Estimate(of: values).map { (first.domain, $0) }
    }
  }

  /// Whether the model's 95 % interval at the target holds the mean over the fresh seeds; nil where there
  /// is no model or nothing was measured.
  package var covers: Bool? {
    guard let interval = recommended?.predicted?.interval, let confirmed else { return nil }
    return interval.contains(confirmed.mean)
  }

  /// By how many standard errors the mean over fresh seeds differs from what was predicted, both errors
  /// counted; nil as for ``covers``, or where neither error is known.
  package var surprise: Double? {
    guard let predicted = recommended?.predicted, let confirmed else { return nil }
    let own = confirmed.standardError ?? 0
    let error = (predicted.deviation * predicted.deviation + own * own).squareRoot()
    return error > 0 ? (confirmed.mean - predicted.mean) / error : nil
  }

  /// Runs by size: how many began, and how many reached each rung.
  package func reached(level: Int, rung: Int) -> Int {
    curves.count { $0.level == level && ($0.points.last?.rung ?? -1) >= rung }
  }
}
