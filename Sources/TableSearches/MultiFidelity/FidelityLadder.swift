import Foundation
import MixtureMethods
import Mixtures
import Numerics
import RunTables

/// The sizes of a table and the lengths that most of their runs have.
struct FidelityLadder {
  struct Level {
    var size: String
    var parameters: Double
    /// Tokens, or steps where the table tells no tokens.
    var places: [Double]
  }

  var levels: [Level]
  private let targetParameters: Double

  /// Of the levels.
  var target: Int { levels.firstIndex { $0.parameters == targetParameters }! }

  /// Where a row is on its run's curve.
  static func place(_ row: RunTable.Row) -> Double { row.tokens ?? row.step ?? 1 }

  init(_ table: RunTable, _ selection: FidelityTable.Selection) throws {
    var levels: [Level] = []
    for row in table.rows {
      let parameters = try row.requiredParameters(
        advice: "; add a column 'size', or replay without --target-size")
      if !levels.contains(where: { $0.parameters == parameters }) {
        levels.append(Level(size: row.size, parameters: parameters, places: []))
      }
    }
    levels.sort { $0.parameters < $1.parameters }
    func level(_ asked: String) throws(RunTableError) -> Level {
      let found = levels.first {
        $0.size.lowercased() == asked.lowercased()
          || RunTable.parameters(ofSize: asked) == $0.parameters
      }
      guard let found else {
        throw .unknownSelection(what: "size", asked: asked, known: levels.map(\.size))
      }
      return found
    }
    let end = try level(selection.target)
    let others = try selection.sizes?.map { try level($0).parameters }
    self.levels = levels.filter { level in
      level.parameters == end.parameters
        || others?.contains(level.parameters) ?? (level.parameters < end.parameters)
    }
    targetParameters = end.parameters
  }

  mutating func chooseRungs(
    _ table: RunTable, objective: Objective, _ selection: FidelityTable.Selection
  ) throws {
    let columns = objective.domains.map { table.heldOut.firstIndex(of: $0)! }
    for index in levels.indices {
      let rows = table.rows.filter {
        $0.parameters == levels[index].parameters && $0.status == .finished
      }
      let runs = Set(rows.map(\.run)).count
      var counts: [Double: Set<Int>] = [:]
      for row in rows where columns.allSatisfy({ row.losses[$0] != nil }) {
        counts[Self.place(row), default: []].insert(row.run)
      }
      let most = counts.values.map(\.count).max() ?? 0
      guard counts.isEmpty || counts.keys.contains(where: { $0 >= 1 }) else {
        throw ReplayError.costs(size: levels[index].size)
      }
      // What was measured before the first step has cost nothing and says nothing of a mixture.
      var places = counts.keys.filter { $0 >= 1 && 2 * counts[$0]!.count >= runs }.sorted()
      if index == target {
        let steps = rows.filter { $0.step == selection.step && selection.step != nil }
        let asked = steps.first.map(Self.place) ?? selection.step
        let last = asked ?? places.last { counts[$0]!.count == most }
        guard let last, counts[last] != nil else {
          throw RunTableError.unknownSelection(
            what: "step", asked: selection.step.map { "\(Int(clamping: $0))" } ?? "the target",
            known: rows.compactMap { $0.step ?? $0.tokens }.reduce(into: []) { list, step in
              if !list.contains("\(Int(clamping: step))") { list.append("\(Int(clamping: step))") }
            })
        }
        places = places.filter { $0 < last } + [last]
      }
      levels[index].places = Self.thinned(places, to: selection.rungs)
    }
    levels.removeAll { $0.places.isEmpty }
  }

  /// At most so many, even in the logarithm, the first and the last among them.
  private static func thinned(_ places: [Double], to count: Int) -> [Double] {
    guard places.count > count else { return places }
    guard count > 1 else { return places.suffix(1) }
    var left = Array(places.dropFirst().dropLast())
    var kept = [places[0], places[places.count - 1]]
    for step in 1..<(count - 1) {
      let share = Double(step) / Double(count - 1)
      let wish = log(places[0]) + share * (log(kept[1]) - log(places[0]))
      guard
        let nearest = left.indices.min(by: {
          (abs(log(left[$0]) - wish), $0) < (abs(log(left[$1]) - wish), $1)
        })
      else { break }
      kept.append(left.remove(at: nearest))
    }
    return kept.sorted()
  }

  /// - Throws: ``ReplayError/costs(size:)`` where the table's numbers make no costs that grow, or no whole lengths.
  func grid(_ costs: RungCosts) throws(ReplayError) -> FidelityGrid {
    for (index, level) in levels.enumerated() {
      let rungs = level.places.map {
        costs.cost(level: index, parameters: level.parameters, place: $0)
      }
      let isRising = zip(rungs, rungs.dropFirst()).allSatisfy { $0.trunk < $1.trunk }
      guard isRising, Scale.areLengths(level.places), rungs[0].trunk > 1e-150,
        rungs.allSatisfy({ $0.trunk + $0.branch < 1e150 }),
        rungs.allSatisfy({ $0.branch >= 0 })
      else { throw .costs(size: level.size) }
    }
    return FidelityGrid(
      levels: levels.enumerated().map { index, level in
        level.places.map { place in
          let cost = costs.cost(level: index, parameters: level.parameters, place: place)
          return FidelityGrid.Rung(
            scale: Scale(
              size: level.size, parameters: Int(clamping: level.parameters),
              tokens: Int(clamping: place.rounded())),
            trunkCost: cost.trunk, branchCost: cost.branch)
        }
      }, target: FidelityPoint(level: target, rung: levels[target].places.count - 1))
  }
}
