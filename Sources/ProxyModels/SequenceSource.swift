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

/// Weights of the training domains over the steps of a run.
package protocol WeightSchedule: Sendable {
  /// Tells apart schedules under which a run would go differently; saved with checkpoints.
  var identity: String { get }
  func weights(step: Int, of steps: Int) -> [Double]
}

/// The same weights at every step.
package struct ConstantWeights: WeightSchedule {
  package let weights: [Double]

  package init(_ weights: [Double]) { self.weights = weights }

  package var identity: String { "constant \(weights)" }
  package func weights(step: Int, of steps: Int) -> [Double] { weights }
}
