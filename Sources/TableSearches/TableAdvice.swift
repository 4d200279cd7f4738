import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import RunTables

/// Ask and tell for those who train elsewhere: what to run next, and what the runs so far say, from a
/// table alone. The same rows, settings and seed give the same advice.
package struct TableAdvice: Sendable {
  package struct Settings: Sendable {
    package var method = "bo"
    package var seed: UInt64 = 1
    /// Quasi-random mixtures to start with.
    package var initialTrials = 12
    package var objective: Objective
    /// What may be proposed and handed over.
    package var constraints: [MixtureConstraint] = []
    /// The shares in which there is text of the table's domains, where somebody said so.
    package var natural: [Double]?
    /// Finished runs that a model is conditioned on; of more, these are chosen.
    package var mostRuns = 1000

    package init(objective: Objective) { self.objective = objective }
  }

  /// A run to be made.
  package struct Proposal: Sendable {
    package var name: String
    /// Rounded as its row is written.
    package var mixture: Mixture
    package var reason: Suggestion.Reason
  }

  package let table: RunTable
  package let settings: Settings
  /// Runs that are under way, the table's own first.
  package let pending: [Mixture]
  package let finished: Int
  package let diverged: Int
  /// Runs that crashed, were killed or given up: nothing is known of their mixtures.
  package let lost: Int
  /// What a reader should know of how the rows were used.
  package let notes: [String]
  package let feasible: FeasibleMixtures
  /// Names of runs that other tables have.
  package var takenNames: [String] = []
  private let method: any MixtureMethod
  private let observations: [Observation]

  /// - Parameters:
  ///   - table: one row for each run; rows that lack a loss of the objective are pending.
  ///   - pending: more runs under way.
  /// - Throws: what `makeMethod(named:context:)` throws, `ConstraintError` where nothing is feasible,
  ///   `RunTableError.unmeasured` where runs have losses but none has one that the objective needs.
  package init(table: RunTable, pending: [Mixture] = [], settings: Settings) throws {
    self.table = table
    self.settings = settings
    // How much text there is, a table does not say; nor do constraints that it is checked for.
    let available =
      settings.natural.map { $0.map { Int(($0 * 1e12).rounded()) } } ?? table.domains.map { _ in 1 }
    feasible = try FeasibleMixtures(
      settings.constraints, domains: table.domains, availableTokens: available, trainingTokens: 1)
    var context = MethodContext(
      domains: table.domains, availableTokens: available, objective: settings.objective,
      seed: settings.seed, initialTrials: settings.initialTrials, feasible: feasible)
    context.shares = Self.shares(in: table)
    var method = try makeMethod(named: settings.method, context: context)
    var notes = try Self.unmeasured(table, settings.objective)
    var underWay: [Mixture] = []
    var observations: [Observation] = []
    var lost = 0
    for row in table.rows {
      if row.status == .lost || row.status == .cancelled {
        lost += 1
        continue
      }
      let observation = row.observation(heldOut: table.heldOut)
      if let observation,
        row.status == .diverged || settings.objective.value(of: observation) != nil
      {
        observations.append(observation)
      } else {
        underWay.append(row.mixture)
      }
    }
    diverged = observations.count { $0.outcome.hasDiverged }
    finished = observations.count - diverged
    self.lost = lost
    if finished > settings.mostRuns {
      observations = Self.chosen(observations, settings)
      notes.append(
        "of \(finished) finished runs the model is conditioned on \(settings.mostRuns): the best half of "
          + "these, and others spread evenly over the table")
    }
    notes += Self.approximations(settings, domains: table.domains.count, finished: finished)
    method.update(with: observations)
    self.method = method
    self.observations = observations
    self.pending = underWay + pending
    self.notes = notes
  }

  /// What is done less thoroughly for there being much to do.
  private static func approximations(
    _ settings: Settings, domains: Int, finished: Int
  ) -> [String] {
    let losses = settings.objective.domains.count
    guard settings.method == "bo", finished >= 4,
      losses > SurrogateFit.mostAlone || losses * domains > MixtureSearch.mostTerms
    else { return [] }
    var parts: [String] = []
    if losses > SurrogateFit.mostAlone {
      parts.append(
        "the model's hyperparameters are fitted in full for \(SurrogateFit.mostAlone) of the \(losses) losses, "
          + "spread evenly; the others' begin at their mean and take "
          + "\(SurrogateFit.pooledIterations) steps")
    }
    if losses * domains > MixtureSearch.mostTerms {
      let candidates = MixtureSearch.affordable(2048, outputs: losses, parts: domains)
      parts.append(
        "with \(domains) domains and \(losses) losses mixtures are sought from \(candidates) candidates in place "
          + "of 2048")
    }
    return ["approximated: " + parts.joined(separator: "; ")]
  }

  private static func shares(in table: RunTable) -> Set<String> {
    Set(
      zip(table.heldOut, table.measures).filter {
        if case .score(.some) = $0.1.unit { return true }
        return false
      }.map(\.0))
  }

  /// Columns that the objective needs and that stand empty beside others.
  private static func unmeasured(
    _ table: RunTable, _ objective: Objective
  ) throws(RunTableError) -> [String] {
    let measured = table.rows.filter { $0.status == .finished }
    guard !measured.isEmpty else { return [] }
    var empty: [String] = []
    var partly: [String] = []
    for domain in objective.domains {
      guard let place = table.heldOut.firstIndex(of: domain) else { continue }
      let count = measured.count { $0.losses[place] == nil }
      if count == measured.count {
        empty.append(table.measures[place].heading)
      } else if count > 0 {
        partly.append("\(table.measures[place].heading) in \(count)")
      }
    }
    if !empty.isEmpty {
      let others = table.heldOut.indices.filter { place in
        measured.contains { $0.losses[place] != nil }
      }.map { table.measures[$0].heading }
      throw .unmeasured(
        path: table.rows.first?.path ?? "the table", columns: empty, runs: measured.count,
        others: others)
    }
    guard !partly.isEmpty else { return [] }
    return [
      "empty in runs that have other losses: \(partly.joined(separator: ", ")) of \(measured.count); "
        + "such runs count as under way; --losses or --objective leaves these columns out"
    ]
  }

  /// Runs enough to say what all say: the lowest objectives, where the optimum is sought, and the rest in
  /// even steps through the table; those that diverged stay, as far as they are few.
  private static func chosen(_ observations: [Observation], _ settings: Settings) -> [Observation] {
    let most = settings.mostRuns
    let known = observations.indices.compactMap { index in
      settings.objective.value(of: observations[index]).map { (index: index, value: $0) }
    }
    let order = known.sorted { ($0.value, $0.index) < ($1.value, $1.index) }.map(\.index)
    var kept = Set(order.prefix(most / 2))
    let rest = known.map(\.index).filter { !kept.contains($0) }
    kept.formUnion(rest.evenly(atMost: most - kept.count))
    let lost = observations.indices.filter { observations[$0].outcome.hasDiverged }
    kept.formUnion(lost.evenly(atMost: most / 10))
    return kept.sorted().map { observations[$0] }
  }

  /// The next runs, each as if those before it were under way.
  ///
  /// - Returns: fewer than `count` where the method has no more to try.
  package func proposals(_ count: Int) -> [Proposal] {
    var proposals: [Proposal] = []
    let known = finished + diverged + lost + pending.count
    var names = RunNames(table, others: takenNames)
    while proposals.count < count {
      guard
        let next = method.suggest(
          pending: pending + proposals.map(\.mixture), ordinal: known + proposals.count)
      else { break }
      proposals.append(
        Proposal(name: names.next(), mixture: kept(next.mixture), reason: next.reason))
    }
    return proposals
  }

  /// As its row is written, and within the conditions whatever the method proposed.
  private func kept(_ mixture: Mixture) -> Mixture {
    let inside =
      feasible.contains(mixture.weights)
      ? mixture
      : Mixture(domains: mixture.domains, proportionalTo: feasible.nearest(to: mixture.weights))
    return TableLayout.rounded(inside)
  }

  /// What the method would hand over, best first, all within the conditions; none before anything has
  /// finished.
  package func recommendations(_ count: Int) -> [Recommendation] {
    var found: [Recommendation] = []
    for recommendation in method.recommendations(count) {
      var kept = recommendation
      if !feasible.contains(kept.mixture.weights, tolerance: 1e-4) {
        let mixture = Mixture(
          domains: table.domains, proportionalTo: feasible.nearest(to: kept.mixture.weights))
        kept = Recommendation(
          mixture: mixture, predicted: method.predictions(at: [mixture], ofRuns: false)?.first)
      }
      if !found.contains(where: { $0.mixture == kept.mixture }) { found.append(kept) }
    }
    return found
  }

  /// What the method's model has learned; nil without a model.
  package func insight() -> Insight? {
    method.insight(comparing: recommendations(4).dropFirst().map(\.mixture))
  }

  /// The least that a held-out domain's loss is expected to be at any feasible mixture.
  package func least(of domain: String) -> Prediction? {
    var other = settings
    other.objective = .mean(of: [domain])
    let advice = try? TableAdvice(table: table, settings: other)
    return advice?.recommendations(1).first?.predicted
  }

  /// The standard deviation of a run's noise in each of some held-out domains, as far as replicates or a
  /// model tell: never less than a twentieth of how much the runs differ.
  package static func noise(of names: [String], in table: RunTable) -> [Double] {
    var history = ModelHistory(
      outputs: names, domains: table.domains, shares: shares(in: table))
    history.append(table.rows.compactMap { $0.observation(heldOut: table.heldOut) })
    let data = history.data
    let surrogate = data.count >= 4 ? history.surrogate() : nil
    return names.indices.map { output in
      let values = data.losses.column(output)
      let spread = (Statistics.variance(values) ?? 1).squareRoot()
      let units = names.indices.map { $0 == output ? 1.0 : 0 }
      let noise = surrogate.map {
        $0.noiseDeviation(
          units, losses: names.indices.map { Statistics.mean(data.losses.column($0)) })
      }
      return max(noise ?? 0, 0.05 * spread, 1e-9)
    }
  }
}
