/// A run of a table over sizes: how far it has got, and what was measured on the way.
package struct SizedRun: Sendable, Hashable {
  package struct Point: Sendable, Hashable {
    /// Tokens, or steps where the table has no tokens.
    package var length: Double
    /// In the order of the table's held-out domains.
    package var losses: [Double?]
    /// Operations up to here; nil where the table does not tell.
    package var operations: Double?
  }

  /// What the table calls the last row of it.
  package var name: String?
  /// The same numbers for the same mixture, whatever its rows were rounded to.
  package var weights: [Double]
  /// As the table writes it.
  package var size: String
  package var parameters: Double
  package var seed: UInt64?
  /// From short to long.
  package var points: [Point]
  /// What it is under way to; nil where it has ended.
  package var goal: Double?
  package var hasDiverged = false
  /// How far it had got by then; nil where the table does not tell.
  package var divergedAt: Double?
}
