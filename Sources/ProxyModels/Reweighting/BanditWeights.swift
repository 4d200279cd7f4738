import Foundation

/// Online data mixing: an adversarial bandit whose arms are the domains and whose reward is the loss.
///
/// Albalak et al., [Efficient Online Data Mixing](https://arxiv.org/abs/2312.02406), algorithm 1 (EXP3 of
/// Auer et al.), with the repository `alon-albalak/online-data-mixing`'s reward of a tenth of the loss:
/// `Rᵢ += rᵢ / πᵢ`, `ε_t = min(1/k, √(ln k / (k t)))`,
/// `πᵢ = (1 - k ε_t) exp(ε_(t-1) Rᵢ) / Σ exp(ε_(t-1) R) + ε_t`. A batch of several domains counts as so
/// many pulls as it has sequences, each for its share of the step; with one domain in a batch that is
/// the published rule. Even weights for the first hundredth of the steps.
package struct BanditWeights: WeightSchedule {
  package let rewardScale: Double
  package let warmupShare: Double
  private var weights: [Double]
  private var rewards: [Double]
  private var exploration: Double

  package init(parts: Int, rewardScale: Double = 0.1, warmupShare: Double = 0.01) {
    self.rewardScale = rewardScale
    self.warmupShare = warmupShare
    let even = 1 / Double(parts)
    weights = [Double](repeating: even, count: parts)
    rewards = [Double](repeating: 0, count: parts)
    exploration = even
  }

  package var identity: String { "online mixing reward \(rewardScale) warmup \(warmupShare)" }
  package var needs: ScheduleNeeds { .losses }
  package func weights(step: Int, of steps: Int) -> [Double] { weights }

  package mutating func observe(_ report: StepReport) {
    let parts = Double(weights.count)
    let batch = Double(report.sequences.reduce(0, +))
    guard weights.count > 1, batch > 0 else { return }
    for index in weights.indices {
      guard let loss = report.losses[index] else { continue }
      let share = Double(report.sequences[index]) / batch
      rewards[index] += share * rewardScale * loss / weights[index]
    }
    // Steps count from one.
    let previous = exploration
    exploration = min(1 / parts, (log(parts) / (parts * Double(report.step + 1))).squareRoot())
    guard Double(report.step + 1) > warmupShare * Double(report.steps) else { return }
    let top = rewards.max()! * previous
    let powers = rewards.map { exp($0 * previous - top) }
    let total = powers.reduce(0, +)
    weights = powers.map { (1 - parts * exploration) * $0 / total + exploration }
    let sum = weights.reduce(0, +)
    weights = weights.map { $0 / sum }
  }

  package var state: ScheduleState? {
    get {
      ScheduleState(["weights": weights, "rewards": rewards, "exploration": [exploration]])
    }
    set {
      if let values = newValue?.numbers["weights"], values.count == weights.count {
        weights = values
      }
      if let values = newValue?.numbers["rewards"], values.count == rewards.count {
        rewards = values
      }
      if let value = newValue?.numbers["exploration"]?.first { exploration = value }
    }
  }
}
