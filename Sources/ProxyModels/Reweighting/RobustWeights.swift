import Foundation

/// DoReMi's weights: domains on which the model is furthest from a reference model's loss gain weight.
///
/// Xie et al., [DoReMi](https://arxiv.org/abs/2305.10429), algorithm 1: with λᵢ the mean over domain i's
/// tokens of max(ℓ - ℓ_reference, 0), `w ← w exp(η λ)`, scaled to sum to one, then
/// `w ← (1 - c) w + c / k`; η = 1 and c = 1e-3. A domain that is not in the batch keeps its last λ, as in
/// the repository `sangmichaelxie/doremi`. The batch is drawn evenly and the loss of domain i counts
/// k wᵢ; the answer is the average of w over the steps.
package struct RobustWeights: WeightSchedule {
  package let rate: Double
  package let smoothing: Double
  /// Tells the reference model apart.
  package let reference: String
  private var logWeights: [Double]
  private var excesses: [Double]

  package init(parts: Int, rate: Double = 1, smoothing: Double = 1e-3, reference: String) {
    self.rate = rate
    self.smoothing = smoothing
    self.reference = reference
    logWeights = [Double](repeating: -log(Double(parts)), count: parts)
    excesses = [Double](repeating: 0, count: parts)
  }

  package var identity: String { "doremi rate \(rate) smoothing \(smoothing), \(reference)" }

  /// What it holds the domains to be worth; not what the batch is drawn by.
  package var current: [Double] { logWeights.map { exp($0) } }

  /// Even: each domain's loss is then as well known as any other's.
  package func weights(step: Int, of steps: Int) -> [Double] {
    logWeights.map { _ in 1 / Double(logWeights.count) }
  }

  package var needs: ScheduleNeeds { [.losses, .excess] }

  package func lossFactors(step: Int, of steps: Int) -> [Double]? {
    current.map { $0 * Double(logWeights.count) }
  }

  package mutating func observe(_ report: StepReport) {
    let parts = Double(logWeights.count)
    for (index, excess) in report.excesses.enumerated() {
      if let excess { excesses[index] = max(excess, 0) }
    }
    let raised = zip(logWeights, excesses).map { $0 + rate * $1 }
    let top = raised.max()!
    let total = top + log(raised.reduce(0) { $0 + exp($1 - top) })
    logWeights = raised.map { log((1 - smoothing) * exp($0 - total) + smoothing / parts) }
  }

  package var state: ScheduleState? {
    get { ScheduleState(["logWeights": logWeights, "excesses": excesses]) }
    set {
      if let weights = newValue?.numbers["logWeights"], weights.count == logWeights.count {
        logWeights = weights
      }
      if let values = newValue?.numbers["excesses"], values.count == excesses.count {
        excesses = values
      }
    }
  }

  package func answer(step: Int, of steps: Int) -> [Double] { current }
}
