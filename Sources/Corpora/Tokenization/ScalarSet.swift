/// A set of Unicode scalars, as a pattern's class names it.
struct ScalarSet: Sendable {
  /// Bit s of the scalars below 0x10000, where nearly all text is.
  private var low: [UInt64]
  /// The same for those beyond: general categories by bit, ranges, all of it inverted or not.
  private var parts: [Part]
  private var isInverted = false

  private enum Part: Sendable {
    case categories(UInt32)
    case whiteSpace(Bool)
    case range(ClosedRange<UInt32>)
    case set(ScalarSet)
  }

  static let empty = ScalarSet(parts: [])

  private init(parts: [Part]) {
    self.parts = parts
    low = [UInt64](repeating: 0, count: 1024)
    for part in parts { fill(part) }
  }

  /// - Parameter categories: bits of ``GeneralCategories``.
  init(categories: UInt32) { self.init(parts: [.categories(categories)]) }
  init(range: ClosedRange<UInt32>) { self.init(parts: [.range(range)]) }
  static let whiteSpace = ScalarSet(parts: [.whiteSpace(true)])

  private mutating func fill(_ part: Part) {
    for value in UInt32(0)..<0x10000 where Self.contains(part, value) {
      low[Int(value >> 6)] |= 1 << UInt64(value & 63)
    }
  }

  private static func contains(_ part: Part, _ value: UInt32) -> Bool {
    switch part {
    case .categories(let mask): return mask >> UInt32(GeneralCategories.of(value)) & 1 == 1
    case .whiteSpace(let wanted):
      return (Unicode.Scalar(value)?.properties.isWhitespace ?? false) == wanted
    case .range(let range): return range.contains(value)
    case .set(let set): return set.contains(value)
    }
  }

  func union(_ other: ScalarSet) -> ScalarSet {
    var result = self
    if isInverted {
      result = ScalarSet(parts: [])
      result.low = low
      result.parts = [.set(self)]
    }
    for i in result.low.indices { result.low[i] |= other.low[i] }
    if other.isInverted { result.parts.append(.set(other)) } else { result.parts += other.parts }
    return result
  }

  var inverted: ScalarSet {
    var result = self
    for i in result.low.indices { result.low[i] = ~result.low[i] }
    result.isInverted.toggle()
    return result
  }

  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    if value < 0x10000 { return low[Int(value >> 6)] >> UInt64(value & 63) & 1 == 1 }
    return parts.contains { Self.contains($0, value) } != isInverted
  }
}

/// Unicode's general categories as numbers, of the version that `tokenizers` 0.23 has: what came later is
/// unassigned to it, and the same text must be the same tokens with a newer library too.
enum GeneralCategories {
  private static let names: [(String, Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter),
    ("Lm", .modifierLetter), ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark),
    ("Me", .enclosingMark), ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber),
    ("Pc", .connectorPunctuation), ("Pd", .dashPunctuation), ("Ps", .openPunctuation),
    ("Pe", .closePunctuation), ("Pi", .initialPunctuation), ("Pf", .finalPunctuation),
    ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
    ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator),
    ("Zl", .lineSeparator), ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format),
    ("Cs", .surrogate), ("Co", .privateUse), ("Cn", .unassigned),
  ]
  private static let unassigned = 29

  /// The categories whose short name is `name` or begins with it, as bits; nil where there is none.
  static func mask(named name: String) -> UInt32? {
    var mask: UInt32 = 0
    for (bit, entry) in names.enumerated()
    where entry.0 == name || (name.utf8.count == 1 && entry.0.hasPrefix(name)) {
      mask |= 1 << UInt32(bit)
    }
    return mask == 0 ? nil : mask
  }

  static func of(_ value: UInt32) -> Int {
    value < 0x10000 ? Int(table[Int(value)]) : compute(value)
  }

  private static let table: [UInt8] = (0..<UInt32(0x10000)).map { UInt8(compute($0)) }

  private static func compute(_ value: UInt32) -> Int {
    guard let scalar = Unicode.Scalar(value) else { return 27 }
    guard let age = scalar.properties.age, age.major <= ScalarClass.unicodeVersion else {
      return unassigned
    }
    let category = scalar.properties.generalCategory
    return names.firstIndex { $0.1 == category } ?? unassigned
  }
}
