import Mixtures
import Numerics

/// CLIMB: three rounds of runs, each drawn from what a regression of those before holds best: `climb`.
///
/// Diao et al., [CLIMB](https://arxiv.org/abs/2504.13161), section 3: 64, 32 and 16 runs, here in that
/// proportion of whatever may be tried. The first round is the even spread that other methods try too.
struct ClimbSearch: FittedSearch {
  /// Mixtures simulated for a round, and those of the lowest predictions that it is drawn from.
  static let simulated = 20_000
  static let pool = 200

  let context: MethodContext
  /// Where each round ends.
  private let ends: [Int]
  var runs: FittedRuns<RegressionModel>
  /// The mixtures of a later round by what is known of the rounds before.
  private var rounds = [Remembered<[[Double]]?>(), Remembered<[[Double]]?>()]

  init(context: MethodContext) {
    self.context = context
    runs = FittedRuns(objective: context.objective, feasible: context.feasible)
    ends = ClimbRounds.ends(of: context.trials ?? ClimbRounds.published.reduce(0, +))
  }

  mutating func update(with observations: [Observation]) {
    guard !observations.isEmpty else { return }
    // A round depends on what came before it: what was remembered holds where that is all there.
    for (round, end) in ends.dropLast().enumerated() where runs.observations.count < end {
      rounds[round] = Remembered()
    }
    runs.append(observations)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    let taken = runs.taken(with: pending)
    guard let round = ends.firstIndex(where: { ordinal < $0 }), round > 0 else {
      return context.quasiRandom(ordinal, taken: taken)
    }
    let start = ends[round - 1]
    let drawn = rounds[round - 1].value {
      fitted(to: LawData(runs.observations.prefix(start), objective: context.objective))
        .map { drawnRound(round, model: $0, count: ends[round] - start) }
    }
    guard let drawn else { return context.quasiRandom(ordinal, taken: taken) }
    return context.designed(drawn[ordinal - start], taken: taken)
  }

  private func drawnRound(_ round: Int, model: RegressionModel, count: Int) -> [[Double]] {
    var pool = simulation(model, stream: "climb \(round)", keeping: max(Self.pool, count)).best
    var generator = SeededGenerator(seed: context.seed, stream: "climb pool \(round)")
    generator.shuffle(&pool)
    return Array(pool.prefix(count))
  }

  private func simulation(
    _ model: RegressionModel, stream: String, keeping: Int
  ) -> Simulation {
    Simulation(
      count: Self.simulated, keeping: keeping, concentrations: context.domains.map { _ in 1 },
      seed: context.seed, stream: stream, model: model, feasible: context.feasible)
  }

  func fitted(to data: LawData) -> RegressionModel? {
    RegressionModel(.trees, to: data, seed: context.seed)
  }

  /// The mixture that the last regression holds best.
  func optimum(of model: RegressionModel) -> [Double] {
    simulation(model, stream: "climb optimum", keeping: 1).best[0]
  }
}

/// How CLIMB's trials are shared out.
package enum ClimbRounds {
  static let published = [64, 32, 16]

  /// Where each round ends: 64 : 32 : 16 of a total, rounded so that all are used.
  package static func ends(of total: Int) -> [Int] {
    let all = published.reduce(0, +)
    let first = (total * published[0] + all / 2) / all
    let second = (total * (published[0] + published[1]) + all / 2) / all
    return [min(max(first, 1), total), min(max(second, 1), total), total]
  }
}
