import Foundation
import Numerics

/// Aioli: weights from how much a little training on each domain lowers each domain's held-out loss.
///
/// Chen et al., [Aioli](https://arxiv.org/abs/2411.05735), algorithms 1 and 2: the run is cut into
/// rounds. Each begins with probes, a few steps on each domain in turn at a weight of `focus`, the rest
/// shared by the others; the falls of the held-out losses give the matrix A of `L_(t+1) = L_t - A p`.
/// The rest of the round is trained at weights in proportion to `exp(η Σᵢ Aᵢⱼ)`, with A shifted to have no negative
/// entry and scaled to a sum of one (`--aioli_normalize_A`).
package struct ProbedWeights: WeightSchedule {
  package struct Settings: Sendable, Hashable {
    package var rounds: Int
    /// How often a round goes through all domains.
    package var sweeps: Int
    /// Share of a round that goes to probes.
    package var probeShare: Double
    package var focus: Double
    package var rate: Double
    /// What the matrices of earlier rounds count in a moving average, which replaces the weights at each round; nil
    /// for weights that each round's matrix multiplies.
    package var memory: Double?
    /// Whether each sweep has an order of its own.
    package var isShuffled: Bool

    /// The repository `HazyResearch/aioli`, version a236112, `trainer/aioli_trainer.py` with the settings of its
    /// short runs on more than two domains, `scripts/arxiv_books_stackexchange/aioli/run.sh`: twenty rounds of 250
    /// steps, four sweeps of six steps on each of three domains, η = .1, a moving average of .5, and probes of one
    /// half. With more than three domains a probe of one half is one of .75, as in `scripts/full`.
    package static func published(parts: Int) -> Settings {
      Settings(
        rounds: 20, sweeps: 4, probeShare: 0.288, focus: parts > 3 ? 0.75 : 0.5, rate: 0.1,
        memory: 0.5, isShuffled: true)
    }

    /// One sweep in a fixed order, as runs before November 28, 2026 have it.
    package static let oneSweep = Settings(
      rounds: 8, sweeps: 1, probeShare: 0.2, focus: 0.75, rate: 1, memory: nil, isShuffled: false)
  }

  package let parts: Int
  package let settings: Settings
  private let seed: UInt64

  private var logWeights: [Double]
  /// Σᵢ Aᵢⱼ, averaged over the rounds so far; empty before the first.
  private var average: [Double] = []
  /// The held-out losses before the round's first probe and after each probe, one after the other.
  private var measured: [Double] = []

  /// - Parameter seed: of the orders of the sweeps.
  package init(parts: Int, settings: Settings, seed: UInt64 = 0) {
    self.parts = parts
    self.settings = settings
    self.seed = seed
    logWeights = [Double](repeating: -log(Double(parts)), count: parts)
  }

  package var identity: String {
    guard settings != .oneSweep else {
      return "aioli rounds 8 probes 0.2 focus 0.75 rate 1.0"
    }
    return
      "aioli rounds \(settings.rounds) sweeps \(settings.sweeps) probes \(settings.probeShare) "
      + "focus \(settings.focus) rate \(settings.rate) memory \(settings.memory ?? 0) seed \(seed)"
  }

  private struct Place {
    var round: Int
    /// Steps since the round began.
    var offset: Int
    /// Steps of one probe.
    var length: Int
    /// Probes of the round.
    var probes: Int
  }

  /// Fewer sweeps, and then fewer rounds, where the run is too short for probes to be at most about half of it.
  private func place(_ step: Int, of steps: Int) -> Place {
    let most = max(steps / max(settings.rounds, 1) - 1, 0) / (2 * parts)
    let sweeps = max(min(settings.sweeps, most), 1)
    let rounds = max(min(settings.rounds, steps / (2 * parts * sweeps + 1)), 1)
    let round = min(step * rounds / steps, rounds - 1)
    let start = (round * steps + rounds - 1) / rounds
    let end = ((round + 1) * steps + rounds - 1) / rounds
    let probes = parts * sweeps
    let length = max(Int(settings.probeShare * Double(end - start)) / probes, 1)
    return Place(round: round, offset: step - start, length: length, probes: probes)
  }

  /// The domain of each of a round's probes.
  private func order(_ place: Place) -> [Int] {
    (0..<(place.probes / parts)).flatMap { sweep -> [Int] in
      var order = Array(0..<parts)
      if settings.isShuffled {
        var generator = SeededGenerator(
          seed: seed, stream: "probes of round \(place.round), sweep \(sweep)")
        generator.shuffle(&order)
      }
      return order
    }
  }

  package func weights(step: Int, of steps: Int) -> [Double] {
    let place = place(step, of: steps)
    guard parts > 1, place.offset < place.length * place.probes else { return current }
    return probeWeights(order(place)[place.offset / place.length])
  }

  private func probeWeights(_ domain: Int) -> [Double] {
    let rest = (1 - focus) / Double(parts - 1)
    return (0..<parts).map { $0 == domain ? focus : rest }
  }

  /// With two domains at even weights a probe would say nothing.
  private var focus: Double { parts == 2 ? max(settings.focus, 0.75) : settings.focus }

  /// The weights between probes.
  package var current: [Double] {
    let weights = logWeights.map { exp($0) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  package func wantsHeldOutLosses(step: Int, of steps: Int) -> Bool {
    let place = place(step, of: steps)
    return parts > 1 && place.offset <= place.length * place.probes
      && place.offset % place.length == 0
  }

  /// The losses that come with the step after the last probe end the probing, so that this very step
  /// is still drawn by the old weights.
  package mutating func observe(_ report: StepReport) {
    guard let heldOut = report.heldOut else { return }
    let place = place(report.step, of: report.steps)
    if place.offset == 0 { measured = [] }
    measured += heldOut
    guard place.offset == place.length * place.probes,
      measured.count == parts * (place.probes + 1)
    else { return }
    // How much the probes of domain j lowered the loss of domain i, on average over the sweeps.
    var falls = [[Double]](repeating: [Double](repeating: 0, count: parts), count: parts)
    let sweeps = Double(place.probes / parts)
    for (probe, j) in order(place).enumerated() {
      for i in 0..<parts {
        falls[i][j] +=
          (measured[probe * parts + i] - measured[(probe + 1) * parts + i]) / sweeps
      }
    }
    take(Self.gains(falls, focus: focus))
    measured = []
  }

  private mutating func take(_ gains: [Double]) {
    if let memory = settings.memory {
      average =
        average.isEmpty ? gains : zip(gains, average).map { (1 - memory) * $0 + memory * $1 }
      logWeights = average.map { settings.rate * $0 }
    } else {
      for j in 0..<parts { logWeights[j] += settings.rate * gains[j] }
    }
    let total = logSumExp(logWeights)
    logWeights = logWeights.map { $0 - total }
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
    get {
      ScheduleState(["logWeights": logWeights, "average": average, "measured": measured])
    }
    set {
      if let values = newValue?.numbers["logWeights"], values.count == parts { logWeights = values }
      average = newValue?.numbers["average"] ?? []
      measured = newValue?.numbers["measured"] ?? []
    }
  }
}
