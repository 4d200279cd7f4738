import Mixtures
import TableSearches

/// The next runs over sizes, as JSON.
struct SizesProposalSummary: Encodable {
  struct Run: Encodable {
    var run: String
    /// Each domain's share.
    var mixture: [String: Double]
    /// The same in the order of `domains`.
    var weights: [Double]
    /// As the table writes it.
    var size: String
    var parameters: Double
    /// From the beginning, of a run that goes on too; absent where the table counts steps or says no length.
    var tokens: Double?
    var steps: Double?
    /// The run whose checkpoint it goes on from; absent where it begins anew.
    var continues: String?
    /// In runs of the target.
    var cost: Double
  }

  struct Target: Encodable {
    var size: String
    var parameters: Double
    var tokens: Double?
    var steps: Double?
  }

  var version = JSONSchema.version
  var kind = "sizes-suggestions"
  var domains: [String]
  var target: Target
  var finished: Int
  var pending: Int
  var diverged: Int
  /// In runs of the target.
  var spent: Double
  var budget: Double
  var runs: [Run]
  var notes: [String]

  init(of advice: SizesAdvice, _ proposals: [SizesAdvice.Proposal]) {
    domains = advice.sizes.table.domains
    let isSteps = advice.sizes.unit == .steps
    let isTokens = advice.sizes.unit == .tokens
    func tokens(_ length: Double) -> Double? { isTokens ? length : nil }
    target = Target(
      size: advice.settings.targetSize, parameters: advice.sizes.target.parameters,
      tokens: tokens(advice.sizes.target.length),
      steps: isSteps ? advice.sizes.target.length : nil)
    finished = advice.finished
    pending = advice.pending
    diverged = advice.diverged
    spent = advice.spent
    budget = advice.budget
    runs = proposals.map {
      Run(
        run: $0.name, mixture: named($0.mixture), weights: $0.mixture.weights, size: $0.size,
        parameters: $0.parameters, tokens: tokens($0.length), steps: isSteps ? $0.length : nil,
        continues: $0.continues, cost: $0.cost)
    }
    notes = advice.sizes.table.notes + advice.sizes.notes
  }
}
