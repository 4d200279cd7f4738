import Numerics
import RunTables

/// What it takes to get to a rung and to measure there.
///
/// Where a table tells the operations of each row, those of a run's trunk, of the decays that branch off it and
/// of evaluations are told apart by how they grow: at rung r of lengths s, a s_r + b Σ_(j≤r) s_j + e (r + 1).
struct RungCosts {
  /// For each level; nil where parameters times tokens are all that is known.
  private var fits: [(trunk: Double, decay: Double, evaluation: Double)?]
  private let decay: Double
  let note: String

  init(_ table: RunTable, _ ladder: FidelityLadder, decay: Double?) {
    let fits = ladder.levels.map { level in
      decay == nil ? Self.fit(table, parameters: level.parameters) : nil
    }
    let isKnown = fits.allSatisfy { $0 != nil }
    self.fits = isKnown ? fits : fits.map { _ in nil }
    self.decay = decay ?? 0
    let length = table.rows.contains { $0.tokens != nil } ? "tokens" : "steps"
    note =
      isKnown
      ? "costs are from the column of operations"
      : "costs are parameters times \(length)"
        + (decay.map { ", of which a share of \($0) is paid anew at each length" } ?? "")
  }

  func cost(level: Int, parameters: Double, place: Double) -> (trunk: Double, branch: Double) {
    if let fit = fits[level] { return (fit.trunk * place, fit.decay * place + fit.evaluation) }
    return ((1 - decay) * parameters * place, decay * parameters * place)
  }

  private static func fit(
    _ table: RunTable, parameters: Double
  ) -> (trunk: Double, decay: Double, evaluation: Double)? {
    // One run that has them all stands for all runs of its size.
    var curves: [Int: [(place: Double, operations: Double)]] = [:]
    for row in table.rows where row.parameters == parameters {
      guard let operations = row.operations, operations > 0 else { continue }
      curves[row.run, default: []].append((FidelityLadder.place(row), operations))
    }
    let longest = curves.max { ($0.value.count, -$0.key) < ($1.value.count, -$1.key) }
    guard let curve = longest?.value.sorted(by: { $0.place < $1.place }) else { return nil }
    let (place, unit) = (curve[curve.count - 1].place, curve[curve.count - 1].operations)
    let plain = (trunk: unit / place, decay: 0.0, evaluation: 0.0)
    guard curve.count >= 4 else { return plain }
    var sum = 0.0
    let rows = curve.enumerated().map { index, point -> [Double] in
      sum += point.place / place
      return [point.place / place, sum, Double(index + 1)]
    }
    let features = Matrix(rows: rows)
    let truths = curve.map { $0.operations / unit }
    var normal = features.times(features, transposingSelf: true)
    for i in 0..<3 { normal[i, i] *= 1 + 1e-14 }
    guard
      let found = Cholesky(factoring: normal)?.solve(
        features.times(truths, transposingSelf: true))
    else { return plain }
    let gap = zip(features.times(found), truths).map { abs($0 - $1) }.max()!
    guard gap < 0.01, found.allSatisfy({ $0 > -0.01 }), found[0] > 0 else { return plain }
    // What is left of nothing by rounding is nothing.
    let (decay, evaluation) = (found[1] > 1e-6 ? found[1] : 0, found[2] > 1e-6 ? found[2] : 0)
    return (found[0] * unit / place, decay * unit / place, evaluation * unit)
  }
}
