import Foundation
import Numerics

/// Aioli: weights from how much a little training on each domain lowers each domain's held-out loss.
///
/// Chen et al., [Aioli](https://arxiv.org/abs/2411.05735), algorithms 1 and 2: the run is cut into
/// rounds. Each begins with probes, a few steps on each domain in turn at a weight of `focus`, the rest
/// shared by the others; the falls of the held-out losses give the matrix A of `L_(t+1) = L_t - A p`.
/// Then `wⱼ ← wⱼ exp(η Σᵢ Aᵢⱼ)` for the rest of the round, with A shifted to have no negative entry and
/// scaled to a sum of one, as the repository `HazyResearch/aioli` offers.
package struct ProbedWeights: WeightSchedule {
  package let parts: Int
  package let rounds: Int
  /// Share of a round that goes to probes.
  package let probeShare: Double
  package let focus: Double
  package let rate: Double

  private var logWeights: [Double]
  /// The held-out losses before the round's first probe and after each probe, one after the other.
  private var measured: [Double] = []

  package init(
    parts: Int, rounds: Int = 8, probeShare: Double = 0.2, focus: Double = 0.75, rate: Double = 1
  ) {
    self.parts = parts
    self.rounds = rounds
    self.probeShare = probeShare
    // With two domains at even weights a probe would say nothing.
    self.focus = focus
    self.rate = rate
    logWeights = [Double](repeating: -log(Double(parts)), count: parts)
  }

  package var identity: String {
    "aioli rounds \(rounds) probes \(probeShare) focus \(focus) rate \(rate)"
  }

  /// Where in its round a step is, and how long the round's probes are.
  private func place(_ step: Int, of steps: Int) -> (offset: Int, probe: Int) {
    let rounds = max(min(rounds, steps / (2 * parts + 1)), 1)
    let round = min(step * rounds / steps, rounds - 1)
    let start = (round * steps + rounds - 1) / rounds
    let end = ((round + 1) * steps + rounds - 1) / rounds
    let probe = max(Int(probeShare * Double(end - start)) / parts, 1)
    return (step - start, probe)
  }

  package func weights(step: Int, of steps: Int) -> [Double] {
    let (offset, probe) = place(step, of: steps)
    guard parts > 1, offset < probe * parts else { return current }
    return probeWeights(offset / probe)
  }

  private func probeWeights(_ domain: Int) -> [Double] {
    (0..<parts).map { $0 == domain ? focus : (1 - focus) / Double(parts - 1) }
  }

  /// The weights between probes.
  package var current: [Double] {
    let weights = logWeights.map { exp($0) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  package func wantsHeldOutLosses(step: Int, of steps: Int) -> Bool {
    let (offset, probe) = place(step, of: steps)
    return parts > 1 && offset <= probe * parts && offset % probe == 0
  }

  /// The losses that come with the step after the last probe end the probing, so that this very step
  /// is still drawn by the old weights.
  package mutating func observe(_ report: StepReport) {
    guard let heldOut = report.heldOut else { return }
    let (offset, probe) = place(report.step, of: report.steps)
    if offset == 0 { measured = [] }
    measured += heldOut
    guard offset == probe * parts, measured.count == parts * (parts + 1) else { return }
    // How much the probe of domain j lowered the loss of domain i.
    let falls = (0..<parts).map { i -> [Double] in
      (0..<parts).map { j -> Double in measured[j * parts + i] - measured[(j + 1) * parts + i] }
    }
    let gains = Self.gains(falls, focus: focus)
    for j in 0..<parts { logWeights[j] += rate * gains[j] }
    let top = logWeights.max()!
    let total = top + log(logWeights.reduce(0) { $0 + exp($1 - top) })
    logWeights = logWeights.map { $0 - total }
    measured = []
  }

  /// Σᵢ Aᵢⱼ of the scaled matrix A, from the falls of each domain's loss (i) under each probe (j):
  /// with P the probes' weights, one a row, the falls of domain i are P Aᵢ.
  package static func gains(_ falls: [[Double]], focus: Double) -> [Double] {
    let parts = falls.count
    let rest = (1 - focus) / Double(parts - 1)
    // P = (f - r) I + r 1 1ᵀ, whose inverse is known (Sherman and Morrison).
    let difference = focus - rest
    precondition(abs(difference) > 1e-9, "expected probes that differ, found a focus of \(focus)")
    var matrix = falls.map { row -> [Double] in
      let sum = row.reduce(0, +)
      let shared = rest * sum / (difference + rest * Double(parts))
      return row.map { ($0 - shared) / difference }
    }
    let lowest = matrix.flatMap { $0 }.min()!
    if lowest < 0 { matrix = matrix.map { $0.map { $0 - lowest } } }
    let total = matrix.reduce(0) { $0 + $1.reduce(0, +) }
    let columns = (0..<parts).map { j in matrix.reduce(0) { $0 + $1[j] } }
    return total > 0 && total.isFinite ? columns.map { $0 / total } : columns.map { _ in 0 }
  }

  package var state: ScheduleState? {
    get { ScheduleState(["logWeights": logWeights, "measured": measured]) }
    set {
      if let values = newValue?.numbers["logWeights"], values.count == parts { logWeights = values }
      if let values = newValue?.numbers["measured"] { measured = values }
    }
  }
}
