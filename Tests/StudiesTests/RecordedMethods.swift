import MixtureMethods
import Mixtures
import Runs
import Studies

/// A method that proposes what it once proposed, as long as it is told what it was told then: what an engine
/// owes its methods shows, whatever becomes of the methods themselves.
struct RecordedMethod: MixtureMethod {
  /// In the order of their proposal.
  let trials: [RunRecord]
  let lag: Int
  /// What it handed over after so many trials.
  let handedOver: [Int: [Mixture]]
  private var told: [Observation] = []

  init(trials: [RunRecord], lag: Int, handedOver: [Int: [Mixture]]) {
    self.trials = trials
    self.lag = lag
    self.handedOver = handedOver
  }

  var waitsForOutcomes: Bool { lag == 1 }

  mutating func update(with observations: [Observation]) { told += observations }

  private var isToldAsThen: Bool {
    told == trials.prefix(told.count).map { $0.observation! }
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard trials.indices.contains(ordinal) else { return nil }
    let request = trials[ordinal].request
    let isAsThen =
      isToldAsThen && told.count == max(0, ordinal - lag + 1)
      && pending == trials[told.count..<ordinal].map(\.request.mixture)
    return Suggestion(
      mixture: isAsThen ? request.mixture : Self.wrong(request.mixture.domains), reason: .design,
      procedure: request.procedure)
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard isToldAsThen else {
      return [Recommendation(mixture: Self.wrong(trials[0].request.mixture.domains))]
    }
    return (handedOver[told.count] ?? []).prefix(count).map { Recommendation(mixture: $0) }
  }

  /// What nobody proposes.
  private static func wrong(_ domains: [String]) -> Mixture {
    Mixture(domains: domains, proportionalTo: domains.indices.map { $0 == 0 ? 1 : 0 })
  }
}

/// The same for a search over sizes: a function of the runs, as every such method is.
struct RecordedFidelityMethod: FidelityMethod {
  private let tasks: [FidelityTaskRecord]

  init(_ record: FidelityStudyRecord) {
    tasks = record.tasks.filter { $0.task.purpose == .search }
  }

  var measuresOnTheWay: Bool { tasks.allSatisfy { $0.task.measuresOnTheWay } }

  /// Parts of runs that have begun, and those that have ended.
  private func parts(
    _ runs: [FidelityRun]
  ) -> (begun: [FidelityTaskRecord], ended: [FidelityTaskRecord]) {
    let begun = tasks.filter { record in
      runs.indices.contains(record.task.run)
        && record.task.goal <= runs[record.task.run].goal ?? runs[record.task.run].reached ?? -1
    }
    return (begun, begun.filter { $0.task.goal <= runs[$0.task.run].reached ?? -1 })
  }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let (begun, ended) = parts(runs)
    guard tasks.indices.contains(begun.count) else { return nil }
    let task = tasks[begun.count].task
    guard task.known == ended.count else { return nil }
    return task.from == nil
      ? .start(task.mixture, at: FidelityPoint(level: task.level, rung: task.goal))
      : .resume(run: task.run, rung: task.goal)
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    parts(runs).ended.max { ($0.task.ends, $0.task.id) < ($1.task.ends, $1.task.id) }?
      .incumbent.map {
        FidelityRecommendation(
          mixture: $0.mixture, predicted: $0.predicted, probabilityOfBest: $0.probabilityOfBest,
          expectedRegret: $0.expectedRegret)
      }
  }
}
