import ArgumentParsing
import Engines

extension EngineSettings.Kind: ArgumentValue {}

/// `books`, or `books=12B` where its training tokens are known.
struct DomainArgument: ArgumentValue {
  var name: String
  var tokens: Double?

  init(argument: String) throws {
    let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = sides.first, !first.isEmpty else { throw UnreadableArgument() }
    name = String(first)
    tokens = sides.count > 1 ? try Quantity(argument: String(sides[1])).value : nil
  }

  var argumentText: String { name }
}

/// A span of time: `90s`, `45m`, `2h`, `1d`, or as Slurm has it: `2:00:00`, `1-12:00:00`; minutes where there is no
/// unit.
struct DurationArgument: ArgumentValue {
  var seconds: Double
  var argumentText: String

  init(argument: String) throws {
    argumentText = argument
    guard let seconds = Self.seconds(argument), seconds > 0, seconds <= 366 * 86400 else {
      throw ValidationError("expected a time such as 90s, 45m, 2h or 1-12:00:00")
    }
    self.seconds = seconds
  }

  private static func seconds(_ text: String) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    if let last = text.last, let unit = units[last] {
      return Double(text.dropLast()).map { $0 * unit }
    }
    let days = text.split(separator: "-", omittingEmptySubsequences: false)
    guard days.count <= 2 else { return nil }
    var total = 0.0
    if days.count == 2 {
      guard let count = Int(days[0]), count >= 0 else { return nil }
      total = Double(count) * 86400
    }
    let parts = days.last!.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else { return nil }
    let numbers = parts.map { Double($0!) }
    switch (numbers.count, days.count) {
    case (1, 1): return numbers[0] * 60
    case (2, 1): return numbers[0] * 60 + numbers[1]
    case (1, 2): return total + numbers[0] * 3600
    case (2, 2): return total + numbers[0] * 3600 + numbers[1] * 60
    case (3, _): return total + numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    default: return nil
    }
  }
}
