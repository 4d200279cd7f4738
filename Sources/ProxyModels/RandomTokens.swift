import Numerics

/// Tokens without sense, for timing: one domain, drawn and held out.
struct RandomTokens: SequenceSource, HeldOutSource {
  struct State: Codable, Sendable {}

  var state = State()
  private var generator = SplitMix64(state: 1)
  private let vocabularySize: Int
  private let contextLength: Int
  private let windows: Int

  /// - Parameter windows: held out.
  init(vocabularySize: Int, contextLength: Int, windows: Int = 1) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.windows = windows
  }

  mutating func next(weights: [Double], into tokens: UnsafeMutableBufferPointer<UInt16>) -> Int {
    for i in tokens.indices { tokens[i] = UInt16(generator.next() % UInt64(vocabularySize)) }
    return 0
  }

  var counts: [Int] { [0] }
  func epochs() -> [Double] { [0] }
  var domains: [String] { ["random"] }
  func windowCount(domain: Int) -> Int { windows }

  func copyWindow(domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>) {
    var generator = SplitMix64(state: UInt64(window))
    for i in tokens.indices { tokens[i] = UInt16(generator.next() % UInt64(vocabularySize)) }
  }

  func byteCount(domain: Int) -> Int { windows * contextLength }
}
