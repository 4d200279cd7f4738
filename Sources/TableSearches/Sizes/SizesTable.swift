import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import RunTables

/// Runs of several sizes and lengths as a table has them, and the size and length that are asked about.
package struct SizesTable: Sendable {
  /// What lengths of runs are counted in.
  package enum Unit: Sendable, Hashable {
    case tokens, steps
    /// The table says nothing of lengths: runs are taken to have had so many tokens for a parameter.
    case assumed(perParameter: Double)
  }

  package let table: RunTable
  package let unit: Unit
  /// In the order in which the table begins them.
  package let runs: [SizedRun]
  package let target: (parameters: Double, length: Double)
  package let notes: [String]
  /// That there is for a run of the target; nil where nobody said.
  package let text: KnownText?
  /// Whether the runs repeat it as often as the target will, so that what that costs is in their losses.
  package let matchesEpochs: Bool

  /// Tokens for a parameter where nothing says another number (Hoffmann et al., arXiv 2203.15556).
  static let typicalRatio = 20.0

  /// - Parameters:
  ///   - needed: places among the held-out domains without which a row is no measurement.
  ///   - settings: valid ones.
  ///   - conditions: of which those on epochs must be of text that was told of.
  /// - Throws: `RunTableError.malformedLine` for a finished run without a size, ``SizesError``, `MixtureError`.
  package init(
    _ table: RunTable, needed: [Int], settings: SizesSettings,
    conditions: [MixtureConstraint] = []
  ) throws {
    self.table = table
    text = try settings.text(over: table.domains, conditions: conditions)
    matchesEpochs = settings.matchesEpochs == true
    let parameters = try settings.parameters
    func isMeasured(_ row: RunTable.Row) -> Bool {
      row.status == .finished && needed.allSatisfy { row.losses[$0]?.isFinite ?? false }
    }
    let measured = table.rows.filter(isMeasured)
    let asked = try settings.targetTokens.map { text throws(SizesError) in
      try SizesSettings.amount(text, option: "--target-tokens", of: "tokens, e.g. 20B")
    }
    // What most rows have; a cell that was left empty does not take it from all others.
    let withTokens = measured.count { $0.tokens != nil }
    let withSteps = measured.count { $0.step != nil }
    if measured.isEmpty || (2 * withTokens > measured.count && withTokens >= withSteps) {
      unit = .tokens
    } else if 2 * withSteps > measured.count {
      unit = .steps
    } else {
      unit = .assumed(perParameter: (asked ?? Self.typicalRatio * parameters) / parameters)
    }
    guard text == nil || unit != .steps else { throw SizesError.textInSteps }
    var notes: [String] = []
    if case .assumed(let ratio) = unit {
      notes.append(
        "no tokens or steps in the table: each run is taken to have had "
          + "\(Self.short(ratio)) tokens for a parameter, as the target")
    }
    var reader = SizedRunReader(unit: unit, limit: parameters * (1 + 1e-9))
    for row in table.rows { try reader.read(row, isMeasured: isMeasured(row)) }
    var found = reader.runs
    if settings.continues { found = SizedRunReader.joined(found) }
    runs = found
    if reader.unmeasured > 0 {
      notes.append(
        "\(reader.unmeasured) finished row\(reader.unmeasured == 1 ? "" : "s") without \(unit == .steps ? "steps" : "tokens"), which most have, left out"
      )
    }
    if reader.larger > 0 {
      notes.append("\(reader.larger) rows of sizes beyond the target left out")
    }
    if reader.unsized > 0 {
      notes.append("\(reader.unsized) rows under way without a size left out")
    }
    self.notes = notes
    var length = asked
    if length == nil {
      // As the longest run of the largest size, in proportion.
      let known = found.filter { !$0.points.isEmpty }
      let largest = known.map(\.parameters).max()
      let longest = known.filter { $0.parameters == largest }.map { $0.points.last!.length }.max()
      switch (unit, longest, largest) {
      case (.steps, let longest?, _): length = longest
      case (_, let longest?, let largest?): length = longest / largest * parameters
      default: length = Self.typicalRatio * parameters
      }
    }
    target = (parameters, length!)
  }

  static func short(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: "%.3g", value)
  }

  /// The runs that were measured on some held-out domains, as the model takes them.
  ///
  /// - Parameter isIncluded: by a run's parameters.
  package func data(outputs: [Int], where isIncluded: (Double) -> Bool) -> ScaleData {
    let rows = runs.compactMap { run -> ScaleData.Run? in
      guard isIncluded(run.parameters) else { return nil }
      let points = run.points.filter { point in outputs.allSatisfy { point.losses[$0] != nil } }
      guard !points.isEmpty else { return nil }
      return ScaleData.Run(
        weights: run.weights, parameters: run.parameters, tokens: points.map(\.length),
        losses: points.map { point in outputs.map { point.losses[$0]! } })
    }
    return ScaleData(
      runs: rows, target: .init(parameters: target.parameters, tokens: target.length),
      ownDomains: outputs.map { table.domains.firstIndex(of: table.heldOut[$0]) },
      availableTokens: matchesEpochs ? nil : text.map { $0.limits.map(Double.init) })
  }
}

/// Puts rows together to runs.
private struct SizedRunReader {
  let unit: SizesTable.Unit
  let limit: Double
  private(set) var runs: [SizedRun] = []
  private(set) var larger = 0
  private(set) var unsized = 0
  /// Finished rows that do not say how long they were.
  private(set) var unmeasured = 0
  // Looked up only: the order of a dictionary is never seen.
  private var places: [Int: Int] = [:]
  private var mixtures: [[Double]] = []

  init(unit: SizesTable.Unit, limit: Double) {
    self.unit = unit
    self.limit = limit
  }

  mutating func read(_ row: RunTable.Row, isMeasured: Bool) throws {
    if row.status == .lost || row.status == .cancelled { return }
    if (row.parameters ?? 0) <= 0, !isMeasured, row.status != .diverged {
      unsized += 1
      return
    }
    let parameters = try row.requiredParameters(advice: " in a column 'size'")
    guard parameters <= limit else {
      larger += 1
      return
    }
    let length = length(row, parameters)
    if isMeasured, length == nil {
      unmeasured += 1
      return
    }
    let place = places[row.run] ?? runs.count
    if place == runs.count {
      places[row.run] = place
      runs.append(
        SizedRun(
          name: row.name, weights: canonical(row.mixture.weights), size: row.size,
          parameters: parameters, seed: row.seed, points: []))
    }
    runs[place].name = row.name ?? runs[place].name
    if row.status == .diverged {
      runs[place].hasDiverged = true
      runs[place].divergedAt = length
    } else if isMeasured, let length {
      guard !runs[place].points.contains(where: { $0.length == length }) else { return }
      runs[place].points.append(
        .init(length: length, losses: row.losses, operations: row.operations))
      runs[place].points.sort { $0.length < $1.length }
    } else {
      // How far it goes, nobody says: as far as its size's others.
      runs[place].goal = length ?? .infinity
    }
  }

  private func length(_ row: RunTable.Row, _ parameters: Double) -> Double? {
    switch unit {
    case .tokens: row.tokens.map { max($0, 1) }
    case .steps: row.step.map { max($0, 1) }
    case .assumed(let ratio): ratio * parameters
    }
  }

  /// Rows that differ in their last decimals are of one mixture.
  private mutating func canonical(_ weights: [Double]) -> [Double] {
    if let known = mixtures.first(where: { known in
      zip(known, weights).allSatisfy { abs($0 - $1) < 6e-5 }
    }) {
      return known
    }
    mixtures.append(weights)
    return weights
  }

  /// Where the trainer goes on from checkpoints, runs of a mixture, size and seed that are longer each time are one.
  static func joined(_ runs: [SizedRun]) -> [SizedRun] {
    var result: [SizedRun] = []
    for run in runs {
      let start = run.points.first?.length ?? run.goal ?? .infinity
      let place = result.lastIndex { earlier in
        earlier.weights == run.weights && earlier.parameters == run.parameters
          && earlier.seed == run.seed && !earlier.hasDiverged && earlier.goal == nil
          && earlier.points.last.map { $0.length < start } ?? false
      }
      guard let place, !run.hasDiverged else {
        result.append(run)
        continue
      }
      result[place].points += run.points
      result[place].goal = run.goal
      result[place].name = run.name ?? result[place].name
    }
    return result
  }
}
