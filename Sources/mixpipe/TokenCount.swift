import ArgumentParsing

/// A number of tokens: `2000000`, `1.5e9`, `100B`.
struct Quantity: ArgumentValue {
  var value: Double

  init(argument: String) throws {
    let units: [Character: Double] = [
      "k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "B": 1e9, "b": 1e9, "G": 1e9, "T": 1e12, "t": 1e12,
    ]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())),
      number > 0, number * (unit ?? 1) < 1e18
    else { throw ValidationError("Found '\(argument)', expected a number of tokens as 100B") }
    value = number * (unit ?? 1)
  }

  var argumentText: String { "\(value)" }
}

/// A whole number of tokens, written as a ``Quantity``.
struct TokenCount: ArgumentValue {
  var value: Int

  init(_ value: Int) { self.value = value }

  init(argument: String) throws {
    // Digits are read to the last.
    if let value = Int(argument) {
      self.value = value
      return
    }
    let quantity = try Quantity(argument: argument).value
    guard quantity == quantity.rounded() else {
      throw ValidationError("Found '\(argument)', expected a whole number of tokens as 200M")
    }
    value = Int(quantity)
  }

  var argumentText: String { "\(value)" }
}
