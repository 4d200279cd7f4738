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
  private let method: any MixtureMethod

  /// - Parameters:
  ///   - table: one row for each run; rows that lack a loss of the objective are pending.
  ///   - pending: more runs under way.
  /// - Throws: what `makeMethod(named:context:)` throws, `ConstraintError` where nothing is feasible.
  package init(table: RunTable, pending: [Mixture] = [], settings: Settings) throws {
    self.table = table
    self.settings = settings
    // How much text there is, a table does not say; nor do constraints that it is checked for.
    let available = table.domains.map { _ in 1 }
    let context = MethodContext(
      domains: table.domains, availableTokens: available, objective: settings.objective,
      seed: settings.seed, initialTrials: settings.initialTrials,
      feasible: try FeasibleMixtures(
        settings.constraints, domains: table.domains, availableTokens: available,
        trainingTokens: 1))
    var method = try makeMethod(named: settings.method, context: context)
    var underWay: [Mixture] = []
    var observations: [Observation] = []
    for row in table.rows {
      let observation = row.observation(heldOut: table.heldOut)
      if let observation,
        row.status == .diverged || settings.objective.value(of: observation) != nil
      {
        observations.append(observation)
      } else {
        underWay.append(row.mixture)
      }
    }
    method.update(with: observations)
    self.method = method
    self.pending = underWay + pending
    diverged = observations.count { $0.outcome.hasDiverged }
    finished = observations.count - diverged
  }

  /// The next runs, each as if those before it were under way.
  ///
  /// - Returns: fewer than `count` where the method has no more to try.
  package func proposals(_ count: Int) -> [Proposal] {
    var proposals: [Proposal] = []
    let known = finished + diverged + pending.count
    while proposals.count < count {
      guard
        let next = method.suggest(
          pending: pending + proposals.map(\.mixture), ordinal: known + proposals.count)
      else { break }
      proposals.append(
        Proposal(
          name: name(proposals.count), mixture: TableLayout.rounded(next.mixture),
          reason: next.reason))
    }
    return proposals
  }

  /// Numbers go on where the table's end; other names get one that no run has.
  private func name(_ index: Int) -> String {
    let names = table.rows.compactMap(\.name)
    let numbers = names.compactMap { Int($0) }
    if numbers.count == names.count {
      return String((numbers.max() ?? table.rows.count) + index + 1)
    }
    var number = table.rows.count + 1
    for _ in 0..<index + 1 {
      while names.contains("suggested-\(number)") { number += 1 }
      number += 1
    }
    return "suggested-\(number - 1)"
  }

  /// What the method would hand over, best first; none before anything has finished.
  package func recommendations(_ count: Int) -> [Recommendation] { method.recommendations(count) }

  /// What the method's model has learned; nil without a model.
  package func insight() -> Insight? {
    method.insight(comparing: recommendations(4).dropFirst().map(\.mixture))
  }
}
