import GaussianProcesses
import MixtureMethods
import Mixtures
import RunTables

extension ForecastQuestion {
  /// What a table's runs are asked, besides the target.
  package struct Terms: Sendable {
    package var objective: Objective
    package var constraints: [MixtureConstraint] = []
    /// Each domain's share of all text; nil where nobody said.
    package var natural: [Double]?
    package var given: [Mixture] = []
    package var front: [String]?
    package var seed: UInt64 = 1
    /// Whether runs of the target's own size are learnt from, or smaller ones alone.
    package var includesTarget = false

    package init(objective: Objective) { self.objective = objective }
  }

  /// - Returns: the question, and the runs that it is asked of.
  /// - Throws: `RunTableError`, ``SizesError``, `MixtureError`, `ConstraintError`.
  package static func asked(
    of table: RunTable, _ terms: Terms, settings: SizesSettings
  ) throws -> (question: ForecastQuestion, sizes: SizesTable) {
    let objective = terms.objective
    // What the objective, guards and front need, then whatever else all of those runs were measured on.
    let front = terms.front ?? []
    let needed = objective.domains + front.filter { !objective.domains.contains($0) }
    let columns = needed.map { table.heldOut.firstIndex(of: $0)! }
    let sizes = try SizesTable(
      table, needed: columns, settings: settings, conditions: terms.constraints)
    let others = table.heldOut.indices.filter { column in
      !columns.contains(column)
        && sizes.runs.allSatisfy { run in
          run.points.allSatisfy { $0.losses[column]?.isFinite ?? false }
        }
    }
    let outputs = columns + others
    let limit = sizes.target.parameters
    let data = sizes.data(outputs: outputs) { parameters in
      terms.includesTarget ? true : parameters < limit * (1 - 1e-9)
    }
    let feasible =
      terms.constraints.isEmpty
      ? FeasibleMixtures.all(over: table.domains)
      : try SizesAdvice.feasible(terms.constraints, sizes, terms.natural)
    let question = ForecastQuestion(
      domains: table.domains, outputs: outputs.map { table.heldOut[$0] },
      objective: objective.unguarded,
      data: data, diverged: sizes.runs.filter(\.hasDiverged).map(\.weights), feasible: feasible,
      given: terms.given.map { known($0, data) },
      guards: objective.limits,
      front: terms.front, seed: terms.seed)
    return (question, sizes)
  }

  /// A mixture that was run and written down to three decimals is that one, of which more is known than of its neighbours.
  private static func known(_ mixture: Mixture, _ data: ScaleData) -> Mixture {
    let near = data.runs.filter { run in
      zip(run.weights, mixture.weights).allSatisfy { abs($0 - $1) < 5.5e-4 }
    }
    let runs = near.map { Mixture(domains: mixture.domains, proportionalTo: $0.weights) }
    return mixture.nearest(of: runs) ?? mixture
  }
}
