import Mixtures

/// A table's columns and what they are for, so that rows can be written as they were read.
package struct TableLayout: Sendable, Hashable {
  package enum Column: Sendable, Hashable {
    case run
    /// Of one of the domains.
    case weight(Int)
    /// Of one of the held-out domains.
    case loss(Int)
    /// The same in every row, and so in new ones: `size`, `tokens`, ….
    case constant(String)
    /// Left empty.
    case other
  }

  package var headings: [String]
  package var columns: [Column]
  /// 100 where weights are per cent.
  package var whole: Double

  package init(headings: [String], columns: [Column], whole: Double = 1) {
    precondition(headings.count == columns.count)
    self.headings = headings
    self.columns = columns
    self.whole = whole
  }

  /// For runs of which there is no table yet: `run,weight_books,…,loss_books,…`.
  package init(domains: [String], heldOut: [String]) {
    self.init(
      headings: ["run"] + domains.map { "weight_\($0)" } + heldOut.map { "loss_\($0)" },
      columns: [.run] + domains.indices.map(Column.weight) + heldOut.indices.map(Column.loss))
  }

  /// A row for a run that is still to be made: its losses are empty.
  package func cells(name: String, mixture: Mixture) -> [String] {
    let weights = Self.written(mixture.weights, whole: whole)
    return columns.map { column in
      switch column {
      case .run: name
      case .weight(let index): weights[index]
      case .constant(let text): text
      case .loss, .other: ""
      }
    }
  }

  /// Four decimals of a share, rounded so that they sum to the whole (largest remainders).
  package static func written(_ weights: [Double], whole: Double = 1) -> [String] {
    Mixture.tenThousandths(of: weights).map { units in
      // In integers, so that no digit is an accident of binary fractions.
      let scaled = units * Int(whole)
      let digits = String(scaled % 10_000)
      let fraction = String(repeating: "0", count: 4 - digits.count) + digits
      let kept = fraction.reversed().drop { $0 == "0" }.reversed()
      return "\(scaled / 10_000)" + (kept.isEmpty ? "" : "." + String(kept))
    }
  }

  /// The mixture as its row will be read back.
  package static func rounded(_ mixture: Mixture) -> Mixture { mixture.inTenThousandths }

  /// One line of CSV, without its end.
  package static func line(_ cells: [String]) -> String {
    cells.map { cell in
      cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
    }.joined(separator: ",")
  }
}
