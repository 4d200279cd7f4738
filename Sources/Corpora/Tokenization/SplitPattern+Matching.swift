extension SplitPattern {
  /// Finds matches one after the other, keeping the memory for what might still be tried.
  struct Matcher: Sendable {
    private let program: [Instruction]
    private let sets: [ScalarSet]
    /// Places to go back to: an instruction and a position; for a run the least position that it may
    /// shrink to.
    private var choices: [(instruction: Int, position: Int, least: Int)] = []

    init(_ pattern: SplitPattern) {
      program = pattern.program
      sets = pattern.sets
    }

    /// The end of the match that begins at `start`; nil where none does.
    mutating func match(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
      choices.removeAll(keepingCapacity: true)
      return run(text, from: 0, at: start, floor: 0)
    }

    private mutating func run(
      _ text: UnsafeBufferPointer<UInt8>, from first: Int, at start: Int, floor: Int
    ) -> Int? {
      var instruction = first
      var position = start
      while true {
        var isFailed = false
        switch program[instruction] {
        case .matched:
          choices.removeLast(choices.count - floor)
          return position
        case .take(let set):
          if position < text.count {
            let (value, width) = text.scalar(at: position)
            isFailed = !sets[set].contains(value)
            position += width
          } else {
            isFailed = true
          }
          instruction += 1
        case .run(let set, let least, let most, let isPossessive):
          var count = 0
          var shortest = position
          while count < most, position < text.count {
            let (value, width) = text.scalar(at: position)
            guard sets[set].contains(value) else { break }
            position += width
            count += 1
            if count == least { shortest = position }
          }
          isFailed = count < least
          instruction += 1
          if !isFailed, !isPossessive, position > shortest {
            choices.append((instruction, position, shortest))
          }
        case .fork(let one, let other):
          choices.append((other, position, position))
          instruction = one
        case .jump(let target): instruction = target
        case .look(let start, let next, let isNegative):
          let end = run(text, from: start, at: position, floor: choices.count)
          isFailed = (end != nil) == isNegative
          instruction = next
        case .atEnd:
          isFailed = position < text.count
          instruction += 1
        }
        guard isFailed else { continue }
        guard choices.count > floor else { return nil }
        let last = choices.count - 1
        instruction = choices[last].instruction
        if choices[last].position > choices[last].least {
          // A run gives one scalar back.
          choices[last].position = text.scalarStart(before: choices[last].position)
          position = choices[last].position
          if position == choices[last].least { choices.removeLast() }
        } else {
          position = choices[last].position
          choices.removeLast()
        }
      }
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The scalar at a position and its bytes. A byte that is no part of well-formed UTF-8 is one of
  /// no category: a value beyond Unicode.
  @inline(__always)
  func scalar(at index: Int) -> (value: UInt32, width: Int) {
    let first = self[index]
    if first < 0x80 { return (UInt32(first), 1) }
    return wideScalar(at: index)
  }

  private func wideScalar(at index: Int) -> (value: UInt32, width: Int) {
    let first = UInt32(self[index])
    let left = count - index
    func more(_ offset: Int) -> UInt32? {
      let byte = self[index + offset]
      return byte & 0xc0 == 0x80 ? UInt32(byte & 0x3f) : nil
    }
    switch first {
    case 0xc2...0xdf:
      guard left > 1, let a = more(1) else { break }
      return ((first & 0x1f) << 6 | a, 2)
    case 0xe0...0xef:
      guard left > 2, let a = more(1), let b = more(2) else { break }
      let value = (first & 0xf) << 12 | a << 6 | b
      guard value >= 0x800, value & 0xf800 != 0xd800 else { break }
      return (value, 3)
    case 0xf0...0xf4:
      guard left > 3, let a = more(1), let b = more(2), let c = more(3) else { break }
      let value = (first & 7) << 18 | a << 12 | b << 6 | c
      guard (0x10000...0x10ffff).contains(value) else { break }
      return (value, 4)
    default: break
    }
    return (0x110000, 1)
  }

  /// Where the scalar that ends at `end` begins.
  func scalarStart(before end: Int) -> Int {
    var start = end - 1
    while start > 0, end - start < 4, self[start] & 0xc0 == 0x80 { start -= 1 }
    return start + scalar(at: start).width == end ? start : end - 1
  }
}
