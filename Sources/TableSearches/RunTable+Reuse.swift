import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import RunTables

extension RunTable {
  /// The same with runs from before the domains changed. Text that was one domain and is several now was
  /// drawn in the shares that the whole had, so its runs are runs of the domains of now, in one
  /// direction of them; what the parts do one by one only new runs tell.
  ///
  /// A held-out part that was measured as one is taken for each of its parts, moved by how far the new
  /// runs' losses lie from what the earlier ones predict.
  ///
  /// - Parameters:
  ///   - needed: held-out domains without whose loss a run says nothing; nil for the targets.
  ///   - largestDrop: the weight of dropped domains that a run may have had and still count.
  /// - Throws: ``DomainMapError``.
  package func reusing(
    _ earlier: RunTable, map: DomainMap, needed: [String]? = nil, largestDrop: Double = 0.02
  ) throws(DomainMapError) -> RunTable {
    for entry in map.entries {
      for part in entry.parts where !domains.contains(part.domain) {
        throw .unknown(domain: part.domain, known: domains)
      }
      for domain in entry.before where !earlier.domains.contains(domain) {
        throw .unused(domain: domain, known: earlier.domains)
      }
    }
    var places: [[(index: Int, share: Double)]] = []
    for domain in earlier.domains {
      guard let parts = map.parts(of: domain, among: domains) else {
        throw .unplaced(domain: domain, domains: domains)
      }
      places.append(parts.map { (domains.firstIndex(of: $0.domain)!, $0.share) })
    }
    let sources = heldOut.map { map.sources(of: $0, in: earlier.heldOut) }
    let offsets = sources.indices.map { offset($0, sources[$0], earlier, places) }
    var result = self
    let needed = (needed ?? targets).compactMap { heldOut.firstIndex(of: $0) }
    var (added, dropped, unmeasured) = (0, 0, 0)
    // Losses that runs lack, and those that all of these have.
    var lacking: Set<Int> = []
    var common = Set(heldOut.indices)
    let names = Set(runNames)
    let firstRun = (rows.map(\.run).max() ?? -1) + 1
    var taken: [Row] = []
    for row in earlier.rows where row.status == .finished || row.status == .diverged {
      var weights = [Double](repeating: 0, count: domains.count)
      for (weight, parts) in zip(row.mixture.weights, places) {
        for part in parts { weights[part.index] += weight * part.share }
      }
      guard weights.reduce(0, +) >= 1 - largestDrop else {
        dropped += 1
        continue
      }
      var losses: [Double?] = heldOut.indices.map { place in
        let known = sources[place].compactMap { row.losses[$0] }
        guard !known.isEmpty, known.count == sources[place].count else { return nil }
        return Statistics.mean(known) + offsets[place]
      }
      if row.status == .diverged {
        losses = heldOut.map { _ in nil }
      } else if needed.contains(where: { losses[$0] == nil }) {
        unmeasured += 1
        lacking.formUnion(needed.filter { losses[$0] == nil })
        common.formIntersection(heldOut.indices.filter { losses[$0] != nil })
        continue
      }
      var name = row.name
      if let own = name, names.contains(own) { name = "earlier-\(own)" }
      taken.append(
        Row(
          path: row.path, line: row.line, name: name, run: firstRun + added,
          mixture: Mixture(domains: domains, proportionalTo: weights), status: row.status,
          losses: losses))
      added += 1
    }
    result.rows = taken + rows
    var reasons: [String] = []
    if dropped > 0 {
      reasons.append("\(dropped) earlier runs had too much of what was dropped: left out")
    }
    if unmeasured > 0 {
      reasons.append(
        "\(unmeasured) earlier runs lack the loss of \(Self.list(lacking.sorted().map { heldOut[$0] })), which the "
          + "objective needs: left out; "
          + remedy(common.sorted().filter(needed.contains), earlier))
    }
    if added > 0 {
      result.notes.append("\(added) earlier runs are reused")
      result.notes += reasons
    } else {
      if reasons.isEmpty { reasons = ["none has finished or diverged; fill in their losses"] }
      result.notes.append(
        "0 of \(earlier.rows.count) earlier runs are reused: " + reasons.joined(separator: "; "))
    }
    for domain in map.assumed {
      result.notes.append(
        "'\(domain)' is taken as equal parts; say the shares of its text, e.g. "
          + "--map '\(domain)=0.3*…+0.7*…'")
    }
    return result
  }

  /// How to keep runs that lack losses.
  ///
  /// - Parameter common: needed losses that all of them have.
  private func remedy(_ common: [Int], _ earlier: RunTable) -> String {
    guard common.isEmpty else {
      let names = common.map { NameSyntax.written(heldOut[$0], among: ",=:+") }
      return "minimize what both have to keep them, with --objective "
        + "'mean:\(names.joined(separator: ","))', or measure the rest for them"
    }
    return
      "they have \(Self.list(earlier.heldOut)); measure that in new runs, too, or what the objective needs "
      + "for the earlier ones"
  }

  /// Some names in quotes, not more than a line takes.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 6 ? shown + " and \(names.count - 6) more" : shown
  }

  /// By how much new losses lie above what the earlier runs predict at their mixtures, drawn toward none;
  /// zero for a held-out domain that was the same before.
  private func offset(
    _ place: Int, _ sources: [Int], _ earlier: RunTable, _ places: [[(index: Int, share: Double)]]
  ) -> Double {
    guard !sources.isEmpty, sources.map({ earlier.heldOut[$0] }) != [heldOut[place]] else {
      return 0
    }
    let names = sources.map { earlier.heldOut[$0] }
    var history = ModelHistory(outputs: names, domains: earlier.domains)
    history.append(earlier.rows.compactMap { $0.observation(heldOut: earlier.heldOut) })
    guard let surrogate = history.surrogate() else { return 0 }
    let measured = rows.filter { $0.status == .finished && $0.losses[place] != nil }
    guard !measured.isEmpty else { return 0 }
    let collapsed = measured.map { row in
      let sums = places.map { parts in parts.reduce(0) { $0 + row.mixture.weights[$1.index] } }
      let whole = sums.reduce(0, +)
      return whole > 0 ? sums.map { $0 / whole } : sums.map { _ in 1 / Double(sums.count) }
    }
    let share = 1 / Double(names.count)
    let predicted = surrogate.weightedSum(names.map { _ in share }, at: collapsed)
    let differences = zip(measured, predicted).map { $0.losses[place]! - $1.mean }
    return differences.reduce(0, +) / Double(differences.count + 1)
  }
}

extension DomainMap {
  /// The earlier held-out domains that one of now is measured by: itself, or the whole that it is a part
  /// of, or the parts that it was made of.
  func sources(of heldOut: String, in earlier: [String]) -> [Int] {
    if let same = earlier.firstIndex(of: heldOut) { return [same] }
    let entries = entries.filter { $0.parts.contains { $0.domain == heldOut } }
    return entries.flatMap(\.before).compactMap { earlier.firstIndex(of: $0) }
  }
}
