/// Everything that a replay's traces depend on besides the table: the first line of `replay.jsonl`.
package struct ReplayConfiguration: Sendable, Hashable, Codable, ReplayHeader {
  package typealias Trace = ReplayTrace

  package enum Kind: String, Sendable, Hashable, Codable {
    /// Only the table's own runs can be tried.
    case pool
    /// Any mixture among those of the table, on a landscape that was fitted to it.
    case landscape
  }

  package static let currentVersion = 1

  package var version = currentVersion
  package var kind: Kind
  /// Of what the table holds.
  package var fingerprint: String
  package var objective: String
  /// Random runs that every method begins with, the same for all.
  package var initial: Int
  /// Runs in all.
  package var budget: Int
  /// Standard deviation of the noise that is added to the objective of each run.
  package var noise: Double

  package init(
    kind: Kind, fingerprint: String, objective: String, initial: Int, budget: Int, noise: Double
  ) {
    self.kind = kind
    self.fingerprint = fingerprint
    self.objective = objective
    self.initial = initial
    self.budget = budget
    self.noise = noise
  }

  package func check(_ other: ReplayConfiguration, path: String) throws(ReplayError) {
    let fields: [(String, String, String)] = [
      ("version", "\(other.version)", "\(version)"), ("kind", other.kind.rawValue, kind.rawValue),
      ("table", other.fingerprint, fingerprint), ("objective", other.objective, objective),
      ("initial", "\(other.initial)", "\(initial)"), ("budget", "\(other.budget)", "\(budget)"),
      ("noise", "\(other.noise)", "\(noise)"),
    ]
    for (field, found, asked) in fields where found != asked {
      throw .differentReplay(path: path, field: field, found: found, asked: asked)
    }
  }

  package func problem(with trace: ReplayTrace) -> String? {
    let handed = budget - initial + 1
    guard trace.values.count == budget, trace.recommended.count == handed else {
      return "\(trace.values.count) runs and \(trace.recommended.count) mixtures handed over, "
        + "expected \(budget) and \(handed)"
    }
    guard (trace.values + trace.recommended).allSatisfy({ abs($0) < 1e12 }), trace.moved >= 0 else {
      return "a number that no loss is"
    }
    return nil
  }
}

/// What one method did with one seed: a line of `replay.jsonl`.
package struct ReplayTrace: Sendable, Hashable, Codable {
  package var method: String
  package var seed: UInt64
  /// Of a pool, the runs in the order in which they were tried.
  package var tried: [Int]?
  /// The true objective of each run, in order.
  package var values: [Double]
  /// The true objective of what the method would hand over after `initial`, `initial` + 1, … runs.
  package var recommended: [Double]
  /// Mixtures that the method wanted and that were moved to where they could be tried.
  package var moved: Int

  package init(
    method: String, seed: UInt64, tried: [Int]?, values: [Double], recommended: [Double], moved: Int
  ) {
    self.method = method
    self.seed = seed
    self.tried = tried
    self.values = values
    self.recommended = recommended
    self.moved = moved
  }
}
