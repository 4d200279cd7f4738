import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Losses at a size and length that nobody ran, from runs of smaller sizes and shorter lengths: how high, how sure, and
/// which mixture is the best there.
package struct ScaleForecast: Sendable {
  /// A number and where it is with 95 %.
  package struct Range: Sendable, Hashable, Codable {
    package var mean: Double
    package var low: Double
    package var high: Double

    init(_ draws: [Double]) {
      let sorted = draws.sorted()
      mean = Statistics.mean(draws)
      low = Statistics.quantile(ofSorted: sorted, 0.025)
      high = Statistics.quantile(ofSorted: sorted, 0.975)
    }
  }

  /// One mixture at the target.
  package struct Item: Sendable {
    package enum Origin: String, Sendable, Codable { case run, given, found }

    package var mixture: Mixture
    /// Why it is told of.
    package var origin: Origin
    /// Parameters of the largest model that was trained on it; nil where none was.
    package var largestRun: Double?
    package var objective: Range
    /// Of every held-out domain.
    package var losses: [Range]
    /// The objective less that of the mixture that is handed over.
    package var difference: Range
    /// That it is the best of all mixtures considered.
    package var probabilityOfBest: Double
    /// What it is expected to lose against the best: with guards, of those that keep them, which may lose more.
    package var expectedRegret: Double
    /// That each guard holds.
    package var guards: [Double]
    /// That no other mixture considered is better in both domains of the front; nil without one.
    package var front: Double?
  }

  /// The one that is handed over first, then those asked for, then the others from the lowest expected regret on.
  package var items: [Item]
  /// By how much the lowest mean is below that of the one that is handed over, where the model picked its mixture from
  /// many and that is not enough; nil where the lowest is handed over.
  package var withheld: Double?
  /// How likely the one that is handed over keeps all guards; nil without any. Under one half no other is likelier to.
  package var keepsGuards: Double?
  /// How many mixtures were considered.
  package var considered: Int
  package var runs: Int
  package var reach: ForecastReach
  package var checks: [ForecastCheck]
  package var factors: ScaleSurrogate.VarianceFactors

  /// The most mixtures that are weighed jointly, and the draws of their losses.
  private static let (contenders, draws) = (80, 1000)
  /// The probability from which on a mixture counts as keeping guards.
  private static let likely = 0.5

  /// - Parameter shown: mixtures besides those asked for.
  /// - Returns: nil where nothing can be fitted.
  package init?(_ question: ForecastQuestion, shown: Int = 6) {
    let data = question.data
    guard data.count >= 3, let fit = ScaleFit.selected(for: data, runs: 60, draws: 8),
      let surrogate = ScaleSurrogate(data: data.withRungs(atMost: 4), fit: fit)
    else { return nil }
    reach = ForecastReach(data)
    runs = data.count
    checks = ForecastCheck.all(data, question.function)
    factors = ForecastCheck.factors(checks)
    let candidates = Self.candidates(question, surrogate)
    considered = candidates.count
    let queries = surrogate.targetQueries(candidates.map(\.mixture.weights))
    guard
      let losses = surrogate.samples(
        Self.draws, at: queries, factors: factors, seed: question.seed)
    else { return nil }
    let function = question.function
    // What is chosen by also counts what leaving a mixture costs; what is told is the loss alone.
    let costs = candidates.map { question.feasible.pull?.value(at: $0.mixture.weights) ?? 0 }
    let objectives = losses.map { draw in draw.map { function.value(of: $0) } }
    let values = objectives.map { draw in zip(draw, costs).map { $0 + $1 } }
    func column(_ place: Int) -> [Double] { objectives.map { $0[place] } }
    // Which is the best is decided among contenders.
    let means = candidates.indices.map { place in Statistics.mean(values.map { $0[place] }) }
    let factors = factors
    let contended = values.map { factors.contended($0, means: means) }
    let limits = question.guarded.limits
    // Of each draw which mixtures keep all guards; all, where none does.
    let keeping = losses.map { draw in
      draw.map { all in limits.allSatisfy { all[$0.output] <= $0.loss } }
    }
    let kept = candidates.indices.map { place in
      Double(keeping.count { $0[place] }) / Double(keeping.count)
    }
    let lowest = zip(contended, keeping).map { draw, keeps in
      zip(draw, keeps).filter(\.1).map(\.0).min() ?? draw.min()!
    }
    let regrets = candidates.indices.map { place in
      Statistics.mean(zip(contended, lowest).map { $0[place] - $1 })
    }
    let (best, withheld) = Self.choice(candidates, values, means: means, kept: kept)
    self.withheld = withheld
    keepsGuards = limits.isEmpty ? nil : kept[best]
    let front = question.front.map { names in
      let outputs = names.map { question.outputs.firstIndex(of: $0)! }
      return Pareto.chances(losses.map { draw in draw.map { all in outputs.map { all[$0] } } })
    }
    let others = candidates.indices.filter { $0 != best && candidates[$0].origin != .given }
      .sorted { a, b in
        let (first, second) = (kept[a] >= Self.likely, kept[b] >= Self.likely)
        return first != second ? first : (regrets[a], a) < (regrets[b], b)
      }
    // With a front, those that may well be on it are shown too.
    let fronted = front.map { chances in
      others.filter { chances[$0] > 0.1 }.sorted { (-chances[$0], $0) < (-chances[$1], $1) }
        .prefix(2 * shown)
    }
    let given = candidates.indices.filter { $0 != best && candidates[$0].origin == .given }
    var order = [best] + given + others.prefix(shown)
    for place in fronted ?? [] where !order.contains(place) { order.append(place) }
    let reference = column(best)
    items = order.map { place in
      Item(
        mixture: candidates[place].mixture, origin: candidates[place].origin,
        largestRun: data.runs.filter { Self.isSame($0.weights, candidates[place].mixture.weights) }
          .map(\.parameters).max(),
        objective: Range(column(place)),
        losses: question.outputs.indices.map { d in Range(losses.map { $0[place][d] }) },
        difference: Range(zip(column(place), reference).map { $0 - $1 }),
        probabilityOfBest: Double(zip(contended, lowest).count { $0[place] == $1 })
          / Double(contended.count),
        expectedRegret: regrets[place],
        guards: limits.map { limit in
          Double(losses.count { $0[place][limit.output] <= limit.loss }) / Double(losses.count)
        }, front: front?[place])
    }
  }

  private struct Candidate {
    var mixture: Mixture
    var origin: Item.Origin
    /// Whether it was picked by what the model says of it.
    var isPicked = false
  }

  private static func isSame(_ one: [Double], _ other: [Double]) -> Bool {
    totalVariation(one, other) <= 1e-6
  }

  /// Mixtures that were run, those asked for, equal shares and those that the model holds best; none where runs diverge,
  /// unless that leaves nothing.
  private static func candidates(
    _ question: ForecastQuestion, _ surrogate: ScaleSurrogate
  ) -> [Candidate] {
    let guarded = question.guarded
    func bounds(_ mixtures: [[Double]]) -> [Double] {
      guard !mixtures.isEmpty else { return [] }
      let queries = surrogate.targetQueries(mixtures)
      let field = surrogate.field(question.function, at: queries)
      let scores = zip(field.differences, mixtures).map { difference, weights in
        difference.mean - difference.deviation + (question.feasible.pull?.value(at: weights) ?? 0)
      }
      guard !guarded.limits.isEmpty else { return scores }
      // What is expected to exceed a guard; how uncertain that is all mixtures share.
      let costs = zip(surrogate.targetValues(of: guarded, at: mixtures), field.values)
      return zip(scores, costs).map { $0 + $1.0.mean - $1.1.mean }
    }
    func isAvoided(_ weights: [Double]) -> Bool {
      question.diverged.contains { isSame($0, weights) }
        || isAmongDiverged(
          weights, diverged: question.diverged, ended: question.data.runs.map(\.weights))
    }
    var found: [Candidate] = []
    func add(_ mixtures: [Mixture], _ origin: Item.Origin, isPicked: Bool = false) {
      for mixture in mixtures
      where found.allSatisfy({ !isSame($0.mixture.weights, mixture.weights) })
        && (origin == .given || !isAvoided(mixture.weights))
      {
        found.append(Candidate(mixture: mixture, origin: origin, isPicked: isPicked))
      }
    }
    add(question.given, .given)
    var seen: Set<[Double]> = []
    let run = question.data.runs.map(\.weights).filter { weights in
      question.feasible.contains(weights) && seen.insert(weights).inserted && !isAvoided(weights)
    }
    let scores = bounds(run)
    let ranked = run.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    let made = { (weights: [Double]) in
      Mixture(domains: question.domains, proportionalTo: weights)
    }
    add(ranked.prefix(contenders / 2).map { made(run[$0]) }, .run)
    let grid = FidelityGrid(
      levels: [
        [
          .init(
            scale: Scale(
              size: "target", parameters: Int(min(question.data.target.parameters, 9e18)),
              tokens: Int(min(question.data.target.tokens, 9e18))), trunkCost: 1)
        ]
      ], target: FidelityPoint(level: 0, rung: 0))
    let context = FidelityContext(
      domains: question.domains, objective: question.objective, grid: grid,
      feasible: question.feasible, seed: question.seed, budget: 1)
    add([UniformSearch(context: context).mixture].compactMap { $0 }, .found)
    let near = context.proposals(
      exponent: surrogate.exponent, incumbents: ranked.prefix(4).map { run[$0] },
      count: max(contenders - found.count, 8), seed: question.seed, score: bounds)
    add(near, .found, isPicked: true)
    guard found.isEmpty else { return found }
    var other = question
    other.diverged = []
    return candidates(other, surrogate)
  }

  /// The lowest mean among mixtures that were named before the model spoke (run, asked for, equal shares), or one that
  /// the model picked if it is better by half a deviation of their difference: its lowest mean of many is lower than it
  /// should be. Of those that keep all guards as likely as not; where none does, the one that is likeliest to.
  private static func choice(
    _ candidates: [Candidate], _ values: [[Double]], means: [Double], kept: [Double]
  ) -> (place: Int, withheld: Double?) {
    func lowest(_ places: [Int]) -> Int? {
      places.min { (means[$0], $0) < (means[$1], $1) }
    }
    let keepers = candidates.indices.filter { kept[$0] >= likely }
    guard let best = lowest(keepers) else {
      return (
        candidates.indices.min { (-kept[$0], means[$0], $0) < (-kept[$1], means[$1], $1) }!, nil
      )
    }
    guard let named = lowest(keepers.filter { !candidates[$0].isPicked }), named != best
    else { return (best, nil) }
    let gaps = values.map { $0[named] - $0[best] }
    let deviation = (Statistics.variance(gaps) ?? 0).squareRoot()
    let gap = means[named] - means[best]
    return gap > 0.5 * deviation ? (best, nil) : (named, gap)
  }
}
