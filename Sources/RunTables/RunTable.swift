import Mixtures
import Numerics

/// Runs that somebody has made, asked for or given up: one row for each, or several along the learning
/// curve of one run.
package struct RunTable: Sendable {
  package enum Status: Sendable, Hashable {
    /// With a loss at least.
    case finished
    /// Its losses are still to come.
    case pending
    /// Its loss went out of bounds: the mixture may be at fault.
    case diverged
    /// Crashed, killed, preempted, out of memory: that says nothing about the mixture.
    case lost
    /// Given up before its end: pruned, abandoned. What it had measured is of another length.
    case cancelled
  }

  package struct Row: Sendable {
    package var path: String
    package var line: Int
    /// What the table calls the run; nil where it has no such column.
    package var name: String?
    /// Rows of one run share it: the checkpoints of a learning curve.
    package var run: Int
    package var mixture: Mixture
    /// The model's size as the table says it, e.g. `160M`; empty where it does not.
    package var size: String
    /// The size in parameters, where it is a number.
    package var parameters: Double?
    package var step: Double?
    package var tokens: Double?
    /// Multiplications and additions that the run has cost when it was measured, with all that it was
    /// measured at before.
    package var operations: Double?
    package var seed: UInt64?
    package var status: Status
    /// In the order of ``RunTable/heldOut``, nats per token; nil where it was not measured.
    package var losses: [Double?]
    /// Digits after the point with which losses are written.
    var digits = 0

    package init(
      path: String, line: Int, name: String? = nil, run: Int, mixture: Mixture, size: String = "",
      parameters: Double? = nil, step: Double? = nil, tokens: Double? = nil,
      operations: Double? = nil, seed: UInt64? = nil, status: Status, losses: [Double?]
    ) {
      self.path = path
      self.line = line
      self.name = name
      self.run = run
      self.mixture = mixture
      self.size = size
      self.parameters = parameters
      self.step = step
      self.tokens = tokens
      self.operations = operations
      self.seed = seed
      self.status = status
      self.losses = losses
    }
  }

  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// What losses were measured on.
  package var heldOut: [String]
  /// Of each, how the table gives it.
  package var measures: [Measure]
  /// Those of `heldOut` that stand for one domain each; a mean over several would count them twice.
  package var targets: [String]
  package var rows: [Row]
  /// What was decided in reading that a reader may want to know, a line each.
  package var notes: [String]
  /// How to write rows as the table has them.
  package var layout: TableLayout
  /// What was taken for what, file by file.
  package var readings: [FileReading] = []
  /// The names of all runs that were read, whatever rows were chosen since.
  var names: [String]?

  package var runNames: [String] { names ?? rows.compactMap(\.name) }

  package init(
    domains: [String], heldOut: [String], measures: [Measure]? = nil, targets: [String],
    rows: [Row], notes: [String] = [], layout: TableLayout
  ) {
    self.domains = domains
    self.heldOut = heldOut
    self.measures = measures ?? heldOut.map { Measure(heading: "loss_\($0)") }
    self.targets = targets
    self.rows = rows
    self.notes = notes
    self.layout = layout
  }
}

extension RunTable.Row {
  /// What a method learns of it; nil while it is pending.
  ///
  /// - Parameter heldOut: the table's.
  package func observation(heldOut: [String]) -> Observation? {
    switch status {
    case .pending, .lost, .cancelled: return nil
    case .diverged: return Observation(mixture: mixture, outcome: .unexplained)
    case .finished:
      return Observation(
        mixture: mixture,
        outcome: .losses(
          zip(heldOut, losses).compactMap { domain, loss in
            loss.map { DomainLoss(domain: domain, loss: $0) }
          }))
    }
  }
}
