extension RunTable {
  /// How a table gives what was measured on a held-out domain. Inside, lower is better.
  package struct Measure: Sendable, Hashable {
    package enum Unit: Sendable, Hashable {
      /// Nats per token.
      case nats
      case bits
      /// Higher is better. With a bound (1, or 100) it is held as the share that is missing, from 0 to 1;
      /// without one as its negative.
      case score(bound: Double?)
    }

    /// Its column.
    package var heading: String
    package var unit: Unit

    package init(heading: String, unit: Unit = .nats) {
      self.heading = heading
      self.unit = unit
    }

    package var isMaximized: Bool {
      if case .score = unit { return true }
      return false
    }

    /// From what is minimized to what the table says, and back.
    package func original(_ value: Double) -> Double {
      switch unit {
      case .nats, .bits: return value
      case .score(let bound?): return bound * (1 - value)
      case .score(nil): return -value
      }
    }

    package func minimized(_ original: Double) -> Double {
      switch unit {
      case .nats, .bits: return original
      case .score(let bound?): return 1 - original / bound
      case .score(nil): return -original
      }
    }

    /// For people and programs.
    package var unitName: String {
      switch unit {
      case .nats: "nats"
      case .bits: "bits"
      case .score: "score"
      }
    }
  }

  /// What a column was taken for, and why.
  package struct ColumnUse: Sendable, Hashable, Codable {
    package var heading: String
    package var use: String
    package var reason: String
    /// How to have it otherwise; nil where there is nothing to choose.
    package var change: String?

    package init(heading: String, use: String, reason: String, change: String? = nil) {
      self.heading = heading
      self.use = use
      self.reason = reason
      self.change = change
    }
  }

  /// How a file was read.
  package struct FileReading: Sendable, Hashable, Codable {
    package var path: String
    /// `fields with semicolons, decimal commas`.
    package var form: String
    package var rows: Int
    package var columns: [ColumnUse]
  }

  /// The held-out domain that somebody means: by its name, or by its column's heading.
  package func heldOutName(_ name: String) -> String {
    if heldOut.contains(name) { return name }
    return zip(heldOut, measures).first { $0.1.heading == name }?.0 ?? name
  }

  /// Of a held-out domain.
  package func measure(of name: String) -> Measure? {
    heldOut.firstIndex(of: name).map { measures[$0] }
  }
}

extension RunTable {
  /// What every column of some files would be taken for, whether or not they make a table.
  package static func explanation(
    of paths: [String], columns: Columns = Columns()
  ) throws -> [FileReading] {
    try paths.map { path in
      let part = try TablePart(CellTable(at: path), columns: columns)
      return FileReading(
        path: part.table.path, form: part.table.dialect.words, rows: part.table.rows.count,
        columns: part.roles.uses)
    }
  }
}
