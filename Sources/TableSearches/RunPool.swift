import Mixtures
import Numerics
import RunTables
import Spelling
import Storage

/// The finished runs of a table as the only mixtures that can be tried: each mixture once, with the mean
/// losses of its runs.
package struct RunPool: Sendable {
  package let domains: [String]
  package let objective: Objective
  package let mixtures: [Mixture]
  /// Of the objective's held-out domains, in its order: [mixture][domain].
  package let losses: [[Double]]
  /// The objective at each mixture.
  package let values: [Double]
  /// Rows that are not in it: without all of the losses, pending, or diverged.
  package let omitted: Int
  /// Rows that shared their mixture with another.
  package let repeated: Int

  /// The held-out domains that the objective depends on.
  package var outputs: [String] { objective.domains }
  package var count: Int { mixtures.count }
  /// The lowest value: the earliest of several.
  package var best: Int { values.indices.min { (values[$0], $0) < (values[$1], $1) }! }

  /// - Parameter table: one row for each run.
  /// - Throws: ``ReplayError`` where fewer than eight mixtures have all losses.
  package init(_ table: RunTable, objective: Objective) throws(ReplayError) {
    domains = table.domains
    self.objective = objective
    let columns = objective.domains.map { table.heldOut.firstIndex(of: $0)! }
    var places: [[UInt64]: Int] = [:]
    var mixtures: [Mixture] = []
    var sums: [(losses: [Double], count: Int)] = []
    var omitted = 0
    for row in table.rows {
      let losses = columns.compactMap { row.losses[$0] }
      guard row.status == .finished, losses.count == columns.count else {
        omitted += 1
        continue
      }
      let key = row.mixture.weights.map(\.bitPattern)
      if let place = places[key] {
        for d in losses.indices { sums[place].losses[d] += losses[d] }
        sums[place].count += 1
      } else {
        places[key] = mixtures.count
        mixtures.append(row.mixture)
        sums.append((losses, 1))
      }
    }
    guard mixtures.count >= 8 else { throw .tooFewRuns(found: mixtures.count) }
    self.mixtures = mixtures
    losses = sums.map { sum in sum.losses.map { $0 / Double(sum.count) } }
    values = losses.map { objective.value(of: $0) }
    self.omitted = omitted
    repeated = table.rows.count - omitted - mixtures.count
  }

  /// Each mixture once, with losses of the objective's domains.
  init(domains: [String], objective: Objective, mixtures: [Mixture], losses: [[Double]]) {
    precondition(mixtures.count == losses.count)
    self.domains = domains
    self.objective = objective
    self.mixtures = mixtures
    self.losses = losses
    values = losses.map { objective.value(of: $0) }
    omitted = 0
    repeated = 0
  }

  /// A run of a mixture as a method sees it.
  ///
  /// - Parameter losses: what was measured.
  func observation(of mixture: Mixture, losses: [Double], seed: UInt64) -> Observation {
    Observation(
      mixture: mixture,
      outcome: .losses(zip(outputs, losses).map { DomainLoss(domain: $0, loss: $1) }))
  }

  /// Names what the pool holds, to the last bit.
  package var fingerprint: String {
    var text = domains.joined(separator: "\n") + "\n\n" + outputs.joined(separator: "\n") + "\n\n"
    for index in mixtures.indices {
      for value in mixtures[index].weights + losses[index] {
        text += String(value.bitPattern, radix: 16) + " "
      }
    }
    return SHA256.hexadecimal(of: text.utf8)
  }
}

package enum ReplayError: Error, Equatable, CustomStringConvertible {
  case tooFewRuns(found: Int)
  case differentReplay(path: String, field: String, found: String, asked: String)
  /// The parameters, tokens, steps or operations of a size's rows.
  case costs(size: String)
  case notAReplay(path: String)
  /// The journal of something else, in the folder that a replay was to be kept in.
  case otherWork(path: String)
  case noSearch(method: String)
  case noCheaperRuns(target: String)
  case unknownAblation(name: String)

  package var description: String {
    switch self {
    case .tooFewRuns(let found):
      return "found \(found) mixtures with all losses of the objective, expected eight at least; "
        + "give more runs, or an objective over domains that were measured"
    case .differentReplay(let path, let field, let found, let asked):
      return "\(path): found a replay whose \(field) is \(found), expected \(asked); "
        + "give the same settings, or another folder"
    case .otherWork(let path):
      return "\(path): the folder holds other work, whose report would be replaced; "
        + "choose another folder for the replay"
    case .costs(let size):
      return
        "found no costs that grow with length for the size \(size), expected positive parameters and "
        + "operations, and tokens (or steps) that are whole numbers; mend those columns"
    case .notAReplay(let path):
      return "\(path): found no journal of a replay, expected one; give another folder"
    case .noSearch(let method):
      return "the method '\(method)' tries one mixture and does not search, expected methods that "
        + "do; leave it out"
    case .noCheaperRuns(let target):
      return
        "found runs of the size \(target) and one length alone, expected smaller or shorter ones "
        + "too; give tables of several sizes, or replay without --target-size"
    case .unknownAblation(let name):
      let names = FidelityVariant.Ablation.allCases.map(\.rawValue)
      return "found '+\(name)' behind a method, "
        + (nearestName(to: name, in: names).map { "did you mean '+\($0)'? " } ?? "")
        + "expected \(names.map { "+" + $0 }.joined(separator: ", "))"
    }
  }
}
