import Foundation

/// Why a compressed stream cannot be read.
package enum InflateError: Error, Equatable, CustomStringConvertible {
  case truncated
  case corrupt(String)
  case wrongChecksum(String)
  case unsupported(String)
  case tooLarge(Int)

  package var description: String {
    switch self {
    case .truncated: return "the compressed stream ends too early"
    case .corrupt(let what): return "the compressed stream has \(what)"
    case .wrongChecksum(let name): return "the \(name) checksum does not match"
    case .unsupported(let what): return "\(what) cannot be read"
    case .tooLarge(let limit):
      return "more than \(limit >> 20) MB in one piece of it; if that is right give more with "
        + "'--largest-entry <MB>'"
    }
  }
}

/// Decompression of DEFLATE streams ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)), a piece at
/// a time, so that neither side needs to be in memory as a whole.
///
/// Codes are looked up in a table by as many bits as most codes have; the rare longer ones lead to a
/// second table. The buffer keeps the 32 kB that matches may reach back to, and is handed on and
/// moved when full.
struct Inflater: ~Copyable {
  /// How far back a match reaches at most.
  private static let window = 32 << 10
  private static let capacity = 512 << 10
  /// A match is at most 258 bytes; copies by eights may run past its end.
  private static let slack = 258 + 8

  private let input: UnsafeRawBufferPointer
  private(set) var position: Int
  private var bits: UInt64 = 0
  private var bitCount = 0

  private let output: UnsafeMutablePointer<UInt8>
  /// The start of what was not handed on yet, and the end of what was written.
  private var pending = 0
  private var filled = 0
  /// Where the stream began, as far as it is still in the buffer.
  private var start = 0

  private var literals = HuffmanTable(bits: 11)
  private var distances = HuffmanTable(bits: 8)

  /// - Parameter input: must outlive the inflater. Reading starts at `position`.
  init(_ input: UnsafeRawBufferPointer, position: Int) {
    self.input = input
    self.position = position
    output = .allocate(capacity: Self.capacity + Self.slack)
  }

  deinit { output.deallocate() }

  mutating func seek(to position: Int) { self.position = position }

  /// Reads one stream to its end and leaves `position` on the byte after it.
  mutating func run(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    bits = 0
    bitCount = 0
    start = filled
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored(sink)
      case 1:
        try literals.build(Self.fixedLiteralLengths, complete: true)
        try distances.build(Self.fixedDistanceLengths, complete: true)
        try decode(sink)
      case 2:
        try readTables()
        try decode(sink)
      default: throw InflateError.corrupt("a block of an unknown kind")
      }
    }
    // Whole bytes that were read ahead go back.
    position -= bitCount / 8
    bits = 0
    bitCount = 0
    try flush(sink)
  }

  private mutating func flush(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    if filled > pending {
      try sink(UnsafeRawBufferPointer(start: output + pending, count: filled - pending))
    }
    pending = filled
  }

  private mutating func makeRoom(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    try flush(sink)
    let kept = min(filled, Self.window)
    memmove(output, output + filled - kept, kept)
    start = max(start - (filled - kept), 0)
    filled = kept
    pending = kept
  }

  /// Makes sure of at least 56 bits, or of all there are.
  @inline(__always)
  private mutating func refill() {
    if position &+ 8 <= input.count {
      let word = UInt64(
        littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      bits |= word &<< UInt64(truncatingIfNeeded: bitCount)
      let taken = (63 &- bitCount) &>> 3
      position &+= taken
      bitCount &+= taken &* 8
      // The bits above bitCount are the next bytes', which the next refill writes again: equal.
    } else {
      // Near the end: drop what the fast path left above bitCount, then byte by byte.
      if bitCount < 64 { bits &= (1 &<< UInt64(bitCount)) &- 1 }
      while bitCount <= 56, position < input.count {
        bits |= UInt64(input[position]) &<< UInt64(bitCount)
        position &+= 1
        bitCount &+= 8
      }
    }
  }

  private mutating func take(_ count: Int) throws -> Int {
    if bitCount < count {
      refill()
      if bitCount < count { throw InflateError.truncated }
    }
    let value = Int(bits & ((1 << UInt64(count)) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func copyStored(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    _ = try take(bitCount & 7)
    let count = try take(16)
    let complement = try take(16)
    guard count ^ complement == 0xffff else {
      throw InflateError.corrupt("a stored block of an unclear length")
    }
    position -= bitCount / 8
    bits = 0
    bitCount = 0
    guard position + count <= input.count else { throw InflateError.truncated }
    if filled + count > Self.capacity { try makeRoom(sink) }
    memcpy(output + filled, input.baseAddress! + position, count)
    filled += count
    position += count
  }

  private mutating func readTables() throws {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else {
      throw InflateError.corrupt("too many codes")
    }
    var lengths = [UInt8](repeating: 0, count: 19)
    for symbol in Self.lengthOrder[..<lengthCount] { lengths[symbol] = UInt8(try take(3)) }
    try literals.build(lengths, complete: true)
    var all = [UInt8](repeating: 0, count: literalCount + distanceCount)
    var i = 0
    while i < all.count {
      refill()
      let entry = literals.entry(for: bits)
      let length = Int(entry & 0xff)
      guard length > 0 else { throw InflateError.corrupt("an unknown code") }
      guard length <= bitCount else { throw InflateError.truncated }
      bits >>= UInt64(length)
      bitCount -= length
      let symbol = Int(entry >> 16)
      if symbol < 16 {
        all[i] = UInt8(symbol)
        i += 1
        continue
      }
      var value: UInt8 = 0
      var count: Int
      switch symbol {
      case 16:
        guard i > 0 else { throw InflateError.corrupt("a repetition of nothing") }
        value = all[i - 1]
        count = 3 + (try take(2))
      case 17: count = 3 + (try take(3))
      default: count = 11 + (try take(7))
      }
      guard i + count <= all.count else { throw InflateError.corrupt("too many code lengths") }
      while count > 0 {
        all[i] = value
        i += 1
        count -= 1
      }
    }
    guard all[256] != 0 else { throw InflateError.corrupt("no code for a block's end") }
    try literals.build(Array(all[..<literalCount]), complete: false)
    try distances.build(Array(all[literalCount...]), complete: false)
  }

  private mutating func decode(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    while true {
      if filled + Self.slack > Self.capacity { try makeRoom(sink) }
      refill()
      var entry = literals.entry(for: bits)
      var length = Int(entry & 0xff)
      // Up to three literals out of one refill: 3 x 15 bits, and 11 are left for a look at the next.
      var symbol = Int(entry &>> 16)
      if symbol < 256, length != 0, length <= bitCount {
        consume(length)
        output[filled] = UInt8(truncatingIfNeeded: symbol)
        filled &+= 1
        entry = literals.entry(for: bits)
        length = Int(entry & 0xff)
        symbol = Int(entry &>> 16)
        if symbol < 256, length != 0, length <= bitCount {
          consume(length)
          output[filled] = UInt8(truncatingIfNeeded: symbol)
          filled &+= 1
          continue
        }
        refill()
      }
      guard length != 0 else {
        throw bitCount < 15 ? InflateError.truncated : InflateError.corrupt("an unknown code")
      }
      guard length <= bitCount else { throw InflateError.truncated }
      consume(length)
      if symbol < 256 {
        output[filled] = UInt8(truncatingIfNeeded: symbol)
        filled &+= 1
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw InflateError.corrupt("an unknown length") }
      // 15 bits are gone of at least 56: enough for 5 of the length, 15 and 13 of the distance.
      let lengthCode = Self.lengthCodes[symbol &- 257]
      let count = Int(lengthCode.base) &+ Int(bits & ((1 &<< UInt64(lengthCode.extra)) &- 1))
      guard Int(lengthCode.extra) <= bitCount else { throw InflateError.truncated }
      consume(Int(lengthCode.extra))
      entry = distances.entry(for: bits)
      length = Int(entry & 0xff)
      guard length != 0 else {
        throw bitCount < 15 ? InflateError.truncated : InflateError.corrupt("an unknown code")
      }
      guard length <= bitCount else { throw InflateError.truncated }
      consume(length)
      symbol = Int(entry &>> 16)
      guard symbol < 30 else { throw InflateError.corrupt("an unknown distance") }
      let distanceCode = Self.distanceCodes[symbol]
      let distance =
        Int(distanceCode.base) &+ Int(bits & ((1 &<< UInt64(distanceCode.extra)) &- 1))
      guard Int(distanceCode.extra) <= bitCount else { throw InflateError.truncated }
      consume(Int(distanceCode.extra))
      guard distance <= filled &- start else {
        throw InflateError.corrupt("a match from before its start")
      }
      copyMatch(distance: distance, count: count)
    }
  }

  @inline(__always)
  private mutating func consume(_ count: Int) {
    bits &>>= UInt64(truncatingIfNeeded: count)
    bitCount &-= count
  }

  @inline(__always)
  private mutating func copyMatch(distance: Int, count: Int) {
    let to = UnsafeMutableRawPointer(output + filled)
    let from = UnsafeRawPointer(output + filled - distance)
    if distance >= 8 {
      var done = 0
      repeat {
        to.storeBytes(
          of: from.loadUnaligned(fromByteOffset: done, as: UInt64.self), toByteOffset: done,
          as: UInt64.self)
        done &+= 8
      } while done < count
    } else if distance == 1 {
      memset(to, Int32(output[filled &- 1]), count)
    } else {
      // The pattern repeats itself within a word.
      for i in 0..<count { output[filled &+ i] = output[filled &+ i &- distance] }
    }
    filled &+= count
  }

  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  private static let fixedLiteralLengths =
    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
    + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8)
  private static let fixedDistanceLengths = [UInt8](repeating: 5, count: 32)

  private struct Code {
    let base: UInt16
    let extra: UInt8
  }

  /// Of symbols 257...285 (RFC 1951, 3.2.5).
  private static let lengthCodes: [Code] = {
    var codes: [Code] = []
    var base = 3
    for i in 0..<28 {
      let extra = max(i / 4 - 1, 0)
      codes.append(Code(base: UInt16(base), extra: UInt8(extra)))
      base += 1 << extra
    }
    return codes + [Code(base: 258, extra: 0)]
  }()

  private static let distanceCodes: [Code] = {
    var base = 1
    return (0..<30).map { i in
      let extra = max(i / 2 - 1, 0)
      defer { base += 1 << extra }
      return Code(base: UInt16(base), extra: UInt8(extra))
    }
  }()
}

/// A prefix code as a table: the next bits of the stream give symbol and length at once.
///
/// An entry holds the symbol in its high half and the code's length in its low byte. The second byte
/// is nonzero where the low `bits` bits only lead on to a second table: it is that table's width, and
/// the high half is where it starts.
private struct HuffmanTable {
  private let bits: Int
  private var entries: [UInt32]

  init(bits: Int) {
    self.bits = bits
    entries = [UInt32](repeating: 0, count: 1 << bits)
  }

  /// Zero where no code fits.
  @inline(__always)
  func entry(for stream: UInt64) -> UInt32 {
    entries.withUnsafeBufferPointer { table in
      let entry = table[Int(stream & ((1 &<< UInt64(bits)) &- 1))]
      let width = (entry &>> 8) & 0xff
      if width == 0 { return entry }
      let index = (stream &>> UInt64(bits)) & ((1 &<< UInt64(width)) &- 1)
      return table[Int(entry &>> 16) &+ Int(index)]
    }
  }

  /// - Parameters:
  ///   - lengths: of each symbol's code in bits, zero for symbols that do not occur.
  ///   - complete: whether the codes must use up all bit patterns. A single code of one bit, or none
  ///     at all, is allowed otherwise (RFC 1951, 3.2.7).
  mutating func build(_ lengths: [UInt8], complete: Bool) throws {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var left = 1
    for length in 1...15 {
      left = left * 2 - counts[length]
      if left < 0 { throw InflateError.corrupt("more codes than fit") }
    }
    let used = counts.reduce(0, +)
    if left > 0, complete || used > 1 || (used == 1 && counts[1] != 1) {
      throw InflateError.corrupt("an incomplete set of codes")
    }
    var next = [Int](repeating: 0, count: 16)
    for length in 1..<15 { next[length + 1] = (next[length] + counts[length]) << 1 }

    let size = 1 << bits
    entries.removeLast(entries.count - size)
    for i in 0..<size { entries[i] = 0 }
    // A second table is as wide as the longest code that it holds.
    var longest = [UInt8](repeating: 0, count: size)
    var reversed = [Int](repeating: 0, count: lengths.count)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      var code = next[length]
      next[length] += 1
      var mirror = 0
      for _ in 0..<length {
        mirror = mirror << 1 | code & 1
        code >>= 1
      }
      reversed[symbol] = mirror
      if length > bits {
        longest[mirror & (size - 1)] = max(longest[mirror & (size - 1)], UInt8(length - bits))
      }
    }
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let entry = UInt32(symbol) << 16 | UInt32(length)
      if length <= bits {
        var i = reversed[symbol]
        while i < size {
          entries[i] = entry
          i += 1 << length
        }
        continue
      }
      let low = reversed[symbol] & (size - 1)
      let width = Int(longest[low])
      if entries[low] == 0 {
        entries[low] = UInt32(entries.count) << 16 | UInt32(width) << 8
        entries.append(contentsOf: repeatElement(0, count: 1 << width))
      }
      let table = Int(entries[low] >> 16)
      var i = reversed[symbol] >> bits
      while i < 1 << width {
        entries[table + i] = entry
        i += 1 << (length - bits)
      }
    }
  }
}
