import Foundation

/// Online data mixing as its repository has it: weights in proportion to a smoothed mean of the exponential of each
/// domain's loss, with an even part that shrinks.
///
/// Albalak et al., [Efficient Online Data Mixing](https://arxiv.org/abs/2312.02406); the README of
/// `alon-albalak/online-data-mixing` names `SmoothedMeanWeightUpdater` (`megatron/data/data_sampling_utils.py`,
/// version edbfdad) as the paper's, and its `group_update` is what mixed batches call:
/// `Rᵢ ← α Rᵢ + (1 - α) exp(ℓᵢ)` for the domains in the batch, `ε_t = min(1/k, √(ln k / (k t)))`,
/// `πᵢ ∝ (1 - k ε_t) Rᵢ / Σ R + ε_t`. α = .5 and a warm-up of a fiftieth of the steps at the first weights as in
/// `scripts/train_1B_ema_0.5smoothing.sh`.
package struct SmoothedRewardWeights: WeightSchedule {
  package let start: [Double]
  package let smoothing: Double
  package let warmupShare: Double
  private var weights: [Double]
  private var rewards: [Double]

  /// - Parameter start: the first weights, one in sum: the natural proportions in the authors' scripts.
  package init(start: [Double], smoothing: Double = 0.5, warmupShare: Double = 0.02) {
    self.start = start
    self.smoothing = smoothing
    self.warmupShare = warmupShare
    weights = start
    rewards = start.map { _ in 0 }
  }

  package var identity: String {
    "online mixing smoothing \(smoothing) warmup \(warmupShare) start \(start)"
  }
  package var needs: ScheduleNeeds { .losses }
  package func weights(step: Int, of steps: Int) -> [Double] { weights }

  /// No update is made in the warm-up, as there.
  package mutating func observe(_ report: StepReport) {
    let parts = Double(weights.count)
    // Steps count from one.
    let step = Double(report.step + 1)
    guard weights.count > 1, step > warmupShare * Double(report.steps) else { return }
    for (index, loss) in report.losses.enumerated() {
      guard let loss else { continue }
      rewards[index] = smoothing * rewards[index] + (1 - smoothing) * exp(loss)
    }
    let total = rewards.reduce(0, +)
    guard total > 0, total.isFinite else { return }
    let even = min(1 / parts, (log(parts) / (parts * step)).squareRoot())
    let raised = rewards.map { (1 - parts * even) * $0 / total + even }
    let sum = raised.reduce(0, +)
    weights = raised.map { $0 / sum }
  }

  package var state: ScheduleState? {
    get { ScheduleState(["weights": weights, "rewards": rewards]) }
    set {
      if let values = newValue?.numbers["weights"], values.count == weights.count {
        weights = values
      }
      if let values = newValue?.numbers["rewards"], values.count == rewards.count {
        rewards = values
      }
    }
  }
}
