import Mixtures
import Runs
import TableSearches

/// A session's runs as programs read them.
struct SessionSummary: Codable {
  struct Run: Codable {
    var run: Int
    /// `pending`, `finished`, `diverged`, `lost` or `cancelled`.
    var state: String
    var mixture: [String: Double]
    /// In the order of `domains`.
    var weights: [Double]
    /// Where runs differ in size.
    var size: String?
    var tokens: Int?
    /// The run whose checkpoint it goes on from; absent where it begins anew.
    var continues: Int?
    /// By held-out domain; absent until it has finished.
    var losses: [String: Double]?
    /// Why it was lost or diverged.
    var reason: String?
    /// Seconds since 1970.
    var askedAt: Double
    var endedAt: Double?
  }

  var version = JSONSchema.version
  var kind = "session"
  var settings: SessionSettings
  var domains: [String]
  var runs: [Run]

  init(of session: Session) {
    settings = session.settings
    domains = session.settings.domains
    runs = session.records.map { record in
      var run = Run(
        run: record.request.id + 1, state: "pending", mixture: named(record.request.mixture),
        weights: record.request.mixture.weights, askedAt: record.askedAt, endedAt: record.endedAt)
      if session.settings.sizes != nil {
        run.size = record.request.key.conditions.size
        run.tokens = record.request.to
        run.continues = session.parent(of: record)
      }
      switch record.state {
      case .pending: break
      case .cancelled: run.state = "cancelled"
      case .lost:
        run.state = "lost"
        run.reason = record.lastLoss?.reason
      case .ended:
        switch record.outcomes?.last?.outcome {
        case .finished(let result):
          run.state = "finished"
          run.losses = Dictionary(
            result.losses.map { ($0.domain, $0.loss) }, uniquingKeysWith: { a, _ in a })
        case .diverged(_, let reason):
          run.state = "diverged"
          run.reason = reason
        case nil: break
        }
      }
      return run
    }
  }
}
