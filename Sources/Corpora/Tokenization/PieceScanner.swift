/// Cuts text into the pieces that byte-pair merges never cross, as GPT-2's pattern does:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// It works on bytes. A byte that is no part of valid UTF-8 counts as a symbol of its own.
package struct PieceScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let classes: UnsafePointer<UInt8>
  private var position = 0

  package init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    classes = ScalarClass.table
  }

  /// The next piece; nil at the end.
  @inline(__always)
  package mutating func next() -> Range<Int>? {
    let start = position
    guard start < bytes.count else { return nil }
    let (first, width) = scalarClass(at: start)
    if bytes[start] == UInt8(ascii: "'"), let end = endOfContraction(from: start) {
      position = end
    } else if first != .space {
      position = endOfRun(of: first, from: start + width)
    } else {
      position = endOfSpaces(from: start, width: width)
    }
    return start..<position
  }

  /// A single space belongs to what follows it; of a longer run all but the last one stand alone.
  private func endOfSpaces(from start: Int, width: Int) -> Int {
    if bytes[start] == UInt8(ascii: " "), start + 1 < bytes.count {
      let (following, width) = scalarClass(at: start + 1)
      if following != .space { return endOfRun(of: following, from: start + 1 + width) }
    }
    var lastSpace = start
    var end = start + width
    while end < bytes.count {
      let (following, width) = scalarClass(at: end)
      guard following == .space else {
        return lastSpace > start ? lastSpace : end
      }
      lastSpace = end
      end += width
    }
    return end
  }

  @inline(__always)
  private func endOfRun(of kind: ScalarClass, from start: Int) -> Int {
    var end = start
    while end < bytes.count {
      let (following, width) = scalarClass(at: end)
      guard following == kind else { break }
      end += width
    }
    return end
  }

  private func endOfContraction(from start: Int) -> Int? {
    guard start + 1 < bytes.count else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < bytes.count && bytes[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < bytes.count && bytes[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default: return nil
    }
  }

  /// The class of the scalar that starts here, and the bytes it takes.
  @inline(__always)
  private func scalarClass(at index: Int) -> (ScalarClass, Int) {
    let byte = bytes[index]
    if byte < 0x80 { return (ScalarClass(rawValue: classes[Int(byte)])!, 1) }
    return wideScalarClass(at: index)
  }

  private func wideScalarClass(at index: Int) -> (ScalarClass, Int) {
    let left = bytes.count - index
    let first = UInt32(bytes[index])
    func continuation(_ offset: Int) -> UInt32? {
      let byte = bytes[index + offset]
      return byte & 0xc0 == 0x80 ? UInt32(byte & 0x3f) : nil
    }
    switch first {
    case 0xc2...0xdf:
      guard left > 1, let a = continuation(1) else { break }
      return (ScalarClass(rawValue: classes[Int((first & 0x1f) << 6 | a)])!, 2)
    case 0xe0...0xef:
      guard left > 2, let a = continuation(1), let b = continuation(2) else { break }
      let scalar = (first & 0xf) << 12 | a << 6 | b
      // Neither longer than needed nor a surrogate.
      guard scalar >= 0x800, scalar & 0xf800 != 0xd800 else { break }
      return (ScalarClass(rawValue: classes[Int(scalar)])!, 3)
    case 0xf0...0xf4:
      guard left > 3, let a = continuation(1), let b = continuation(2), let c = continuation(3)
      else { break }
      let scalar = (first & 7) << 18 | a << 12 | b << 6 | c
      guard scalar >= 0x10000, let scalar = Unicode.Scalar(scalar) else { break }
      return (ScalarClass(scalar), 4)
    default: break
    }
    return (.symbol, 1)
  }
}

/// What the pattern tells apart.
enum ScalarClass: UInt8 {
  case symbol, letter, number, space

  /// The version of Unicode that `tokenizers` 0.23 has. Letters that came later are symbols to it, and
  /// the same text must be the same tokens with a newer library too.
  static let unicodeVersion = 16

  init(_ scalar: Unicode.Scalar) {
    guard let age = scalar.properties.age, age.major <= Self.unicodeVersion else {
      self = .symbol
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    default:
      self = scalar.properties.isWhitespace ? .space : .symbol
    }
  }

  /// The classes of the scalars below 0x10000, where nearly all text is.
  nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 0x10000)
    for value in 0..<UInt32(0x10000) {
      table[Int(value)] = Unicode.Scalar(value).map { ScalarClass($0).rawValue } ?? 0
    }
    return UnsafePointer(table)
  }()
}
