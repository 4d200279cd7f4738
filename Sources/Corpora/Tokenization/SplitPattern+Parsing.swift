extension SplitPattern {
  /// Reads a pattern by descent: alternatives, sequences, quantifiers, atoms.
  struct Parser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false
    private var depth = 0

    init(_ source: String) { scalars = Array(source.unicodeScalars) }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard next == scalar else { return false }
      position += 1
      return true
    }

    private mutating func takeAll(_ text: String) -> Bool {
      let wanted = Array(text.unicodeScalars)
      guard scalars[position...].starts(with: wanted) else { return false }
      position += wanted.count
      return true
    }

    mutating func parse() throws(Problem) -> Node {
      let node = try choice()
      if position < scalars.count { throw Problem(reason: "a ')' that closes nothing") }
      return node
    }

    private mutating func choice() throws(Problem) -> Node {
      depth += 1
      defer { depth -= 1 }
      if depth > 50 { throw Problem(reason: "groups nested too deeply") }
      var nodes = [try sequence()]
      while take("|") { nodes.append(try sequence()) }
      return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(Problem) -> Node {
      var nodes: [Node] = []
      while let scalar = next, scalar != "|", scalar != ")" {
        nodes.append(try quantified(try atom()))
      }
      return .sequence(nodes)
    }

    private mutating func quantified(_ atom: Node) throws(Problem) -> Node {
      var node = atom
      while true {
        let least: Int
        let most: Int
        if take("*") {
          (least, most) = (0, .max)
        } else if take("+") {
          (least, most) = (1, .max)
        } else if take("?") {
          (least, most) = (0, 1)
        } else if next == "{", let bounds = bounds() {
          (least, most) = bounds
        } else {
          return node
        }
        guard least <= most else { throw Problem(reason: "a quantifier from much to little") }
        let kind: Kind = take("?") ? .lazy : take("+") ? .possessive : .greedy
        node = .repeated(node, least: least, most: most, kind: kind)
      }
    }

    /// `{2}`, `{2,}`, `{,3}` or `{1,3}`; nothing else in braces is a quantifier.
    private mutating func bounds() -> (Int, Int)? {
      guard let close = scalars[position...].firstIndex(of: "}") else { return nil }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars[(position + 1)..<close])
      let sides = String(text).split(separator: ",", omittingEmptySubsequences: false)
      guard sides.count <= 2, sides.contains(where: { !$0.isEmpty }),
        sides.allSatisfy({ $0.isEmpty || Int($0).map { (0...1000).contains($0) } == true })
      else { return nil }
      position = close + 1
      let least = Int(sides[0]) ?? 0
      return (least, sides.count == 1 ? least : Int(sides[1]) ?? .max)
    }

    private mutating func atom() throws(Problem) -> Node {
      let scalar = scalars[position]
      position += 1
      switch scalar {
      case "(": return try group()
      case "[": return .set(try scalarClass())
      case ".": return .set(ScalarSet(range: 10...10).inverted)
      case "$": return .end
      case "^": throw Problem(reason: "'^'")
      case "\\": return .set(try escape())
      case "*", "+", "?": throw Problem(reason: "a quantifier of nothing")
      default: return .set(literal(scalar))
      }
    }

    private mutating func group() throws(Problem) -> Node {
      let before = ignoresCase
      defer { ignoresCase = before }
      var look: Bool?
      if take("?") {
        if takeAll("=") {
          look = false
        } else if takeAll("!") {
          look = true
        } else if takeAll("i:") {
          ignoresCase = true
        } else if takeAll("-i:") {
          ignoresCase = false
        } else if !takeAll(":") {
          throw Problem(reason: "a group of another kind than (…), (?:…), (?i:…), (?=…) and (?!…)")
        }
      }
      let node = try choice()
      guard take(")") else { throw Problem(reason: "a '(' that is not closed") }
      return look.map { .look(node, isNegative: $0) } ?? node
    }

    /// One scalar, or all that differ from it in case only.
    private func literal(_ scalar: Unicode.Scalar) -> ScalarSet {
      let set = ScalarSet(range: scalar.value...scalar.value)
      guard ignoresCase else { return set }
      var result = set
      let other = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping]
      for text in other where text.unicodeScalars.count == 1 {
        let value = text.unicodeScalars.first!.value
        result = result.union(ScalarSet(range: value...value))
      }
      // The two scalars beyond ASCII that fold to letters of it: ſ and the Kelvin sign.
      if scalar == "s" || scalar == "S" { result = result.union(ScalarSet(range: 0x17f...0x17f)) }
      if scalar == "k" || scalar == "K" { result = result.union(ScalarSet(range: 0x212a...0x212a)) }
      return result
    }

    private mutating func escape() throws(Problem) -> ScalarSet {
      guard let scalar = next else { throw Problem(reason: "a '\\' at its end") }
      position += 1
      func one(_ value: UInt32) -> ScalarSet { ScalarSet(range: value...value) }
      switch scalar {
      case "n": return one(10)
      case "r": return one(13)
      case "t": return one(9)
      case "f": return one(12)
      case "v": return one(11)
      case "s": return .whiteSpace
      case "S": return ScalarSet.whiteSpace.inverted
      case "d": return ScalarSet(categories: GeneralCategories.mask(named: "Nd")!)
      case "D": return ScalarSet(categories: GeneralCategories.mask(named: "Nd")!).inverted
      case "p", "P": return try category(isInverted: scalar == "P")
      case "x", "u": return try hexadecimal(isWide: scalar == "u")
      default:
        guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
          throw Problem(reason: "'\\\(scalar)'")
        }
        return literal(scalar)
      }
    }

    private mutating func category(isInverted: Bool) throws(Problem) -> ScalarSet {
      var name = ""
      if take("{") {
        while let scalar = next, scalar != "}" {
          name.unicodeScalars.append(scalar)
          position += 1
        }
        guard take("}") else { throw Problem(reason: "a '\\p{' that is not closed") }
      } else if let scalar = next {
        name.unicodeScalars.append(scalar)
        position += 1
      }
      let negated = name.hasPrefix("^")
      if negated { name.removeFirst() }
      let set: ScalarSet
      if let mask = GeneralCategories.mask(named: name) {
        set = ScalarSet(categories: mask)
      } else if name == "Han" {
        set = Self.han
      } else {
        throw Problem(reason: "'\\p{\(name)}'")
      }
      return isInverted != negated ? set.inverted : set
    }

    /// The script Han (Unicode 16, Scripts.txt).
    private static let han: ScalarSet = {
      let ranges: [ClosedRange<UInt32>] = [
        0x2e80...0x2e99, 0x2e9b...0x2ef3, 0x2f00...0x2fd5, 0x3005...0x3005, 0x3007...0x3007,
        0x3021...0x3029, 0x3038...0x303b, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfa6d,
        0xfa70...0xfad9, 0x16fe2...0x16fe3, 0x16ff0...0x16ff1, 0x20000...0x2a6df,
        0x2a700...0x2b739, 0x2b740...0x2b81d, 0x2b820...0x2cea1, 0x2ceb0...0x2ebe0,
        0x2ebf0...0x2ee5d, 0x2f800...0x2fa1d, 0x30000...0x3134a, 0x31350...0x323af,
      ]
      return ranges.reduce(.empty) { $0.union(ScalarSet(range: $1)) }
    }()

    /// `\x41`, `\x{1F600}`, `\u0041`.
    private mutating func hexadecimal(isWide: Bool) throws(Problem) -> ScalarSet {
      var digits = ""
      if take("{") {
        while let scalar = next, scalar != "}" {
          digits.unicodeScalars.append(scalar)
          position += 1
        }
        position += 1
      } else {
        for _ in 0..<(isWide ? 4 : 2) {
          guard let scalar = next else { break }
          digits.unicodeScalars.append(scalar)
          position += 1
        }
      }
      guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
        throw Problem(reason: "a number of a character")
      }
      return literal(scalar)
    }

    private mutating func scalarClass() throws(Problem) -> ScalarSet {
      let isInverted = take("^")
      var result = ScalarSet.empty
      var isFirst = true
      while true {
        guard let scalar = next else { throw Problem(reason: "a '[' that is not closed") }
        position += 1
        if scalar == "]", !isFirst { break }
        isFirst = false
        if scalar == "[" {
          if next == ":" { throw Problem(reason: "a POSIX class") }
          result = result.union(try scalarClass())
          continue
        }
        if scalar == "&", next == "&" { throw Problem(reason: "'&&' in a class") }
        var low: Unicode.Scalar? = scalar
        var set = literal(scalar)
        if scalar == "\\" {
          let escaped = next
          set = try escape()
          low = Self.plainEscape(escaped)
        }
        // A range, unless the '-' stands at the end.
        if let from = low, next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
          position += 1
          var to = scalars[position]
          position += 1
          if to == "\\" {
            guard let plain = Self.plainEscape(next) else {
              throw Problem(reason: "a range that ends in a class")
            }
            to = plain
            position += 1
          }
          guard from.value <= to.value else { throw Problem(reason: "a range from high to low") }
          set = ScalarSet(range: from.value...to.value)
          if ignoresCase { throw Problem(reason: "a range in any case") }
        }
        result = result.union(set)
      }
      return isInverted ? result.inverted : result
    }

    /// What an escape of one character stands for; nil for a class.
    private static func plainEscape(_ scalar: Unicode.Scalar?) -> Unicode.Scalar? {
      switch scalar {
      case "n": "\n"
      case "r": "\r"
      case "t": "\t"
      case .some(let scalar) where !scalar.properties.isAlphabetic: scalar
      default: nil
      }
    }
  }
}
