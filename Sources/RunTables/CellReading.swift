/// What people write into cells.
enum CellReading {
  private static let empties: Set<String> = [
    "", "na", "n/a", "null", "none", "-", "–", "?", "pending",
  ]
  private static let divergences: Set<String> = [
    "nan", "inf", "-inf", "+inf", "infinity", "-infinity", "diverged", "failed", "-nan",
  ]

  static func isEmpty(_ cell: String) -> Bool { empties.contains(cell.lowercased()) }
  static func isDivergence(_ cell: String) -> Bool { divergences.contains(cell.lowercased()) }

  /// A finite number; `30%` is 30.
  static func number(_ cell: String) -> Double? {
    let text = cell.hasSuffix("%") ? cell.dropLast() : cell[...]
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// `160M`, `1.3B`, `125_000`, `60m`, `1e9`; also with the unit that the heading told.
  static func count(_ cell: String, unit: Double) -> Double? {
    let text = cell.lowercased().filter { $0 != "_" && $0 != " " }
    if let value = Double(text), value.isFinite { return value * unit }
    for (suffix, factor) in [("k", 1e3), ("m", 1e6), ("b", 1e9), ("g", 1e9), ("t", 1e12)]
    where text.hasSuffix(suffix) {
      if let value = Double(text.dropLast()), value.isFinite, value > 0 { return value * factor }
    }
    return nil
  }

  /// Digits after the point.
  static func decimals(_ cell: String) -> Int {
    let mantissa = cell.lowercased().prefix { $0 != "e" && $0 != "%" }
    let exponent =
      cell.lowercased().split(separator: "e").dropFirst().first.flatMap { Int($0) }
      .map { max(min($0, 400), -400) } ?? 0
    let digits = mantissa.firstIndex(of: ".").map {
      mantissa.distance(from: $0, to: mantissa.endIndex) - 1
    }
    return max((digits ?? 0) - exponent, 0)
  }

  enum Status { case finished, pending, diverged }

  /// - Returns: nil for a word that says nothing.
  static func status(_ cell: String, heading: String) -> Status? {
    let word = cell.lowercased()
    if heading.lowercased() == "diverged" || heading.lowercased() == "failed" {
      return ["true", "1", "yes", "y"].contains(word) ? .diverged : nil
    }
    switch word {
    case "diverged", "failed", "nan", "crashed", "exploded", "oom", "error", "killed":
      return .diverged
    case "pending", "running", "queued", "submitted", "suggested", "proposed", "open", "todo":
      return .pending
    case "finished", "done", "ok", "complete", "completed", "success", "succeeded": return .finished
    default: return nil
    }
  }
}
