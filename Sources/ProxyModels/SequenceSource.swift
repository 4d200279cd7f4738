/// Where a run's sequences come from. The n-th sequence of a domain is the same whatever the weights.
package protocol SequenceSource: Sendable {
  /// Fills `tokens` with the next sequence, of one domain; returns that domain's index.
  ///
  /// - Parameter weights: of the training domains, summing to one. They may change between calls.
  mutating func next(weights: [Double], into tokens: UnsafeMutableBufferPointer<UInt16>) -> Int
  /// Sequences drawn of each training domain.
  var counts: [Int] { get }
  /// How often each domain's text has been gone through.
  func epochs() -> [Double]
  /// All that decides what comes next.
  associatedtype State: Codable, Sendable
  var state: State { get set }
  /// Whether a state that was read from a file is of these sequences.
  func canContinue(from state: State) -> Bool
}

extension SequenceSource {
  /// Right where no state can be wrong.
  package func canContinue(from state: State) -> Bool { true }
}

/// Fixed windows of each domain to measure loss on.
package protocol HeldOutSource: Sendable {
  var domains: [String] { get }
  func windowCount(domain: Int) -> Int
  /// Fills `tokens`, a context and one more.
  func copyWindow(domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>)
  /// Bytes of text of all target tokens of the domain's windows.
  func byteCount(domain: Int) -> Int
}
