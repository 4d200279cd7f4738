import Foundation
import Mixtures
import Numerics

/// MFMS-GP as its authors' code has it (Yen et al., arXiv 2503.21023; `namkoong-lab/data-recipes`, version e80dcd8,
/// `opt_algos/eval_ei_optimizer.py`): `mfms`.
///
/// Twenty random mixtures of any size, each up to a twentieth of a run, with whole curves; a process fitted once to
/// these; then for each size and three lengths the largest expected improvement over the lowest loss seen anywhere,
/// and of these the largest over cost^α, α = .99^t. Where the target itself promises less than 1e-4, the lengthscales
/// of size and length fall by a twentieth. What is handed over is the mixture of the lowest loss seen anywhere.
struct PublishedMFMS: FidelityMethod {
  private static let starts = 20
  /// 9 of 197 evaluations.
  private static let longestStart = 9.0 / 197
  /// 60, 120 and 197 of 197.
  private static let lengths = [60.0 / 197, 120.0 / 197, 1]
  private static let decay = 0.99
  private static let leastImprovement = 1e-4
  private static let lengthscaleDecay = 0.95

  let context: FidelityContext
  /// Fitted to the starts, by what they gave.
  private var fitted: (key: Known, process: FixedNoiseProcess)?
  /// How often the lengthscales have fallen, by how many runs are known in their order.
  private var decays: (known: Int, count: Int)?

  init(context: FidelityContext) { self.context = context }

  var measuresOnTheWay: Bool { context.grid.measuringIsFree }

  /// What the model learns from: whole curves of the starts, the ends of later runs.
  private struct Known: Hashable {
    var inputs: [FixedNoiseProcess.Input] = []
    var outcomes: [Double] = []
    var mixtures: [Mixture] = []

    init(_ runs: some Sequence<FidelityRun>, _ context: FidelityContext) {
      let target = context.grid.target
      let (size, length) = (
        context.parameters(target.level), context.tokens(target.level, target.rung)
      )
      for run in runs {
        let values = context.values(of: run)
        for (rung, value) in run.id < starts ? values[...] : values.suffix(1) {
          inputs.append(
            .init(
              weights: run.mixture.weights, size: context.parameters(run.level) / size,
              length: context.tokens(run.level, rung) / length))
          outcomes.append(value)
          mixtures.append(run.mixture)
        }
      }
    }
  }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    if runs.count < Self.starts, let step = start(runs, budgetLeft) { return step }
    if runs.prefix(Self.starts).contains(where: \.isUnderWay) { return nil }
    guard let posterior = posterior(runs, runs.count) else {
      return start(runs, budgetLeft)
    }
    let mixtures = candidates(posterior, runs)
    let options = context.options(
      over: mixtures, runs: runs, budgetLeft: budgetLeft, measuringOnTheWay: measuresOnTheWay
    ) { rungs($0) }
    let power = pow(Self.decay, Double(max(runs.count - Self.starts, 0)))
    let scores = options.map { option in
      log(
        max(
          posterior.improvement(
            input(mixtures[option.mixture].weights, option.level, option.rungs.upperBound)),
          1e-300)) - power * log(option.cost)
    }
    return scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }.map { options[$0].step }
  }

  private func input(_ weights: [Double], _ level: Int, _ rung: Int) -> FixedNoiseProcess.Input {
    let target = context.grid.target
    return .init(
      weights: weights, size: context.parameters(level) / context.parameters(target.level),
      length: context.tokens(level, rung) / context.tokens(target.level, target.rung))
  }

  /// Sizes up to the target's.
  private var levels: Range<Int> { 0..<(context.grid.target.level + 1) }

  /// Of a size the rungs nearest to the three lengths.
  private func rungs(_ level: Int) -> [Int] {
    guard levels.contains(level) else { return [] }
    let whole = context.tokens(context.grid.target.level, context.grid.target.rung)
    var chosen: [Int] = []
    for length in Self.lengths {
      let rung = context.grid.levels[level].indices.min { a, b in
        let (x, y) = (
          abs(context.tokens(level, a) - length * whole),
          abs(context.tokens(level, b) - length * whole)
        )
        return (x, a) < (y, b)
      }!
      if !chosen.contains(rung) { chosen.append(rung) }
    }
    return chosen
  }

  /// A random mixture at a random size, up to a random one of the shortest rungs.
  private func start(_ runs: [FidelityRun], _ budgetLeft: Double) -> FidelityStep? {
    var generator = SeededGenerator(seed: context.seed, stream: "mfms start \(runs.count)")
    let whole = context.tokens(context.grid.target.level, context.grid.target.rung)
    var pool = context.shuffledCandidates("mfms mixtures \(runs.count)")
    for _ in 0..<100 {
      let level = generator.integer(below: levels.count)
      let short = context.grid.levels[level].indices.filter {
        context.tokens(level, $0) <= Self.longestStart * whole
      }
      let point = FidelityPoint(
        level: level, rung: short.isEmpty ? 0 : short[generator.integer(below: short.count)])
      let mixture: Mixture
      if pool != nil {
        guard let last = pool!.popLast() else { return nil }
        mixture = last
      } else {
        mixture = context.uniformMixture(using: &generator)
      }
      let step = FidelityStep.start(mixture, at: point)
      if context.admits(step, runs: runs),
        context.cost(of: step, runs: runs, measuringOnTheWay: measuresOnTheWay)
          <= budgetLeft + 1e-9
      {
        return step
      }
    }
    return nil
  }

  /// The model after the first `count` runs, with the lengthscales that it has by then.
  private mutating func posterior(
    _ runs: [FidelityRun], _ count: Int
  ) -> FixedNoiseProcess.Posterior? {
    let key = Known(runs.prefix(Self.starts), context)
    guard !key.outcomes.isEmpty else { return nil }
    if fitted?.key != key {
      var generator = SeededGenerator(seed: context.seed, stream: "mfms mean")
      var process = FixedNoiseProcess(parts: context.domains.count, using: &generator)
      process.fit(key.inputs, key.outcomes)
      fitted = (key, process)
      decays = nil
    }
    // How often they have fallen is told by the runs that have ended, in their order, so that a search that was
    // interrupted knows it too.
    let ended = runs.firstIndex(where: \.isUnderWay) ?? runs.count
    var known = decays ?? (Self.starts, 0)
    while known.known < min(ended, count) {
      known.known += 1
      if let posterior = process(known.count).posterior(of: runs.prefix(known.known), context) {
        let target = context.grid.target
        let most = samples(runs, known.known).map {
          posterior.improvement(input($0, target.level, target.rung))
        }.max()
        if let most, most < Self.leastImprovement { known.count += 1 }
      }
    }
    decays = known
    return process(known.count).posterior(of: runs.prefix(count), context)
  }

  private func process(_ decays: Int) -> Scaled {
    Scaled(process: fitted!.process, factor: pow(Self.lengthscaleDecay, Double(decays)))
  }

  /// The process with shorter lengthscales of size and length.
  private struct Scaled {
    var process: FixedNoiseProcess
    var factor: Double

    func posterior(
      of runs: some Sequence<FidelityRun>, _ context: FidelityContext
    ) -> FixedNoiseProcess.Posterior? {
      var process = process
      process.lengthscales[1] *= factor
      process.lengthscales[2] *= factor
      let known = Known(runs, context)
      return .init(process, known.inputs, known.outcomes)
    }
  }

  /// Mixtures at which the target is asked how much it promises: the pool's, or draws as those of the authors'
  /// starts, whose logits are uniform on [-3, 3].
  private func samples(_ runs: [FidelityRun], _ count: Int) -> [[Double]] {
    if let candidates = context.candidates { return candidates.map(\.weights) }
    var generator = SeededGenerator(seed: context.seed, stream: "mfms samples \(count)")
    return (0..<64).map { _ in draw(using: &generator) }
  }

  private func draw(using generator: inout SeededGenerator) -> [Double] {
    mixture(context.domains.map { _ in 6 * generator.uniform() - 3 })
  }

  private func mixture(_ logits: [Double]) -> [Double] {
    let total = logSumExp(logits)
    return context.feasible.nearest(to: logits.map { exp($0 - total) })
  }

  /// The pool; or for each size and length the mixture of the largest improvement, by draws and by steps around
  /// the best of them that shrink.
  private func candidates(
    _ posterior: FixedNoiseProcess.Posterior, _ runs: [FidelityRun]
  ) -> [Mixture] {
    if let candidates = context.candidates { return context.sound(candidates, runs: runs) }
    var found: [Mixture] = []
    for level in levels {
      for rung in rungs(level) {
        var generator = SeededGenerator(
          seed: context.seed, stream: "mfms \(runs.count) at \(level):\(rung)")
        func score(_ logits: [Double]) -> Double {
          posterior.improvement(input(mixture(logits), level, rung))
        }
        var best: (logits: [Double], score: Double) = ([], -.infinity)
        func take(_ logits: [Double]) {
          let score = score(logits)
          if score > best.score { best = (logits, score) }
        }
        for _ in 0..<64 { take(context.domains.map { _ in 6 * generator.uniform() - 3 }) }
        for size in [1, 0.3, 0.1] {
          for _ in 0..<24 {
            take(best.logits.map { min(max($0 + size * generator.normal(), -3), 3) })
          }
        }
        found.append(
          Mixture(domains: context.domains, proportionalTo: mixture(best.logits)))
      }
    }
    return found
  }

  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    let known = Known(runs, context)
    let best = known.outcomes.indices.filter {
      context.feasible.contains(known.mixtures[$0].weights)
    }.min { (known.outcomes[$0], $0) < (known.outcomes[$1], $1) }
    return best.map { FidelityRecommendation(mixture: known.mixtures[$0]) }
  }
}
