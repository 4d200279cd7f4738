import Mixtures
import Numerics

/// CLIMB: three rounds of runs, each drawn from what a regression of those before holds best: `climb` and
/// `climb-tuned`.
///
/// Diao et al., [CLIMB](https://arxiv.org/abs/2504.13161), section 3: 64, 32 and 16 runs, here in that
/// proportion of whatever may be tried.
struct ClimbSearch: FittedSearch {
  enum Design: Sendable {
    /// The first round from a Dirichlet distribution whose concentrations are the domains' shares of the text;
    /// later ones from the best of 100,000 draws of it, as many as the square of the round's runs and 128 at
    /// least; LightGBM's trees.
    case published
    /// The first round is the even spread that other methods try too; later ones come from the best 200 of 20,000
    /// even draws; trees for few runs.
    case tuned

    var kind: RegressionModel.Kind { self == .published ? .climb : .tuned }
    var simulated: Int { self == .published ? 100_000 : 20_000 }
    func pool(for runs: Int) -> Int { self == .published ? max(runs * runs, 128) : max(200, runs) }
  }

  private let design: Design
  let context: MethodContext
  /// Where each round ends.
  private let ends: [Int]
  var runs: FittedRuns<RegressionModel>
  /// The mixtures of a later round by what is known of the rounds before.
  private var rounds = [Remembered<[[Double]]?>(), Remembered<[[Double]]?>()]

  init(_ design: Design, context: MethodContext) {
    self.design = design
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
      return spread(ordinal, taken: taken)
    }
    let start = ends[round - 1]
    let drawn = rounds[round - 1].value {
      fitted(to: LawData(runs.observations.prefix(start), objective: context.objective))
        .map { drawnRound(round, model: $0, count: ends[round] - start) }
    }
    guard let drawn else { return spread(ordinal, taken: taken) }
    return context.designed(drawn[ordinal - start], taken: taken)
  }

  /// A run of the first round, and of any beyond the last.
  private func spread(_ ordinal: Int, taken: [Mixture]) -> Suggestion? {
    guard design == .published else { return context.quasiRandom(ordinal, taken: taken) }
    var generator = SeededGenerator(seed: context.seed, stream: "climb spread \(ordinal)")
    return context.designed(
      Simplex.dirichlet(concentrations: concentrations, using: &generator), taken: taken)
  }

  private var concentrations: [Double] {
    design == .published
      ? context.textShares.map { max($0, 1e-4) } : context.domains.map { _ in 1 }
  }

  private func drawnRound(_ round: Int, model: RegressionModel, count: Int) -> [[Double]] {
    var pool = simulation(model, stream: "climb \(round)", keeping: design.pool(for: count)).best
    var generator = SeededGenerator(seed: context.seed, stream: "climb pool \(round)")
    generator.shuffle(&pool)
    return Array(pool.prefix(count))
  }

  private func simulation(
    _ model: RegressionModel, stream: String, keeping: Int
  ) -> Simulation {
    Simulation(
      count: design.simulated, keeping: keeping, concentrations: concentrations, seed: context.seed,
      stream: stream, model: model, feasible: context.feasible)
  }

  func fitted(to data: LawData) -> RegressionModel? {
    RegressionModel(design.kind, to: data, seed: context.seed)
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
