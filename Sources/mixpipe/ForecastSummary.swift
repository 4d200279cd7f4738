import GaussianProcesses
import MixtureMethods
import Mixtures

/// A forecast as a program reads it.
struct ForecastSummary: Encodable {
  struct Item: Encodable {
    /// Each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]
    var weights: [Double]
    /// Why it is told of.
    var origin: ScaleForecast.Item.Origin
    /// Parameters of the largest model that was trained on it.
    var largestRun: Double?
    var objective: ScaleForecast.Range
    var losses: [String: ScaleForecast.Range]
    /// Above the first.
    var difference: ScaleForecast.Range
    var probabilityOfBest: Double
    var expectedRegret: Double
    /// The probability that each guard holds.
    var guards: [String: Double]?
    /// The probability of being on the front.
    var front: Double?
    /// How often the target reads each domain's text, of those whose text was told of.
    var epochs: [String: Double]?
  }

  struct Target: Encodable {
    var parameters: Double
    var tokens: Double
  }

  var domains: [String]
  var target: Target
  var goal: GoalSummary
  var reach: ForecastReach
  /// Why no evidence supports the reach; nil where some does.
  var objection: String?
  var runs: Int
  var considered: Int
  /// That the first keeps all guards.
  var probabilityKept: Double?
  /// The one that is handed over first.
  var mixtures: [Item]
  var checks: [ForecastCheck]
  var varianceFactors: [String: Double]

  init(
    _ forecast: ScaleForecast, domains: [String], outputs: [String], parameters: Double,
    tokens: Double, goal: GoalSummary, guards: [String], text: KnownText? = nil
  ) {
    func named<Value>(_ names: [String], _ values: [Value]) -> [String: Value] {
      Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first })
    }
    func epochs(_ mixture: Mixture) -> [String: Double]? {
      guard let text else { return nil }
      let found = zip(domains, text.epochs(of: mixture.weights, runTokens: tokens))
      return Dictionary(
        uniqueKeysWithValues: found.compactMap { name, times in times.map { (name, $0) } })
    }
    self.domains = domains
    target = Target(parameters: parameters, tokens: tokens)
    self.goal = goal
    probabilityKept = forecast.keepsGuards
    reach = forecast.reach
    objection = forecast.reach.objection
    runs = forecast.runs
    considered = forecast.considered
    mixtures = forecast.items.map { item in
      Item(
        mixture: named(domains, item.mixture.weights), weights: item.mixture.weights,
        origin: item.origin, largestRun: item.largestRun, objective: item.objective,
        losses: named(outputs, item.losses),
        difference: item.difference, probabilityOfBest: item.probabilityOfBest,
        expectedRegret: item.expectedRegret,
        guards: guards.isEmpty ? nil : named(guards, item.guards), front: item.front,
        epochs: epochs(item.mixture))
    }
    checks = forecast.checks
    varianceFactors = [
      "level": forecast.factors.level, "difference": forecast.factors.contrast,
      "contender": forecast.factors.contender,
    ]
  }
}
