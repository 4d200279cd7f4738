import Mixtures
import Numerics

/// Everything that the traces of such a replay depend on besides the table: the first line of its journal.
package struct FidelityReplayConfiguration: Sendable, Hashable, Codable, ReplayHeader {
  package typealias Trace = FidelityTrace

  package enum Kind: String, Sendable, Hashable, Codable {
    /// Only the table's own runs can be had.
    case sizes
    /// Mixtures between those of the table, on landscapes that were fitted to each size and rung.
    case emulatedSizes = "emulated-sizes"
  }

  package static let currentVersion = 1

  package var version = currentVersion
  package var kind: Kind
  /// Of what the table holds, its sizes, rungs and costs among it.
  package var fingerprint: String
  package var objective: String
  /// E.g. `410M, 30000`.
  package var target: String
  /// Of each search, in runs of the target.
  package var budget: Double
  /// Runs at once, by a clock on which a run takes as long as it costs.
  package var workers: Int
  /// Standard deviation of the noise that is added to the objective of each run.
  package var noise: Double

  package init(
    kind: Kind, fingerprint: String, objective: String, target: String, budget: Double,
    workers: Int, noise: Double
  ) {
    self.kind = kind
    self.fingerprint = fingerprint
    self.objective = objective
    self.target = target
    self.budget = budget
    self.workers = workers
    self.noise = noise
  }

  package func check(_ other: Self, path: String) throws(ReplayError) {
    let fields: [(String, String, String)] = [
      ("version", "\(other.version)", "\(version)"), ("kind", other.kind.rawValue, kind.rawValue),
      ("table", other.fingerprint, fingerprint), ("objective", other.objective, objective),
      ("target", other.target, target), ("budget", "\(other.budget)", "\(budget)"),
      ("workers", "\(other.workers)", "\(workers)"), ("noise", "\(other.noise)", "\(noise)"),
    ]
    for (field, found, asked) in fields where found != asked {
      throw .differentReplay(path: path, field: field, found: found, asked: asked)
    }
  }

  package func problem(with trace: FidelityTrace) -> String? {
    var numbers = trace.spend + [trace.compute, trace.duration]
    for point in trace.points { numbers += [point.compute, point.handedOver ?? 0, point.ran ?? 0] }
    for belief in trace.beliefs ?? [] {
      numbers += [belief.compute, belief.mean, belief.deviation, belief.value]
    }
    guard numbers.allSatisfy({ abs($0) < 1e12 }), trace.runs >= 0, trace.resumed >= 0 else {
      return "a number that makes no sense"
    }
    let compute = trace.points.map(\.compute)
    guard !trace.spend.isEmpty, zip(compute, compute.dropFirst()).allSatisfy(<=) else {
      return "points that are not in the order of their compute"
    }
    return nil
  }
}

/// What one method did with one seed: a line of the journal.
package struct FidelityTrace: Sendable, Hashable, Codable {
  /// From some compute on, what a search had to show.
  package struct Point: Sendable, Hashable, Codable {
    /// Paid so far, in runs of the target, what is under way among it.
    package var compute: Double
    /// The true objective at the target of what the method would hand over; nil where it has nothing yet.
    package var handedOver: Double?
    /// The lowest true objective of the mixtures that were run at the target; nil before the first.
    package var ran: Double?

    package init(compute: Double, handedOver: Double?, ran: Double?) {
      self.compute = compute
      self.handedOver = handedOver
      self.ran = ran
    }
  }

  /// What a model said of what it would hand over, and what that is worth.
  package struct Belief: Sendable, Hashable, Codable {
    package var compute: Double
    /// The objective at the target: mean and standard deviation.
    package var mean: Double
    package var deviation: Double
    /// That it is the best of all at the target; nil where nothing was said.
    package var probabilityOfBest: Double?
    package var value: Double

    package init(
      compute: Double, mean: Double, deviation: Double, probabilityOfBest: Double?, value: Double
    ) {
      self.compute = compute
      self.mean = mean
      self.deviation = deviation
      self.probabilityOfBest = probabilityOfBest
      self.value = value
    }
  }

  package var method: String
  package var seed: UInt64
  /// Where something changed, in order.
  package var points: [Point]
  /// What the search paid in all.
  package var compute: Double
  /// Of that, at each size.
  package var spend: [Double]
  package var runs: Int
  /// How often a paused run was gone on with.
  package var resumed: Int
  /// When the last run ended, by the virtual clock.
  package var duration: Double
  /// Once in each factor of √2 of the compute; nil without a model.
  package var beliefs: [Belief]?

  package init(
    method: String, seed: UInt64, points: [Point], compute: Double, spend: [Double], runs: Int,
    resumed: Int, duration: Double, beliefs: [Belief]? = nil
  ) {
    self.method = method
    self.seed = seed
    self.points = points
    self.compute = compute
    self.spend = spend
    self.runs = runs
    self.resumed = resumed
    self.duration = duration
    self.beliefs = beliefs
  }
}

/// A method, and what it must do without: `scale-bo+last-points`.
package struct FidelityVariant: Sendable, Hashable, CustomStringConvertible {
  /// What can be taken from a method, to see what it is worth.
  package enum Ablation: String, Sendable, Hashable, CaseIterable {
    /// A paused run begins again: resuming earns no credit.
    case noResumeCredit = "no-resume-credit"
    /// A model learns from the last measurement of each run alone.
    case lastPoints = "last-points"
    /// A model has the objective as its only output.
    case objectiveOnly = "objective-only"
  }

  package var method: String
  package var ablations: [Ablation]

  package init(method: String, ablations: [Ablation] = []) {
    self.method = method
    self.ablations = Ablation.allCases.filter(ablations.contains)
  }

  /// - Throws: ``ReplayError/unknownAblation(name:)``.
  package init(parsing text: String) throws(ReplayError) {
    let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    var ablations: [Ablation] = []
    for name in parts.dropFirst() {
      guard let ablation = Ablation(rawValue: name) else { throw .unknownAblation(name: name) }
      ablations.append(ablation)
    }
    self.init(method: parts[0], ablations: ablations)
  }

  package var description: String {
    ([method] + ablations.map(\.rawValue)).joined(separator: "+")
  }
}
