import Foundation
import Mixtures
import Numerics
import Storage
import Synchronization

@testable import Runs

/// A folder of a test's own, gone with it.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "mixpipe-runs-" + UUID().uuidString

  init() {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }

  var journal: String { path + "/runs.jsonl" }

  func lines() throws -> [String] {
    try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n").map { "\($0)\n" }
  }
}

let settings = TrainerSettings(
  learningRate: 0.0075, embeddingRate: 0.015, batchTokens: 1024, contextLength: 128,
  commonChannel: 1, decayShare: 0.3, weightDecay: 0.1, heldOutTokens: 65_536)

let conditions = RunConditions(
  corpus: "0123", domains: ["books", "code", "web"], size: "50k", parameters: 50_000,
  evaluator: .trainer(settings))

func mixture(_ weights: [Double]) -> Mixture {
  Mixture(domains: conditions.domains, proportionalTo: weights)
}

func request(
  _ weights: [Double] = [1, 1, 1], seed: UInt64 = 1, tokens: Int = 1000, id: Int = -1
) -> RunRequest {
  var request = RunRequest(
    conditions: conditions, mixture: mixture(weights), tokens: tokens, seed: seed)
  request.id = id
  return request
}

func claim(_ ordinal: Int, plan: String = "test", name: String = "a") -> RunClaim {
  RunClaim(plan: plan, purpose: .search, name: name, ordinal: ordinal)
}

/// Losses that the request alone decides.
func measurement(_ request: RunRequest, at tokens: Int) -> RungOutcome {
  var generator = SeededGenerator(
    seed: request.seed, stream: "\(request.mixture.weights) \(tokens)")
  return RungOutcome(
    tokens: tokens,
    outcome: .finished(
      RunResult(
        losses: conditions.domains.map {
          DomainLoss(
            domain: $0, loss: 3 + generator.uniform(), standardError: 0.001, bitsPerByte: 1)
        }, tokensSeen: [1, 2, 3], epochs: [0.5, 0.25, 0.125], seconds: 2, tokensPerSecond: 500)))
}

struct Formula: RunMeasurer {
  var delay: (@Sendable (RunRequest) -> Double)?
  var diverges: @Sendable (RunRequest) -> Bool = { _ in false }
  let log = Log()

  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
    log.append(request)
    if let delay {
      let until = ContinuousClock.now + .seconds(delay(request))
      while ContinuousClock.now < until {
        if control.isCancelled() { throw CancellationError() }
        control.progress(0.5)
        usleep(200)
      }
    }
    if diverges(request) {
      return [
        RungOutcome(
          tokens: request.measures[0], outcome: .diverged(step: 3, reason: "the loss is nan"))
      ]
    }
    return request.measures.map { measurement(request, at: $0) }
  }
}

/// What was run, in the order of its beginning.
final class Log: @unchecked Sendable {
  private let lock = NSLock()
  private var requests: [RunRequest] = []
  func append(_ request: RunRequest) { lock.withLock { requests.append(request) } }
  var all: [RunRequest] { lock.withLock { requests } }
}

/// Proposals that depend on each bit of the outcomes that they may know, and on nothing else: run n knows
/// those of runs 0 … n - lag. After each tenth it notes what it knows.
struct EveryBitPlan: Plan {
  var name = "test"
  var count = 20
  var lag = 2
  let price = RunPrice.bySize
  let phase = RunClaim.Purpose.search
  private var asked = 0
  private var noted = 0

  init(name: String = "test", count: Int = 20, lag: Int = 2) {
    self.name = name
    self.count = count
    self.lag = lag
  }

  var rest: RestOfWork { RestOfWork(runs: count - asked, cost: 5e7 * Double(count - asked)) }

  mutating func next(after ledger: RunLedger) throws -> PlanStep {
    while asked < count {
      if ledger[claim(asked, plan: name)] != nil {
        asked += 1
        continue
      }
      let known = max(0, asked - lag + 1)
      // What comes before the last few has long been mixed into these.
      var state = UInt64(asked)
      for ordinal in max(0, known - 3)..<known {
        guard let outcome = ledger[claim(ordinal, plan: name)]?.outcome else { return .waits }
        for loss in outcome.losses(of: conditions.domains) ?? [13] {
          state = (state ^ loss.bitPattern) &* 0x100_0000_01b3
        }
      }
      if asked / 10 > noted {
        noted += 1
        let about = "\(noted)"
        if ledger.note(plan: name, topic: "state", about: about) == nil {
          return .note(
            try RunNote(plan: name, topic: "state", about: about, ["low": Double(state >> 40)]))
        }
      }
      var generator = SeededGenerator(seed: state)
      asked += 1
      return .run(
        request(conditions.domains.map { _ in generator.exponential() }),
        claim(asked - 1, plan: name))
    }
    return .end
  }
}

extension RunLedger {
  /// What was asked for and what came of it, without times and attempts.
  var essence: [RunRecord] {
    records.map { record in
      RunRecord(
        request: record.request, claims: record.claims, outcomes: record.outcomes,
        endedAt: record.outcomes.map { _ in 0 })
    }
  }
}

/// Drives a plan in a folder to its end.
@discardableResult
func drive(
  _ folder: TemporaryFolder, _ plan: any Plan = EveryBitPlan(), _ formula: Formula = Formula(),
  workers: Int = 2, isCancelled: @escaping @Sendable () -> Bool = { false },
  observer: @escaping RunObserver = { _, _ in }
) throws -> RunLedger {
  let book = try RunBook(folder: folder.path)
  try Driver(
    plan: plan, book: book,
    evaluator: LocalEvaluator(formula, workers: workers, isCancelled: isCancelled),
    folder: folder.path, isCancelled: isCancelled, observer: observer
  ).run()
  return book.ledger
}

func message<Result>(of body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
