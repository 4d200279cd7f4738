import Studies

/// A comparison's result as programs read it: what `mixpipe compare --json` prints.
struct ComparisonSummary: Codable {
  struct Search: Codable {
    var trials: Int
    /// What it spent, in runs at a fixed mixture.
    var runs: Double
    /// What it hands over: each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]?
    var weights: [Double]?
    /// The objective in the pick's own search run.
    var ownLoss: Double?
    /// What the method's model promised.
    var predicted: Double?
    var rSquared: Double?
    /// Over the fresh seeds.
    var loss: EstimateSummary?
    /// The constraints that the pick breaks, as fixed mixtures may; nil where it breaks none.
    var breaks: [String]?
  }

  struct Checkpoint: Codable {
    var trials: Int
    var loss: EstimateSummary
  }

  struct Method: Codable {
    var method: String
    var loss: EstimateSummary?
    /// Less the best method's, paired by search and seed.
    var difference: EstimateSummary?
    /// Of that difference, by Holm's correction.
    var pValue: Double?
    var winnersCurse: Double?
    var checkpoints: [Checkpoint]
    var searches: [Search]
    var domains: [String: EstimateSummary]
  }

  var folder: String
  var domains: [String]
  var targets: [String]
  /// Training runs that ended, each counted once.
  var runs: Int
  var best: String?
  var methods: [Method]
  var claims: [ComparisonClaim]

  init(_ analysis: ComparisonAnalysis) {
    let configuration = analysis.record.configuration
    folder = analysis.record.folder
    domains = configuration.domains
    targets = configuration.objective.targets
    runs = analysis.runCount
    best = analysis.best.map { analysis.methods[$0].name }
    claims = analysis.claims
    methods = analysis.methods.map { method in
      Method(
        method: method.name, loss: method.loss.map(EstimateSummary.init),
        difference: method.difference.map { EstimateSummary($0.estimate) },
        pValue: method.difference?.pValue, winnersCurse: method.winnersCurse?.mean,
        checkpoints: method.checkpoints.map {
          Checkpoint(trials: $0.trials, loss: EstimateSummary($0.loss))
        },
        searches: method.searches.map { search in
          let broken = search.pick?.mixture.map(configuration.broken) ?? []
          return Search(
            trials: search.trials, runs: search.spent.last ?? 0,
            mixture: search.pick?.mixture.map(named),
            weights: search.pick?.mixture?.weights,
            ownLoss: search.ownLoss, predicted: search.pick?.predicted,
            rSquared: search.pick?.fit?.objective.rSquared,
            loss: search.confirmed.map(EstimateSummary.init),
            breaks: broken.isEmpty ? nil : broken)
        },
        domains: Dictionary(
          uniqueKeysWithValues: method.domains.map { ($0.domain, EstimateSummary($0.loss)) }))
    }
  }
}
