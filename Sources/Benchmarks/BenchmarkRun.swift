import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Spelling

/// Searches on one problem with one seed, which decides the method's own chance, the luck of the runs, and the order
/// in which a pool is listed: ties go by lot.
package struct BenchmarkRun: Sendable {
  package let problem: BenchmarkProblem
  package let scale: BenchmarkScale
  package let kind: BenchmarkKind
  package let seed: UInt64

  package init(
    _ problem: BenchmarkProblem, scale: BenchmarkScale, kind: BenchmarkKind, seed: UInt64
  ) {
    self.problem = problem
    self.scale = scale
    self.kind = kind
    self.seed = seed
  }

  /// In runs of the target.
  var budget: Double { kind == .oneSize ? Double(problem.trials) : problem.budget }

  /// The pool in the order of this seed.
  var pool: FidelityPool? {
    problem.mixtures.map { mixtures in
      var order = Array(mixtures.indices)
      var generator = SeededGenerator(seed: seed, stream: "benchmark lots")
      generator.shuffle(&order)
      return FidelityPool(
        mixtures: order.map { mixtures[$0] }, reach: order.map { problem.reach(of: $0) })
    }
  }

  var context: FidelityContext {
    FidelityContext(
      domains: problem.domains, objective: problem.objective, grid: problem.grid, pool: pool,
      seed: seed, budget: budget, replicates: problem.pool == nil,
      availableTokens: problem.availableTokens)
  }

  /// Runs a built-in method.
  ///
  /// - Throws: what `makeMethod(named:context:)` and `makeFidelityMethod(named:context:)` throw,
  ///   ``BenchmarkError``, `CancellationError`.
  package func trace(
    of name: String, isCancelled: () -> Bool = { false }
  ) throws -> BenchmarkTrace {
    switch kind {
    case .severalSizes:
      var searcher = SizesSearcher(
        method: try makeFidelityMethod(named: name, context: context))
      return try trace(of: name, &searcher, isCancelled: isCancelled)
    case .oneSize:
      let pool = pool.map { pool in
        pool.mixtures.indices.filter {
          pool.reach[$0][problem.target.level] ?? -1 >= problem.target.rung
        }.map { pool.mixtures[$0] }
      }
      let method = try makeMethod(
        named: name,
        context: MethodContext(
          domains: problem.domains, availableTokens: problem.availableTokens,
          objective: problem.objective, seed: seed, initialTrials: min(12, problem.trials / 4),
          pool: pool, replicates: pool == nil, trials: problem.trials,
          targetTokens: problem.grid[problem.target].scale.tokens))
      var searcher = OneSizeSearcher(problem: problem, method: method)
      return try trace(of: name, &searcher, isCancelled: isCancelled)
    }
  }

  /// Runs a command that speaks the protocol of ``CommandSearcher``.
  package func trace(
    of name: String, command: String, isCancelled: () -> Bool = { false }
  ) throws -> BenchmarkTrace {
    var searcher = try CommandSearcher(command, self)
    defer { searcher.end() }
    return try trace(of: name, &searcher, isCancelled: isCancelled)
  }

  private func trace(
    of name: String, _ searcher: inout some BenchmarkSearcher, isCancelled: () -> Bool
  ) throws -> BenchmarkTrace {
    let context = context
    var runs: [FidelityRun] = []
    var left = budget
    var ran: Double?
    var points: [BenchmarkTrace.Point] = []
    var due = budget / 4096
    func point() throws {
      let handed = try searcher.handedOver(runs: runs)
      points.append(
        .init(
          compute: budget - left,
          handedOver: handed.map { scale.regret(problem.value(at: $0.weights)) }, ran: ran,
          belief: handed.flatMap { belief(searcher: &searcher, handed: $0, runs) }))
    }
    while true {
      if isCancelled() { throw CancellationError() }
      let step = try searcher.next(runs: runs, left: left)
      if !runs.isEmpty, budget - left >= due - 1e-9 {
        try point()
        while budget - left >= due - 1e-9 { due *= 2.0.squareRoot() }
      }
      guard let step else { break }
      guard context.admits(step, runs: runs) else {
        throw BenchmarkError.inadmissible(method: name, problem: problem.name, step: step.words)
      }
      let cost = context.cost(
        of: step, runs: runs, measuringOnTheWay: searcher.measuresOnTheWay)
      guard cost <= left + 1e-9 else { break }
      left -= cost
      let id = take(step, &runs, onTheWay: searcher.measuresOnTheWay)
      if runs[id].level == problem.target.level, runs[id].losses(at: problem.target.rung) != nil {
        ran = min(ran ?? .infinity, scale.regret(problem.value(at: runs[id].mixture.weights)))
      }
      try searcher.take(runs[id], cost: cost, left: left)
    }
    if points.last?.compute != budget - left { try point() }
    return BenchmarkTrace(
      problem: problem.name, version: problem.version, kind: kind, method: name, seed: seed,
      points: points, compute: budget - left, runs: runs.count)
  }

  /// - Returns: nil without a model, and once a mixture has been run at the target: of that one all is known.
  private func belief(
    searcher: inout some BenchmarkSearcher, handed: Mixture, _ runs: [FidelityRun]
  ) -> BenchmarkTrace.Belief? {
    let target = problem.target
    if problem.pool == nil,
      runs.contains(where: { $0.level == target.level && $0.losses(at: target.rung) != nil })
    {
      return nil
    }
    var generator = SeededGenerator(seed: seed, stream: "benchmark beliefs")
    let others =
      pool.map { pool in
        (0..<12).map { _ in pool.mixtures[generator.integer(below: pool.mixtures.count)] }
      }
      ?? (0..<12).map { _ in
        Mixture(
          domains: problem.domains,
          proportionalTo: Simplex.dirichlet(
            parts: problem.domains.count, concentration: 1, using: &generator))
      }
    let asked = [handed] + others.filter { $0 != handed }
    return searcher.belief(of: asked, runs: runs).map {
      .init(
        means: $0.means, covariance: $0.covariance,
        truths: asked.map { problem.value(at: $0.weights) },
        probabilityOfBest: problem.pool == nil ? nil : $0.probabilityOfBest)
    }
  }

  /// - Returns: the run that was brought on.
  private func take(
    _ step: FidelityStep, _ runs: inout [FidelityRun], onTheWay: Bool
  ) -> Int {
    let id: Int
    let goal: Int
    switch step {
    case .start(let mixture, let point):
      id = runs.count
      goal = point.rung
      // The how-manieth run of the mixture at the size it is.
      let again = runs.count { $0.level == point.level && $0.mixture == mixture }
      runs.append(
        FidelityRun(id: id, mixture: mixture, level: point.level, seed: UInt64(again)))
    case .resume(let run, let rung):
      id = run
      goal = rung
    }
    let first = onTheWay ? (runs[id].reached ?? -1) + 1 : goal
    for rung in first...goal {
      runs[id].measurements.append(
        .init(
          rung: rung,
          losses: problem.measured(
            at: runs[id].mixture.weights, .init(level: runs[id].level, rung: rung),
            run: Int(runs[id].seed), seed: seed)))
    }
    runs[id].reached = goal
    return id
  }
}

package enum BenchmarkError: Error, Equatable, CustomStringConvertible {
  case unknownProblem(name: String, known: [String])
  case inadmissible(method: String, problem: String, step: String)
  case command(String, problem: String, found: String)
  case differentSuite(path: String, found: Int, expected: Int)

  package var description: String {
    switch self {
    case .unknownProblem(let name, let known):
      "unknown problem '\(name)'; "
        + (nearestName(to: name, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "the problems are \(known.joined(separator: ", "))"
    case .inadmissible(let method, let problem, let step):
      "\(problem): \(method) asked for \(step), which cannot be run: expected a mixture and size that are there, "
        + "a rung beyond what the run has reached, and no second run of a pool's mixture"
    case .command(let command, let problem, let found):
      "\(problem): '\(command)' \(found)"
    case .differentSuite(let path, let found, let expected):
      "\(path): holds results of version \(found) of the suite, this is version \(expected); use another folder"
    }
  }
}

extension FidelityStep {
  /// What was asked for, in a line.
  fileprivate var words: String {
    switch self {
    case .start(let mixture, let point):
      let weights = mixture.weights.map { String(format: "%.4g", $0) }.joined(separator: ", ")
      return "a run of [\(weights)] at size \(point.level), rung \(point.rung)"
    case .resume(let run, let rung): return "run \(run) to go on to rung \(rung)"
    }
  }
}
