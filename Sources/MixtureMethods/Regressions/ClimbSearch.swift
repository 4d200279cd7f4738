import Mixtures
import Numerics

/// CLIMB: three rounds of runs, each drawn from what a regression of those before holds best: `climb`.
///
/// Diao et al., [CLIMB](https://arxiv.org/abs/2504.13161), section 3: 64, 32 and 16 runs, here in that
/// proportion of whatever may be tried. The first round is the even spread that other methods try too.
package struct ClimbSearch: PredictsLosses {
  static let published = [64, 32, 16]
  /// Mixtures simulated for a round, and those of the lowest predictions that it is drawn from.
  static let simulated = 20_000
  static let pool = 200

  package let context: MethodContext
  /// Where each round ends.
  private let ends: [Int]
  private var observations: [Observation] = []
  private var results: ObservedMixtures
  private var model = Remembered<RegressionModel?>()
  /// The mixtures of a later round by what is known of the rounds before.
  private var rounds = [Remembered<[[Double]]?>(), Remembered<[[Double]]?>()]

  package init(context: MethodContext) {
    self.context = context
    results = ObservedMixtures(objective: context.objective)
    let total = context.trials ?? Self.published.reduce(0, +)
    ends = Self.ends(of: total)
  }

  /// 64 : 32 : 16 of a total, rounded so that all are used.
  package static func ends(of total: Int) -> [Int] {
    let all = published.reduce(0, +)
    let first = (total * published[0] + all / 2) / all
    let second = (total * (published[0] + published[1]) + all / 2) / all
    return [min(max(first, 1), total), min(max(second, 1), total), total]
  }

  package mutating func update(with observations: [Observation]) {
    guard !observations.isEmpty else { return }
    // A round depends on what came before it: what was remembered holds where that is all there.
    for (round, end) in ends.dropLast().enumerated() where self.observations.count < end {
      rounds[round] = Remembered()
    }
    self.observations += observations
    results.append(observations)
    model = Remembered()
  }

  package func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard let round = ends.firstIndex(where: { ordinal < $0 }), round > 0 else {
      return quasiRandom(ordinal, pending: pending)
    }
    let start = ends[round - 1]
    let drawn = rounds[round - 1].value {
      RegressionModel(
        .trees,
        to: LawData(observations.prefix(start), objective: context.objective), seed: context.seed
      ).map { drawnRound(round, model: $0, count: ends[round] - start) }
    }
    guard let drawn else {
      return quasiRandom(ordinal, pending: pending)
    }
    let taken = observations.map(\.mixture) + pending
    return context.proposed(drawn[ordinal - start], taken: taken).map {
      Suggestion(mixture: $0, reason: .design)
    }
  }

  private func quasiRandom(_ ordinal: Int, pending: [Mixture]) -> Suggestion? {
    context.quasiRandomMixture(ordinal, taken: observations.map(\.mixture) + pending).map {
      Suggestion(mixture: $0, reason: .quasiRandom)
    }
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

  package func recommendations(_ count: Int) -> [Recommendation] {
    guard let model = fitted() else { return results.best(count) }
    // The mixture that the last regression holds best.
    let best = simulation(model, stream: "climb optimum", keeping: 1).best[0]
    return results.recommendations(
      count, optimum: context.handedOver(best, by: model), model: model)
  }

  package func lossModel() -> (any LossModel)? { fitted() }

  private func fitted() -> RegressionModel? {
    model.value {
      RegressionModel(
        .trees, to: LawData(observations, objective: context.objective), seed: context.seed)
    }
  }
}
