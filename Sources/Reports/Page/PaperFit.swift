/// How a table comes onto paper, which cannot be scrolled: set smaller where it is too wide, and on a page turned
/// sideways where upright it would be too small to read.
struct PaperFit {
  /// Of the size that the page's text has on paper.
  let share: Double
  let isTurned: Bool

  /// Pixels, as browsers count them, between the usual margins of A4 and of Letter, the narrower of both.
  private static let upright = 700.0
  private static let sideways = 980.0
  /// A digit's width at a table's size on paper, generously, a letter's of a heading, and what lies between columns.
  private static let letter = 8.0
  private static let titleLetter = 7.0
  private static let gap = 8.0
  /// Below this share upright pages are turned: letters of about 5 points.
  private static let least = 0.6

  /// Rows of tables beyond so many are not printed unless somebody unfolds them.
  private static let mostRows = 300

  /// - Parameter table: its cells may break at spaces.
  init(_ table: TextTable) {
    let rows = table.rows.prefix(Self.mostRows)
    let widths = table.columns.indices.map { column -> Double in
      let title = Double(Self.longestWord(table.columns[column].title)) * Self.titleLetter
      return rows.reduce(title) {
        max($0, Double(Self.longestWord($1[column])) * Self.letter)
      }
    }
    self.init(width: widths.reduce(0) { $0 + $1 + Self.gap })
  }

  /// - Parameter width: the least that the table needs at its size on paper, in pixels.
  init(width: Double) {
    isTurned = width * Self.least > Self.upright
    share = min((isTurned ? Self.sideways : Self.upright) / max(width, 1), 1)
  }

  /// Letters that stay together; short names do across hyphens too.
  private static func longestWord(_ text: String) -> Int {
    text.split(separator: " ").map { displayWidth(String($0)) }.max() ?? 0
  }
}
