import MixtureMethods
import Mixtures
import Numerics
import Runs

/// Whatever chooses the runs of a replay, one after the other.
protocol ReplayedSearch: AnyObject {
  /// The mixture to look at next.
  func next() throws -> Mixture
  /// What was measured at the mixture that was asked for last: the objective's domains, in their order.
  func observe(_ losses: [Double])
  /// Asked after each run once the random ones are over: keeps what would be handed over now.
  func handOver()
}

/// A method that is replayed, nil for random search, and the order in which runs of the table come first.
///
/// - Parameter chooses: whether the method may only choose among the table's mixtures.
/// - Throws: ``ReplayError/noSearch(method:)`` for mixtures that nobody searches, and for what trains.
func replayed(
  _ name: String, over pool: RunPool, _ configuration: ReplayConfiguration, seed: UInt64,
  chooses: Bool
) throws -> (method: (any MixtureMethod)?, order: [Int]) {
  guard MixturePreset(rawValue: name) == nil, !needsTrainer(name) else {
    throw ReplayError.noSearch(method: name)
  }
  var order = Array(0..<pool.count)
  var generator = SeededGenerator(seed: seed, stream: "replay order")
  generator.shuffle(&order)
  guard name != PoolReplay.random else { return (nil, order) }
  let context = MethodContext(
    domains: pool.domains, availableTokens: pool.domains.map { _ in 1 }, objective: pool.objective,
    seed: seed, initialTrials: configuration.initial, pool: chooses ? pool.mixtures : nil,
    trials: configuration.budget)
  return (try makeMethod(named: name, context: context), order)
}

/// The runs of a replay: each is asked for once the one before has ended.
struct ReplayPlan: Plan {
  let name = "replay"
  let phase = RunClaim.Purpose.search
  let price = RunPrice { _ in 1 }
  private let search: any ReplayedSearch
  private let method: String
  private let outputs: [String]
  private let conditions: RunConditions
  private let configuration: ReplayConfiguration
  private var asked = 0
  private var ended = 0

  init(
    _ search: any ReplayedSearch, method: String, over pool: RunPool,
    _ configuration: ReplayConfiguration
  ) {
    self.search = search
    self.method = method
    self.configuration = configuration
    outputs = pool.outputs
    conditions = RunConditions(
      corpus: configuration.fingerprint, domains: pool.domains, size: "", parameters: 0,
      evaluator: .other(kind: "table", settings: [:]))
  }

  mutating func next(after ledger: RunLedger) throws -> PlanStep {
    if asked > ended {
      guard let outcome = ledger[claim(ended)]?.outcome else { return .waits }
      guard let losses = outcome.losses(of: outputs) else { throw RunError.notFinite(run: ended) }
      search.observe(losses)
      ended += 1
    }
    if ended >= configuration.initial { search.handOver() }
    guard ended < configuration.budget else { return .end }
    // The place in the search is the seed: a mixture may be tried twice, with other noise.
    let request = RunRequest(
      conditions: conditions, mixture: try search.next(), tokens: 1, seed: UInt64(asked))
    asked += 1
    return .run(request, claim(asked - 1))
  }

  private func claim(_ ordinal: Int) -> RunClaim {
    RunClaim(plan: name, purpose: phase, name: method, ordinal: ordinal)
  }

  var rest: RestOfWork {
    RestOfWork(runs: configuration.budget - asked, cost: Double(configuration.budget - asked))
  }

  /// Runs the search to its end, in memory.
  ///
  /// - Parameter losses: what the n-th run gives at a mixture: the objective's domains, in their order.
  static func run(
    _ search: any ReplayedSearch, method: String, over pool: RunPool,
    _ configuration: ReplayConfiguration, isCancelled: @escaping @Sendable () -> Bool,
    losses: @escaping @Sendable (_ ordinal: Int, Mixture) -> [Double]
  ) throws {
    let table = TableMeasurer(outputs: pool.outputs) { request in
      [losses(Int(request.seed), request.mixture)]
    }
    try Driver(
      plan: ReplayPlan(search, method: method, over: pool, configuration), book: RunBook(),
      evaluator: DirectEvaluator(table), isCancelled: isCancelled
    ).run()
  }
}

/// A table, or a landscape, as what measures runs.
struct TableMeasurer: RunMeasurer {
  /// Held-out domains, in the order of the losses.
  let outputs: [String]
  /// What a request gives at each of its rungs; shorter where the run diverged.
  let losses: @Sendable (RunRequest) -> [[Double]]

  func measure(_ request: RunRequest, control: RunControl) -> [RungOutcome] {
    let found = losses(request)
    var outcomes = zip(request.measures, found).map { tokens, losses in
      RungOutcome(
        tokens: tokens,
        outcome: .finished(
          RunResult(
            losses: zip(outputs, losses).map {
              DomainLoss(domain: $0, loss: $1)
            })))
    }
    if found.count < request.measures.count {
      outcomes.append(
        RungOutcome(
          tokens: request.measures[found.count],
          outcome: .diverged(step: 0, reason: "in the table")))
    }
    return outcomes
  }
}
