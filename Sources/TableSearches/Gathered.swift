import Synchronization

/// Results in their order, whoever computed them.
final class Gathered<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value?]>

  init(count: Int) { slots = Mutex([Value?](repeating: nil, count: count)) }

  func set(_ index: Int, _ value: Value) { slots.withLock { $0[index] = value } }

  /// - Precondition: every one has been set.
  var values: [Value] { slots.withLock { $0.map { $0! } } }
}
