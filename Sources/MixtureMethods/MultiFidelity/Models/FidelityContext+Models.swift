import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// A step that could be taken, and what it would measure.
struct FidelityOption: Sendable {
  var step: FidelityStep
  /// Index among the mixtures that options were asked for.
  var mixture: Int
  var level: Int
  /// The rungs beyond what the run has reached, to the last of the step.
  var rungs: ClosedRange<Int>
  /// The run that goes on; nil for a new one.
  var run: Int?
  /// In runs of the target.
  var cost: Double
}

extension FidelityContext {
  /// What a model over mixtures, sizes and lengths is conditioned on, and the run that each of its rows is.
  ///
  /// - Returns: nil before anything was measured.
  func scaleData(_ runs: [FidelityRun]) -> (data: ScaleData, ids: [Int])? {
    var rows: [ScaleData.Run] = []
    var ids: [Int] = []
    for run in runs {
      let known = run.measurements.filter { $0.losses.allSatisfy(\.isFinite) }
      guard !known.isEmpty else { continue }
      rows.append(
        ScaleData.Run(
          weights: run.mixture.weights, parameters: parameters(run.level),
          tokens: known.map { tokens(run.level, $0.rung) }, losses: known.map(\.losses)))
      ids.append(run.id)
    }
    guard !rows.isEmpty else { return nil }
    return (
      ScaleData(
        runs: rows, target: target, ownDomains: outputs.map { domains.firstIndex(of: $0) },
        availableTokens: matchesEpochs ? nil : text.map { $0.limits.map(Double.init) }), ids
    )
  }

  /// Places of the front's two losses among the outputs; nil without a front.
  var frontOutputs: [Int]? {
    front.map { names in names.map { outputs.firstIndex(of: $0)! } }
  }

  func parameters(_ level: Int) -> Double {
    max(Double(grid.levels[level][0].scale.parameters), 1)
  }

  func tokens(_ level: Int, _ rung: Int) -> Double {
    max(Double(grid.levels[level][rung].scale.tokens), 1)
  }

  /// A point as the model sees it.
  func cell(_ point: FidelityPoint) -> ScaleCell {
    ScaleCell(
      size: log(target.parameters / parameters(point.level)),
      length: log(target.tokens / tokens(point.level, point.rung)))
  }

  private var target: ScaleData.Target {
    ScaleData.Target(
      parameters: parameters(grid.target.level),
      tokens: tokens(grid.target.level, grid.target.rung), isOfRuns: judgesRuns)
  }

  /// Point `ordinal` of an even spread over what is feasible; from a pool, the nearest mixture there
  /// (Hellinger) that can be run so far and is not taken.
  ///
  /// - Returns: nil where the pool has no other.
  func spreadMixture(_ ordinal: Int, at point: FidelityPoint, taken: [Mixture]) -> Mixture? {
    let weights = FeasibleSpread(feasible).point(ordinal, seed: seed)
    guard let candidates else { return Mixture(domains: domains, proportionalTo: weights) }
    func affinity(_ mixture: Mixture) -> Double {
      zip(mixture.weights, weights).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
    }
    return candidates.filter {
      !taken.contains($0) && reaches(point, with: $0)
    }.enumerated().max {
      let (a, b) = (affinity($0.element), affinity($1.element))
      return a != b ? a < b : $0.offset > $1.offset
    }?.element
  }

  /// Mixtures of which no run diverged, and that are not among those of which one did, unless all are.
  func sound(_ mixtures: [Mixture], runs: [FidelityRun]) -> [Mixture] {
    let lost = Set(runs.filter(\.hasDiverged).map(\.mixture))
    guard !lost.isEmpty else { return mixtures }
    let diverged = runs.filter(\.hasDiverged).map(\.mixture.weights)
    let ended = runs.filter { !$0.hasDiverged && !$0.measurements.isEmpty }.map(\.mixture.weights)
    let sound = mixtures.filter { !lost.contains($0) }
    let apart = sound.filter {
      !isAmongDiverged($0.weights, diverged: diverged, ended: ended)
    }
    return apart.isEmpty ? sound : apart
  }

  /// Every step that can be taken with one of the mixtures and paid: new runs, and paused ones that go on.
  ///
  /// - Parameter rungs: where runs of a size may end.
  func options(
    over mixtures: [Mixture], runs: [FidelityRun], budgetLeft: Double, measuringOnTheWay: Bool,
    rungs: (_ level: Int) -> [Int]
  ) -> [FidelityOption] {
    var found: [FidelityOption] = []
    for (place, mixture) in mixtures.enumerated() {
      let own = runs.filter { $0.mixture == mixture }
      for level in grid.levels.indices {
        let here = own.filter { $0.level == level }
        for rung in rungs(level) {
          var steps: [(FidelityStep, FidelityRun?)] = here.map {
            (.resume(run: $0.id, rung: rung), $0)
          }
          steps.append((.start(mixture, at: FidelityPoint(level: level, rung: rung)), nil))
          for (step, run) in steps where admits(step, runs: runs) {
            let cost = cost(of: step, runs: runs, measuringOnTheWay: measuringOnTheWay)
            guard cost <= budgetLeft + 1e-9 else { continue }
            found.append(
              FidelityOption(
                step: step, mixture: place, level: level,
                rungs: ((run?.reached).map { $0 + 1 } ?? 0)...rung, run: run?.id, cost: cost))
          }
        }
      }
    }
    return found
  }

  /// Feasible mixtures to choose among where there is no pool: spread over all of them and around those that
  /// a model holds best, then around the best of these, with steps that shrink.
  ///
  /// - Parameters:
  ///   - incumbents: the most promising first.
  ///   - count: how many to return; the incumbents are among them.
  ///   - score: what a model holds of mixtures, the lower the better.
  func proposals(
    exponent: Double, incumbents: [[Double]], count: Int, seed: UInt64,
    score: ([[Double]]) -> [Double]
  ) -> [Mixture] {
    var search = MixtureSearch()
    search.candidates = 384
    var all =
      incumbents
      + search.pool(
        over: feasible, exponent: exponent, incumbents: Array(incumbents.prefix(4)), seed: seed)
    var scores = score(all)
    func best(_ count: Int) -> [Int] {
      Array(
        all.indices.filter { scores[$0].isFinite }
          .sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(count))
    }
    var generator = SeededGenerator(seed: seed, stream: "mixture steps")
    for size in [0.1, 0.03, 0.01] {
      var near: [[Double]] = []
      for center in best(4) {
        for _ in 0..<24 {
          let z = all[center].map { max(pow($0, exponent) + size * generator.normal(), 0) }
          let weights = z.map { pow($0, 1 / exponent) }
          let sum = weights.reduce(0, +)
          if sum > 0 { near.append(feasible.nearest(to: weights.map { $0 / sum })) }
        }
      }
      scores += score(near)
      all += near
    }
    var chosen = Array(0..<min(incumbents.count, count))
    for index in best(all.count) where chosen.count < count {
      if chosen.allSatisfy({ totalVariation(all[$0], all[index]) > 0.005 }) {
        chosen.append(index)
      }
    }
    return chosen.map { Mixture(domains: domains, proportionalTo: all[$0]) }
  }
}
