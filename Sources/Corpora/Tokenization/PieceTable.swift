import Foundation

/// Gives each distinct run of bytes a number, in the order they first come: open addressing on byte
/// slices, since strings as keys would cost more than the tokenization itself.
struct PieceTable {
  /// Upper half of the hash, and the piece's number plus one; zero where free.
  private var slots: [UInt64]
  /// End of each piece in `bytes`; it starts where the one before ends.
  private var ends: [Int] = []
  private var bytes: [UInt8] = []

  var count: Int { ends.count }

  init(capacity: Int = 1 << 12) {
    slots = [UInt64](repeating: 0, count: capacity.nextPowerOfTwo * 2)
  }

  func withPiece<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    let start = index == 0 ? 0 : ends[index - 1]
    return try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[start..<ends[index]]))
    }
  }

  /// The number of a piece; nil where it is not in the table.
  @inline(__always)
  func find(_ piece: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if entry >> 32 == hash >> 32 {
        let index = Int(entry & 0xffff_ffff) - 1
        let start = index == 0 ? 0 : ends[index - 1]
        if ends[index] - start == piece.count,
          bytes.withUnsafeBufferPointer({
            memcmp($0.baseAddress! + start, piece.baseAddress!, piece.count) == 0
          })
        {
          return index
        }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// - Precondition: the piece is not in the table.
  mutating func insert(_ piece: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    if 2 * (count + 1) > slots.count { grow() }
    bytes.append(contentsOf: piece)
    ends.append(bytes.count)
    place(hash, index: count - 1)
    return count - 1
  }

  private mutating func place(_ hash: UInt64, index: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = (hash >> 32) << 32 | UInt64(index + 1)
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: 2 * slots.count)
    for index in 0..<count { place(withPiece(index) { Self.hash($0) }, index: index) }
  }

  @inline(__always)
  static func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let raw = UnsafeRawBufferPointer(piece)
    let count = raw.count
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
    func mix(_ word: UInt64) {
      hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
      hash ^= hash >> 32
    }
    var offset = 0
    while offset + 8 <= count {
      mix(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    if count & 4 != 0 {
      mix(UInt64(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      offset += 4
    }
    var rest: UInt64 = 0
    while offset < count {
      rest = rest << 8 | UInt64(raw[offset])
      offset += 1
    }
    mix(rest)
    return hash &* 0xc4ce_b9fe_1a85_ec53
  }
}

/// Gives each distinct pair of tokens a number, in the order they first come.
struct PairTable {
  /// The pair's number plus one; zero where free.
  private var slots = [UInt32](repeating: 0, count: 1 << 12)
  /// Left token in the upper half, right token in the lower.
  private(set) var pairs: [UInt64] = []

  @inline(__always)
  static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  @inline(__always)
  func find(_ pair: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Self.hash(pair) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if pairs[index] == pair { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The number of a pair, a new one where the pair is new.
  mutating func number(_ pair: UInt64) -> Int {
    if let index = find(pair) { return index }
    if 2 * (pairs.count + 1) > slots.count {
      slots = [UInt32](repeating: 0, count: 2 * slots.count)
      for index in pairs.indices { place(pairs[index], index: index) }
    }
    pairs.append(pair)
    place(pair, index: pairs.count - 1)
    return pairs.count - 1
  }

  private mutating func place(_ pair: UInt64, index: Int) {
    let mask = slots.count - 1
    var slot = Self.hash(pair) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(index + 1)
  }

  @inline(__always)
  private static func hash(_ pair: UInt64) -> Int {
    // The upper half is stirred in first: the product's upper bits depend on all of the pair.
    Int(truncatingIfNeeded: ((pair ^ pair >> 29) &* 0x9e37_79b9_7f4a_7c15) >> 32)
  }
}

/// A heap whose first element comes before all others.
struct BinaryHeap<Element: Comparable> {
  private var elements: [Element]

  init(_ elements: [Element] = []) {
    self.elements = elements
    for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  mutating func push(_ element: Element) {
    elements.append(element)
    var index = elements.count - 1
    while index > 0, elements[index] < elements[(index - 1) / 2] {
      elements.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let first = elements.first else { return last }
    elements[0] = last
    sink(0)
    return first
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < elements.count && elements[child] < elements[least] {
        least = child
      }
      guard least != index else { return }
      elements.swapAt(index, least)
      index = least
    }
  }
}

extension Int {
  fileprivate var nextPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
