import Foundation
import Numerics

/// Adaptive data optimization: weights by how fast each domain's own scaling law says that its loss still falls.
///
/// Jiang et al., [Adaptive Data Optimization](https://arxiv.org/abs/2410.11820); `yidingjiang/ado`,
/// `src/data_selectors/ado.py`, version bc3d8d0. From a sixtieth of the run on, and as often again, each domain's
/// training loss is fitted as `exp(e) + exp(a) n^(-α)` in the tokens n of all domains. With μ the first weights, h a
/// moving average (.9) of the shares drawn and s = max(α, .05) (L - exp(e)) / n, the preference ρ ∝ μ s √h, no share
/// below .01; the weights are .9 of the mean of ρ so far (μ is its first term) and .1 of ρ.
package struct ScalingLawWeights: WeightSchedule {
  package let start: [Double]
  /// Share of the run before the first fit, and between two fits.
  package let interval: Double
  private var drawn: [Double]
  private var mean: [Double]
  private var weights: [Double]
  /// (k, 3): a, e, α of each domain; empty before the first fit.
  private var laws: [Double] = []
  /// Tokens of each step, in sequences.
  private var batch = 0.0
  /// (steps, k), one step after another.
  private var losses: [Double] = []

  private static let memory = 0.9
  private static let leastShare = 0.01
  private static let leastPower = 0.05

  /// - Parameter start: the first weights, one in sum: the natural proportions there.
  package init(start: [Double], interval: Double = 1.0 / 60) {
    self.start = start
    self.interval = interval
    drawn = start
    mean = start
    weights = start
  }

  package var identity: String { "ado interval \(interval) start \(start)" }
  package var needs: ScheduleNeeds { .losses }
  package func weights(step: Int, of steps: Int) -> [Double] { weights }

  package mutating func observe(_ report: StepReport) {
    let parts = weights.count
    let sequences = report.sequences.map(Double.init)
    let total = sequences.reduce(0, +)
    guard parts > 1, total > 0 else { return }
    batch = total
    drawn = zip(drawn, sequences).map { Self.memory * $0 + (1 - Self.memory) * $1 / total }
    let known = zip(report.losses, sequences).compactMap { loss, count in
      loss.map { ($0 * count, count) }
    }
    let average = known.reduce(0) { $0 + $1.0 } / max(known.reduce(0) { $0 + $1.1 }, 1)
    // A domain that is not in the batch keeps its last loss.
    for loss in report.losses {
      losses.append(loss ?? (losses.count >= parts ? losses[losses.count - parts] : average))
    }
    let step = report.step + 1
    let every = max(Int(interval * Double(report.steps)), 1)
    if step >= every, step % every == 0 { fit(ignoring: every) }
    prefer(step: step)
  }

  private mutating func prefer(step: Int) {
    guard !laws.isEmpty else { return }
    let parts = weights.count
    let seen = batch * Double(step)
    let slopes = (0..<parts).map { domain -> Double in
      let (a, power) = (laws[3 * domain], laws[3 * domain + 2])
      return max(power, Self.leastPower) * exp(a - power * log(seen)) / seen
    }
    let preferred = (0..<parts).map { slopes[$0] * start[$0] * drawn[$0].squareRoot() }
    let sum = preferred.reduce(0, +)
    guard sum > 0, sum.isFinite else { return }
    let preference = Self.raised(preferred.map { $0 / sum }, least: Self.leastShare)
    weights = zip(mean, preference).map { 0.9 * $0 + 0.1 * $1 }
    let share = 1 / Double(step + 1)
    mean = zip(mean, preference).map { (1 - share) * $0 + share * $1 }
  }

  /// No share below `least`, then scaled to one.
  static func raised(_ shares: [Double], least: Double) -> [Double] {
    let missing = max(least * Double(shares.count) - shares.reduce(0, +), 0)
    let scale = (1 - missing) / shares.reduce(0, +)
    let raised = shares.map { max($0 * scale, least) }
    let sum = raised.reduce(0, +)
    return raised.map { $0 / sum }
  }

  private mutating func fit(ignoring ignored: Int) {
    let parts = weights.count
    let steps = losses.count / parts
    let chosen = Array(stride(from: min(ignored, steps - 1), to: steps, by: 10))
    guard chosen.count >= 2 else { return }
    let tokens = chosen.map { batch * Double($0 + 1) }
    var found: [Double] = []
    for domain in 0..<parts {
      let curve = (0..<steps).map { losses[$0 * parts + domain] }
      let smooth = SavitzkyGolay.smoothed(curve, window: 101, at: chosen)
      guard smooth.allSatisfy({ $0 > 0 && $0.isFinite }),
        let law = DomainScalingLaw(tokens: tokens, losses: smooth)
      else { return }
      found += [law.scale, law.floor, law.power]
    }
    laws = found
  }

  package var state: ScheduleState? {
    get {
      ScheduleState([
        "drawn": drawn, "mean": mean, "weights": weights, "laws": laws, "batch": [batch],
        "losses": losses,
      ])
    }
    set {
      guard let numbers = newValue?.numbers else { return }
      if let values = numbers["drawn"], values.count == start.count { drawn = values }
      if let values = numbers["mean"], values.count == start.count { mean = values }
      if let values = numbers["weights"], values.count == start.count { weights = values }
      laws = numbers["laws"] ?? []
      batch = numbers["batch"]?.first ?? 0
      losses = numbers["losses"] ?? []
    }
  }
}
