import Foundation

/// How many runs of a size are begun, and how long they are, for what may be spent there.
///
/// Of what would pay for m of the shortest runs, m^.6 are made, each as long as it can be for that: with more to spend
/// there are both more runs and longer ones. Few long runs leave most mixtures unknown, and the shortest rank them for
/// other reasons than the target does.
struct CheapPlan: Equatable {
  let count: Int
  let rung: Int

  private static let exponent = 0.6

  /// - Parameters:
  ///   - budget: in runs of the target.
  ///   - costs: of a run that ends at each rung, likewise.
  ///   - least: runs, fewer than which tell nothing.
  ///   - most: runs, more than which tell little that is new.
  /// - Returns: nil where the budget does not pay for the least.
  init?(budget: Double, costs: [Double], least: Int, most: Int) {
    let shortest = budget / costs[0]
    guard shortest >= Double(least) else { return nil }
    let exact = max(min(pow(shortest, Self.exponent), Double(most)), Double(least))
    count = Int(exact.rounded(.up))
    rung = costs.lastIndex { $0 <= budget / exact + 1e-12 } ?? 0
  }
}
