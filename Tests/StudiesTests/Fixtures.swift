import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Storage
import Studies

let domains = ["books", "code", "web"]

/// A folder of a test's own, gone with it.
final class TemporaryFolder: Sendable {
  let path: String

  convenience init() {
    self.init(path: NSTemporaryDirectory() + "mixpipe-studies-" + UUID().uuidString)
  }

  /// One whose path an exit test's process finds by itself, as it can capture nothing.
  convenience init(forChildren name: String) {
    self.init(path: Self.path(name, of: getpid()))
  }

  static func path(ofParents name: String) -> String { path(name, of: getppid()) }

  private static func path(_ name: String, of process: pid_t) -> String {
    NSTemporaryDirectory() + "mixpipe-studies-\(process)-\(name)"
  }

  private init(path: String) {
    self.path = path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }
}

let small = Scale(size: "50k", parameters: 50_000, tokens: 1_000_000)
let large = Scale(size: "100k", parameters: 100_000, tokens: 2_000_000)

/// What the formula's results depend on.
func formula(learningRate: Double = 0.01) -> EvaluatorIdentity {
  .other(kind: "formula", settings: ["learning rate": "\(learningRate)"])
}

func configuration(
  methods: [StudyConfiguration.Method], seed: UInt64 = 1, initialTrials: Int = 4, lag: Int = 2,
  finalists: Int = 2, confirmationSeeds: Int = 2
) -> StudyConfiguration {
  StudyConfiguration(
    corpus: "corpora/none", corpusDigest: "0123", domains: domains,
    availableTokens: [100, 200, 300], objective: .mean(of: domains), scale: small, seed: seed,
    methods: methods, initialTrials: initialTrials, lag: lag, finalists: finalists,
    confirmationSeeds: confirmationSeeds, trainer: formula())
}

/// A formula in place of a trainer: a bowl around a best mixture for each domain, and noise that the
/// seed and the mixture determine.
struct FormulaEvaluator: RunMeasurer {
  var noise = 0.01
  var delay: (@Sendable (RunRequest) -> Double)?
  var diverges: @Sendable (RunRequest) -> Bool = { _ in false }
  /// What was run, in the order of their beginning.
  let log = RequestLog()

  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
    log.append(request)
    control.progress(0)
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
          tokens: request.measures[0], outcome: .diverged(step: 7, reason: "the loss is nan"))
      ]
    }
    return request.measures.map {
      RungOutcome(
        tokens: $0, outcome: .finished(Self.result(of: request, at: $0, noise: noise)))
    }
  }

  static func loss(of mixture: Mixture, domain: Int) -> Double {
    // The mean of the bowls is lowest at (.5, .3, .2).
    let best = [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.4, 0.2, 0.4]][domain]
    return 3 + zip(mixture.weights, best).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  static func result(of request: RunRequest, at tokens: Int? = nil, noise: Double) -> RunResult {
    let scale = request.key.scale(at: tokens ?? request.to)
    var generator = SeededGenerator(
      seed: request.seed, stream: request.mixture.weights.map { "\($0)" }.joined(separator: " "))
    let losses = domains.indices.map { domain in
      let loss = loss(of: request.mixture, domain: domain) + noise * generator.normal()
      // Lower in large models and, where a run has several rungs, in long runs.
      let length = request.ladder.count > 1 ? 1e5 / Double(scale.tokens) : 0
      return DomainLoss(
        domain: domains[domain],
        loss: loss - 0.1 * log2(Double(scale.parameters) / 5e4) + length, standardError: 0.001,
        bitsPerByte: loss / 3)
    }
    return RunResult(
      losses: losses,
      tokensSeen: request.mixture.weights.map { Int($0 * Double(scale.tokens)) },
      epochs: [0.5, 0.25, 0.1], seconds: 2, tokensPerSecond: 1000)
  }
}

// A lock that the thread sanitizer knows; it does not see those of `Mutex` on Linux.
final class RequestLog: @unchecked Sendable {
  private let lock = NSLock()
  private var requests: [RunRequest] = []
  func append(_ request: RunRequest) { lock.withLock { requests.append(request) } }
  var all: [RunRequest] { lock.withLock { requests } }
}

/// A method whose proposals depend on each bit that it is told, and on how it is told: whatever the
/// runner does not keep fixed shows.
struct EveryBitMethod: MixtureMethod {
  var context: MethodContext
  var state: UInt64
  var updates: [Int] = []
  var observations: [Observation] = []
  /// Has nothing more to try from this trial on.
  var end = Int.max

  init(context: MethodContext, salt: UInt64, end: Int = .max) {
    self.context = context
    self.end = end
    state = context.seed &+ salt
  }

  mutating func update(with observations: [Observation]) {
    updates.append(observations.count)
    self.observations += observations
    absorb(UInt64(observations.count))
    for observation in observations {
      for weight in observation.mixture.weights { absorb(weight.bitPattern) }
      if let losses = observation.outcome.result?.losses {
        for loss in losses { absorb(loss.loss.bitPattern) }
      } else {
        absorb(13)
      }
    }
  }

  private mutating func absorb(_ bits: UInt64) {
    var mixer = SplitMix64(state: state ^ bits)
    state = mixer.next()
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard ordinal < end else { return nil }
    var other = self
    other.absorb(UInt64(ordinal))
    for weight in pending.flatMap(\.weights) { other.absorb(weight.bitPattern) }
    var generator = SeededGenerator(seed: other.state)
    return Suggestion(
      mixture: Mixture(
        domains: context.domains,
        proportionalTo: context.domains.map { _ in generator.exponential() }),
      reason: .quasiRandom)
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    observations.filter { context.objective.value(of: $0) != nil }
      .sorted { context.objective.value(of: $0)! < context.objective.value(of: $1)! }
      .prefix(count).map { Recommendation(mixture: $0.mixture) }
  }
}

/// `a`, `b`, `c`, …: methods that depend on every bit; `short` wants three trials; otherwise the real
/// ones.
func makeTestMethod(_ name: String, _ context: MethodContext) throws -> any MixtureMethod {
  if name == "short" { return EveryBitMethod(context: context, salt: 77, end: 3) }
  guard name.count == 1, let letter = name.utf8.first else {
    return try makeMethod(named: name, context: context)
  }
  return EveryBitMethod(context: context, salt: UInt64(letter))
}

/// Brings a configuration to its end in a folder.
struct Runner<Configuration: StoredConfiguration, Record> {
  var folder: String
  var configuration: Configuration
  var evaluator: any RunMeasurer
  var workers: Int
  var plan: (Configuration) throws -> any Plan
  var record: (String, Configuration, RunLedger) throws -> Record

  func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping RunObserver = { _, _ in }
  ) throws -> Record {
    let ledger = try configuration.run(
      plan(configuration), in: folder,
      on: LocalEvaluator(evaluator, workers: workers, isCancelled: isCancelled),
      isCancelled: isCancelled, observer: observer)
    return try record(folder, configuration, ledger)
  }
}

func studyRunner(
  _ folder: String, _ configuration: StudyConfiguration,
  _ evaluator: any RunMeasurer = FormulaEvaluator(), workers: Int = 2, price: RunPrice = .bySize
) -> Runner<StudyConfiguration, StudyRecord> {
  Runner(
    folder: folder, configuration: configuration, evaluator: evaluator, workers: workers,
    plan: { try $0.searchPlan(price: price, makeMethod: makeTestMethod) },
    record: { StudyRecord(folder: $0, configuration: $1, $2) })
}

func comparisonRunner(
  _ folder: String, _ configuration: ComparisonConfiguration,
  _ evaluator: any RunMeasurer = FormulaEvaluator(), workers: Int = 2
) -> Runner<ComparisonConfiguration, ComparisonRecord> {
  Runner(
    folder: folder, configuration: configuration, evaluator: evaluator, workers: workers,
    plan: { try $0.searchPlan(makeMethod: makeTestMethod) },
    record: { try ComparisonRecord(folder: $0, configuration: $1, $2) })
}

func transferRunner(
  _ folder: String, _ configuration: TransferConfiguration,
  _ evaluator: any RunMeasurer = FormulaEvaluator(), workers: Int = 2
) -> Runner<TransferConfiguration, TransferRecord> {
  Runner(
    folder: folder, configuration: configuration, evaluator: evaluator, workers: workers,
    plan: {
      try $0.validate()
      return $0.plan()
    }, record: { TransferRecord(folder: $0, configuration: $1, $2) })
}

/// A claim on a trial of a study.
func claim(_ name: String, _ ordinal: Int) -> RunClaim {
  RunClaim(plan: StudyConfiguration.plan, purpose: .search, name: name, ordinal: ordinal)
}

extension RunRecord {
  /// Without its times and attempts.
  var timeless: RunRecord {
    RunRecord(
      request: request, claims: claims, outcomes: outcomes, endedAt: outcomes.map { _ in 0 })
  }
}

/// The lines of a text file, each with its newline.
func lines(of path: String) throws -> [String] {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { "\($0)\n" }
}

/// What a journal asks for, in order, without times.
func asked(in folder: TemporaryFolder) throws -> [String] {
  try lines(of: folder / "runs.jsonl")
    .filter { !$0.contains(#""event":"ended""#) && !$0.contains(#""event":"attempted""#) }
    .map { $0.replacing(/"at":[0-9.]+,/, with: "").replacing(/,"crc32c":"[0-9a-f]+"/, with: "") }
}

/// The line that is shown for what `body` throws.
func message<Result>(of body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
