import Foundation
import Numerics

// n runs, k domains (weights of a mixture), d outputs (held-out domains), T rungs of a run, N parameters, D tokens.

/// What a scale surrogate is conditioned on: runs of any size, measured at any lengths.
package struct ScaleData: Sendable, Hashable {
  package struct Run: Sendable, Hashable {
    /// k weights.
    package var weights: [Double]
    /// Of the model.
    package var parameters: Double
    /// At each rung, from short to long, T.
    package var tokens: [Double]
    /// At each rung the loss of each output, [T][d], nats per token.
    package var losses: [[Double]]

    package init(
      weights: [Double], parameters: Double, tokens: [Double], losses: [[Double]]
    ) {
      precondition(
        tokens.count == losses.count && !tokens.isEmpty,
        "expected losses at \(tokens.count) rungs, one at least, found \(losses.count)")
      precondition(
        parameters > 0 && tokens[0] > 0 && zip(tokens, tokens.dropFirst()).allSatisfy { $0 < $1 },
        "expected parameters and growing tokens, found \(parameters) and \(tokens)")
      self.weights = weights
      self.parameters = parameters
      self.tokens = tokens
      self.losses = losses
    }

    /// The last rung alone.
    package var end: Run {
      Run(
        weights: weights, parameters: parameters, tokens: [tokens[tokens.count - 1]],
        losses: [losses[losses.count - 1]])
    }
  }

  /// The size and length that predictions are wanted at.
  package struct Target: Sendable, Hashable {
    package var parameters: Double
    package var tokens: Double
    /// Whether of what a mixture's run gives there, its own noise included, as in a table where each has one; if
    /// not, of what its runs would have in common.
    package var isOfRuns: Bool

    package init(parameters: Double, tokens: Double, isOfRuns: Bool = false) {
      precondition(parameters > 0 && tokens > 0)
      self.parameters = parameters
      self.tokens = tokens
      self.isOfRuns = isOfRuns
    }
  }

  package var runs: [Run]
  package var target: Target
  /// For each output the domain that it is the held-out part of; nil where it is not trained on.
  package var ownDomains: [Int?]
  /// Training tokens of each domain, k; nil where nobody knows, or where all runs repeat as the target will.
  package var availableTokens: [Double]?

  /// - Precondition: a loss for each output at every rung, all finite.
  package init(
    runs: [Run], target: Target, ownDomains: [Int?], availableTokens: [Double]? = nil
  ) {
    precondition(
      runs.allSatisfy { run in
        run.losses.allSatisfy { $0.count == ownDomains.count && $0.allSatisfy(\.isFinite) }
      }, "expected \(ownDomains.count) finite losses at every rung")
    self.runs = runs
    self.target = target
    self.ownDomains = ownDomains
    self.availableTokens = availableTokens
  }

  package var count: Int { runs.count }
  package var parts: Int { runs.first?.weights.count ?? 0 }
  package var outputs: Int { ownDomains.count }

  /// The fidelity of each measurement, run after run.
  var cells: [ScaleCell] {
    runs.flatMap { run in run.tokens.map { cell(parameters: run.parameters, tokens: $0) } }
  }

  /// The mixture of each measurement.
  var weights: [[Double]] { runs.flatMap { run in run.tokens.map { _ in run.weights } } }

  /// The last rung of every run alone.
  package var ends: ScaleData {
    ScaleData(
      runs: runs.map(\.end), target: target, ownDomains: ownDomains,
      availableTokens: availableTokens)
  }

  /// At most `count` runs: as far as there are so many, half of them that have ended at the target, and of the others
  /// three quarters of mixtures that were run at several sizes, with all their runs. The first tell what is asked, the
  /// second what sizes have in common. Of each kind, even over their order.
  package func thinned(to count: Int) -> ScaleData {
    guard self.count > count else { return self }
    // Looked up only: the order of a dictionary is never seen.
    var places: [[Double]: Int] = [:]
    var groups: [[Int]] = []
    var kept = runs.indices.filter { isAtTarget(runs[$0]) }.evenly(atMost: count / 2)
    let isKept = Set(kept)
    for (i, run) in runs.enumerated() where !isKept.contains(i) {
      if let place = places[run.weights] {
        groups[place].append(i)
      } else {
        places[run.weights] = groups.count
        groups.append([i])
      }
    }
    func keep(_ list: [[Int]], room: Int) {
      let total = list.reduce(0) { $0 + $1.count }
      for group in list.evenly(atMost: total <= room ? list.count : list.count * room / total) {
        kept += group.prefix(max(count - kept.count, 0))
      }
    }
    keep(groups.filter { $0.count > 1 }, room: 3 * (count - kept.count) / 4)
    keep(groups.filter { $0.count == 1 }, room: count - kept.count)
    return ScaleData(
      runs: kept.sorted().map { runs[$0] }, target: target, ownDomains: ownDomains,
      availableTokens: availableTokens)
  }

  /// Whether a run was measured where predictions are wanted.
  package func isAtTarget(_ run: Run) -> Bool {
    run.parameters == target.parameters && run.tokens.contains(target.tokens)
  }

  /// A function of the losses as the only output.
  package func reduced(to function: LossFunction) -> ScaleData {
    ScaleData(
      runs: runs.map { run in
        Run(
          weights: run.weights, parameters: run.parameters, tokens: run.tokens,
          losses: run.losses.map { [function.value(of: $0)] })
      }, target: target, ownDomains: [nil], availableTokens: availableTokens)
  }

  /// Some of the outputs.
  package func selecting(outputs: [Int]) -> ScaleData {
    ScaleData(
      runs: runs.map { run in
        Run(
          weights: run.weights, parameters: run.parameters, tokens: run.tokens,
          losses: run.losses.map { losses in outputs.map { losses[$0] } })
      }, target: target, ownDomains: outputs.map { ownDomains[$0] },
      availableTokens: availableTokens)
  }
}
