import Foundation
import MixtureMethods
import Mixtures

/// A method outside: a command that is told the problem and asked for runs, a line of JSON at a time.
///
/// It is started once for each search, by `/bin/sh -c`. Its standard input holds a line `{"problem": …}` first and then
/// a line `{"result": …}` after each run that it asked for; its standard output holds what it wants:
/// `{"run": {"weights": […], "size": i, "rung": j}}`, `{"resume": {"run": i, "rung": j}}`, `{"hand_over": {"weights":
/// […]}}`, which costs nothing and may be said as often as it changes, and `{"end": true}`. Its standard error is
/// passed on.
struct CommandSearcher: BenchmarkSearcher {
  private let command: String
  private let run: BenchmarkRun
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var rest = Data()
  private var handed: Mixture?

  /// All rungs on the way of a run are measured, since that costs nothing here.
  var measuresOnTheWay: Bool { true }

  init(_ command: String, _ run: BenchmarkRun) throws {
    self.command = command
    self.run = run
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardInput = input
    process.standardOutput = output
    // A command that has ended is told by its status, not by a signal to this program.
    signal(SIGPIPE, SIG_IGN)
    do { try process.run() } catch { throw failure("could not be started: \(error)") }
    try send(Greeting(problem: .init(run)))
  }

  func end() {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    try? output.fileHandleForReading.close()
  }

  private func failure(_ found: String) -> BenchmarkError {
    .command(command, problem: run.problem.name, found: found)
  }

  // MARK: What it is told

  private struct Greeting: Encodable { var problem: Problem }
  private struct Answer: Encodable { var result: Result }

  private struct Problem: Encodable {
    struct Size: Encodable {
      var name: String
      var parameters: Int
      var tokens: [Int]
      /// Of a run from its beginning to each rung, in runs of the target.
      var costs: [Double]
    }
    var version = BenchmarkSuite.version
    var name: String
    var kind: BenchmarkKind
    var seed: UInt64
    var domains: [String]
    var availableTokens: [Int]
    var targets: [String]
    var weights: [Double]
    var aggregate: String
    var sizes: [Size]
    var target: [String: Int]
    var budget: Double
    /// Nil where any mixture can be run.
    var pool: [[Double]]?
    /// For each mixture of the pool and size the last rung that can be run, -1 for none.
    var reach: [[Int]]?

    init(_ run: BenchmarkRun) {
      let problem = run.problem
      let grid = problem.grid
      name = problem.name
      kind = run.kind
      seed = run.seed
      domains = problem.domains
      availableTokens = problem.availableTokens
      targets = problem.targets
      weights = problem.objective.weights
      aggregate = problem.aggregate.rawValue
      sizes = problem.sizes.enumerated().map { level, size in
        Size(
          name: size.name, parameters: size.parameters, tokens: size.tokens,
          costs: grid.levels[level].map(\.trunkCost))
      }
      target = ["size": problem.target.level, "rung": problem.target.rung]
      budget = run.budget
      pool = run.pool?.mixtures.map(\.weights)
      reach = run.pool?.reach.map { $0.map { $0 ?? -1 } }
    }
  }

  private struct Result: Encodable {
    struct Measurement: Encodable {
      var rung: Int
      /// In the order of the targets, and what is minimized.
      var losses: [Double]
      var objective: Double
    }
    var run: Int
    var cost: Double
    var left: Double
    /// Of this run, from short to long.
    var measurements: [Measurement]
  }

  mutating func take(_ run: FidelityRun, cost: Double, left: Double) throws {
    let objective = self.run.problem.objective
    try send(
      Answer(
        result: Result(
          run: run.id, cost: cost, left: left,
          measurements: run.measurements.map {
            .init(rung: $0.rung, losses: $0.losses, objective: objective.value(of: $0.losses))
          })))
  }

  private func send(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let line = try encoder.encode(value) + Data("\n".utf8)
    // Where it reads no more, its end or its next line says why.
    try? input.fileHandleForWriting.write(contentsOf: line)
  }

  // MARK: What it wants

  private struct Request: Decodable {
    struct Start: Decodable {
      var weights: [Double]
      var size: Int?
      var rung: Int?
    }
    struct Resume: Decodable {
      var run: Int
      var rung: Int
    }
    struct HandOver: Decodable { var weights: [Double] }
    var run: Start?
    var resume: Resume?
    var handOver: HandOver?
    var end: Bool?
  }

  mutating func next(runs: [FidelityRun], left: Double) throws -> FidelityStep? {
    while true {
      guard let line = try nextLine() else {
        process.waitUntilExit()
        if process.terminationStatus == 0 { return nil }
        throw failure("ended with status \(process.terminationStatus)")
      }
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      guard let request = try? decoder.decode(Request.self, from: line) else {
        throw failure(
          "said '\(String(decoding: line.prefix(200), as: UTF8.self))', expected a line of JSON with run, resume, "
            + "hand_over or end")
      }
      if let handOver = request.handOver { handed = try mixture(handOver.weights) }
      if let start = request.run {
        let target = run.problem.target
        let point = FidelityPoint(
          level: start.size ?? target.level, rung: start.rung ?? target.rung)
        guard run.kind == .severalSizes || point == target else {
          throw failure(
            "asked for size \(point.level), rung \(point.rung), expected the target's alone")
        }
        return .start(try mixture(start.weights), at: point)
      }
      if let resume = request.resume { return .resume(run: resume.run, rung: resume.rung) }
      if request.end == true { return nil }
    }
  }

  func handedOver(runs: [FidelityRun]) -> Mixture? { handed }

  private func mixture(_ weights: [Double]) throws -> Mixture {
    let domains = run.problem.domains
    let sum = weights.reduce(0, +)
    guard weights.count == domains.count, weights.allSatisfy({ $0.isFinite && $0 >= 0 }),
      abs(sum - 1) < 1e-3
    else {
      throw failure(
        "gave the weights \(weights), expected \(domains.count) that are not negative and sum to one"
      )
    }
    // A pool's own, whose last bits JSON may have moved.
    if let pool = run.pool {
      let near = pool.mixtures.first { mixture in
        zip(mixture.weights, weights).allSatisfy { abs($0 - $1) < 1e-6 }
      }
      guard let near else { throw failure("gave weights that are none of the pool's: \(weights)") }
      return near
    }
    return Mixture(domains: domains, proportionalTo: weights)
  }

  /// - Returns: nil at the end of its output.
  private mutating func nextLine() throws -> Data? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = rest[rest.startIndex..<end]
        rest = Data(rest[(end + 1)...])
        if line.contains(where: { $0 > 32 }) { return Data(line) }
        continue
      }
      // Foundation's own traps where the system refuses.
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(output.fileHandleForReading.fileDescriptor, &bytes, bytes.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("could not be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { return nil }
      rest += bytes[..<count]
    }
  }
}
