import Foundation

/// How a text is cut into the pieces that merges never cross: the `pre_tokenizer` of a `tokenizer.json`, as
/// far as byte-level encodings use it.
struct PreTokenizer: Sendable {
  enum Step: Sendable {
    /// GPT-2's pattern, by hand.
    case gpt2
    /// Each match and each gap is a piece; `dropsGaps` leaves the gaps out.
    case split(SplitPattern, dropsGaps: Bool)
    /// Numbers stand alone: each digit, or each run of them.
    case digits(individual: Bool)
  }

  var steps: [Step]
  /// Whether the text is brought into Unicode's form NFC first.
  var composes: Bool

  static let gpt2 = PreTokenizer(steps: [.gpt2], composes: false)
  var isGPT2: Bool {
    guard steps.count == 1, case .gpt2 = steps[0] else { return false }
    return !composes
  }
}

/// Cuts texts by a pre-tokenizer; keeps what it needs from text to text.
struct PieceCutter: Sendable {
  private let steps: [PreTokenizer.Step]
  private var matchers: [SplitPattern.Matcher?]
  private var ends: [[Int]] = []

  init(_ preTokenizer: PreTokenizer) {
    steps = preTokenizer.steps
    matchers = steps.map {
      if case .split(let pattern, _) = $0 { return SplitPattern.Matcher(pattern) }
      return nil
    }
  }

  /// Calls `body` with each piece, in order.
  mutating func cut(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    cut(text, step: 0, body)
  }

  private mutating func cut(
    _ text: UnsafeBufferPointer<UInt8>, step: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    guard step < steps.count else { return text.isEmpty ? () : body(text) }
    func piece(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: text[range])
    }
    switch steps[step] {
    case .gpt2:
      var scanner = PieceScanner(text)
      while let range = scanner.next() { cut(piece(range), step: step + 1, body) }
    case .split(_, let dropsGaps):
      var gap = 0
      var position = 0
      while position < text.count {
        let end = matchers[step]!.match(text, at: position)
        guard let end, end > position else {
          position += text.scalar(at: position).width
          continue
        }
        if gap < position, !dropsGaps { cut(piece(gap..<position), step: step + 1, body) }
        cut(piece(position..<end), step: step + 1, body)
        position = end
        gap = end
      }
      if gap < text.count, !dropsGaps { cut(piece(gap..<text.count), step: step + 1, body) }
    case .digits(let individual):
      var start = 0
      var position = 0
      var wasNumber = false
      while position < text.count {
        let (value, width) = text.scalar(at: position)
        let isNumber = Self.isNumber(value)
        if position > start, isNumber != wasNumber || (isNumber && individual) {
          cut(piece(start..<position), step: step + 1, body)
          start = position
        }
        wasNumber = isNumber
        position += width
      }
      if start < text.count { cut(piece(start..<text.count), step: step + 1, body) }
    }
  }

  private static let numbers = ScalarSet(categories: GeneralCategories.mask(named: "N")!)

  private static func isNumber(_ value: UInt32) -> Bool {
    value < 0x80 ? value &- 48 < 10 : numbers.contains(value)
  }
}
