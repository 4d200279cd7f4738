import Foundation

/// Shares that were cut or rounded one by one, so that rows miss the whole.
struct CutShares: Equatable {
  /// Digits after the decimal mark that are left.
  var decimals: Int
  /// What the rows sum to, in the table's own unit.
  var sums: ClosedRange<Double>

  func words(whole: Double) -> String {
    let digits =
      decimals == 0 ? "whole numbers" : decimals == 1 ? "a decimal" : "\(decimals) decimals"
    func text(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }
    return
      "weights are \(whole == 100 ? "per cent" : "shares") cut or rounded to \(digits), of which rows sum to "
      + "\(text(sums.lowerBound)) to \(text(sums.upperBound)): each row's shares of its sum are taken"
  }
}

extension TablePart {
  /// More than this much of the whole is lost by a mistake, whatever the number of weights.
  private static let mostLost = 0.15

  /// What rows sum to that miss the whole by no more than cutting or rounding explains; nil where none misses it by
  /// more than the usual tolerance, or one by more than that.
  ///
  /// Of k shares in steps of u, rounding takes or adds less than k u / 2. Cutting takes (k - 1) u at most, and hardly
  /// ever more than three quarters of k u: a deficit is the sum of k parts that are even between 0 and u. Where
  /// shares were cut, rows that miss the whole are many: one of twenty is a slip. Rows with more digits may stand
  /// among them, as those do that were added since: they sum to the whole.
  ///
  /// - Parameter decimals: the most digits after the mark that any row has.
  func cutShares(whole: Double, decimals: Int) -> CutShares? {
    struct Sum {
      var miss: Double
      var decimals: Int
    }
    let usual = tolerance(whole: whole, decimals: decimals)
    var sums: [Sum] = []
    var most: Int?
    for row in table.rows {
      let cells = roles.weights.map { row.cells[$0] }.filter { !CellReading.isEmpty($0) }
      if cells.isEmpty { continue }
      let weights = cells.compactMap(table.reading.number)
      guard weights.count == cells.count, weights.allSatisfy({ 0...whole ~= $0 }) else {
        return nil
      }
      let sum = Sum(
        miss: weights.reduce(0, +) / whole - 1,
        decimals: cells.reduce(0) { max($0, table.reading.decimals($1)) })
      sums.append(sum)
      if abs(sum.miss) > usual { most = max(most ?? 0, sum.decimals) }
    }
    guard let most else { return nil }
    let cut = sums.filter { $0.decimals <= most }
    let count = Double(roles.weights.count)
    let step = pow(10, -Double(most)) / whole
    // Tenths of the whole are told exactly, or not at all.
    guard step <= 0.01 + 1e-12 else { return nil }
    let least = min(count - 1, 0.75 * count) * step
    let isExplained = cut.allSatisfy { sum in
      let miss = sum.miss
      return abs(miss) <= Self.mostLost + 1e-9
        && (abs(miss) < count / 2 * step - 1e-9 || (miss < 0 && -miss <= least + 1e-9))
    }
    guard isExplained else { return nil }
    let missing = cut.count { abs($0.miss) > 1e-6 }
    let isHabit = (cut.count == sums.count || cut.count >= 4) && 4 * missing >= cut.count
    // Whole per cent are nobody's exact shares.
    let areWhole =
      whole == 100 && most == 0 && cut.count == sums.count
      && cut.allSatisfy { abs($0.miss) <= 0.03 + 1e-9 }
    guard isHabit || areWhole else { return nil }
    let whole = cut.map { whole * (1 + $0.miss) }
    return CutShares(decimals: most, sums: whole.min()!...whole.max()!)
  }
}
