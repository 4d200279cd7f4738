import Foundation
import MixtureMethods
import Mixtures
import RunTables

/// The sizes and lengths of a table and those that are asked for, with what they cost.
struct SizesGrid {
  struct Level {
    var size: String
    var parameters: Double
    /// That runs have or are to have, from short to long.
    var lengths: [Double]
    /// Whether new runs may be made.
    var isOpen: Bool
  }

  let levels: [Level]
  let grid: FidelityGrid

  /// Lengths that differ by less are one.
  private static let near = 1.03
  /// The most lengths of a size.
  private static let most = 8

  /// - Throws: ``SizesError``.
  init(_ table: SizesTable, _ settings: SizesSettings) throws(SizesError) {
    var levels: [Level] = []
    for run in table.runs where !levels.contains(where: { $0.parameters == run.parameters }) {
      levels.append(
        Level(
          size: run.size, parameters: run.parameters,
          lengths: Self.lengths(
            table.runs.filter { $0.parameters == run.parameters }.flatMap { run in
              run.points.map(\.length)
                + (run.goal.flatMap { $0.isFinite ? [$0] : nil } ?? [])
            }), isOpen: settings.sizes == nil))
    }
    for size in settings.sizes ?? [] {
      let parameters = try SizesSettings.amount(size, option: "--sizes", of: "parameters")
      if let place = levels.firstIndex(where: { Self.isSame($0.parameters, parameters) }) {
        levels[place].isOpen = true
      } else {
        levels.append(Level(size: size, parameters: parameters, lengths: [], isOpen: true))
      }
    }
    guard levels.contains(where: \.isOpen) else { throw .noSizes }
    let target = table.target
    if !levels.contains(where: { Self.isSame($0.parameters, target.parameters) }) {
      levels.append(
        Level(
          size: settings.targetSize, parameters: target.parameters, lengths: [], isOpen: false))
    }
    levels.sort { $0.parameters < $1.parameters }
    let place = levels.firstIndex { Self.isSame($0.parameters, target.parameters) }!
    // What runs of the target are to reach, and no length that is nearly that.
    levels[place].lengths.removeAll {
      $0 < target.length * Self.near && $0 > target.length / Self.near
    }
    levels[place].lengths = (levels[place].lengths + [target.length]).sorted()
    let known = levels
    for index in levels.indices where levels[index].isOpen || levels[index].lengths.isEmpty {
      // Runs may become longer than those of the table, up to as many tokens for a parameter as the target has.
      let longest = levels[index].lengths.last ?? 0
      guard index != place, longest == 0 || table.unit == .tokens else { continue }
      levels[index].lengths += Self.planned(levels[index], known, table, settings)
        .filter { $0 > 1.5 * longest }
    }
    self.levels = levels
    if let level = levels.first(where: { !Scale.areLengths($0.lengths) }) {
      throw .badLengths(size: level.size)
    }
    let costs = try SizesCosts(table, levels, settings)
    for (index, level) in levels.enumerated() {
      let all = level.lengths.map { costs.cost(level: index, length: $0) }
      guard zip(all, all.dropFirst()).allSatisfy(<), all.allSatisfy({ $0 > 0 && $0.isFinite })
      else { throw .badCosts(size: level.size) }
    }
    grid = FidelityGrid(
      levels: levels.enumerated().map { index, level in
        level.lengths.map { length in
          .init(
            scale: Scale(
              size: level.size, parameters: Int(clamping: level.parameters.rounded()),
              tokens: Int(clamping: length.rounded())),
            trunkCost: costs.cost(level: index, length: length))
        }
      },
      target: FidelityPoint(
        level: place, rung: levels[place].lengths.firstIndex(of: target.length)!))
  }

  static func isSame(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(a, b) }

  /// One for each group of lengths that are nearly the same; of many those that are even in their logarithm.
  private static func lengths(_ all: [Double]) -> [Double] {
    var groups: [[Double]] = []
    for length in all.sorted() {
      if let first = groups.last?.first, length < first * near {
        groups[groups.count - 1].append(length)
      } else {
        groups.append([length])
      }
    }
    let found = groups.map { $0[$0.count / 2] }
    guard found.count > most else { return found }
    let (low, high) = (log(found[0]), log(found[found.count - 1]))
    var kept: [Double] = []
    for step in 0..<most {
      let wish = low + (high - low) * Double(step) / Double(most - 1)
      let nearest = found.min { (abs(log($0) - wish), $0) < (abs(log($1) - wish), $1) }!
      if kept.last != nearest { kept.append(nearest) }
    }
    return kept
  }

  /// As many tokens for a parameter as the target has, and shorter; or as many steps as the nearest size's runs.
  private static func planned(
    _ level: Level, _ known: [Level], _ table: SizesTable, _ settings: SizesSettings
  ) -> [Double] {
    var full = table.target.length / table.target.parameters * level.parameters
    if table.unit == .steps {
      full =
        known.filter { !$0.lengths.isEmpty }.min {
          abs(log($0.parameters / level.parameters)) < abs(log($1.parameters / level.parameters))
        }!.lengths.last!
    }
    return (settings.continues ? [0.25, 0.5, 1] : [0.5, 1]).map { ($0 * full).rounded() }
      .filter { $0 >= 1 }
  }
}

/// What a run costs from its beginning to a length: as given, by the operations that the table tells, or parameters
/// times tokens (of which training takes about six operations each).
private struct SizesCosts {
  /// Of each level, of a parameter and token, or of a token where costs are given.
  private var factors: [Double] = []

  init(
    _ table: SizesTable, _ levels: [SizesGrid.Level], _ settings: SizesSettings
  ) throws(SizesError) {
    let prices = try settings.prices
    if !prices.isEmpty {
      for level in levels {
        guard
          let price = prices.first(where: { SizesGrid.isSame($0.parameters, level.parameters) })
        else { throw .noCost(size: level.size) }
        factors.append(price.cost / level.lengths.last!)
      }
      return
    }
    let ratios = levels.map { level -> Double? in
      let known = table.runs.filter { $0.parameters == level.parameters }.compactMap {
        run -> Double? in
        guard let end = run.points.last, let operations = end.operations, operations > 0 else {
          return nil
        }
        return operations / (level.parameters * end.length)
      }.sorted()
      return known.isEmpty ? nil : known[known.count / 2]
    }
    for level in levels {
      // What a size takes beside products grows slowly: the nearest size's ratio stands for others.
      let nearest = levels.indices.filter { ratios[$0] != nil }.min {
        abs(log(levels[$0].parameters / level.parameters))
          < abs(log(levels[$1].parameters / level.parameters))
      }
      factors.append(level.parameters * (nearest.flatMap { ratios[$0] } ?? 1))
    }
  }

  func cost(level: Int, length: Double) -> Double { factors[level] * length }
}
