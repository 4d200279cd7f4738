import Synchronization

/// Results in their order, whoever computed them.
package final class Gathered<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value?]>

  package init(count: Int) { slots = Mutex([Value?](repeating: nil, count: count)) }

  /// - Returns: how many are there now.
  @discardableResult
  package func set(_ index: Int, _ value: Value) -> Int {
    slots.withLock { slots in
      slots[index] = value
      return slots.count { $0 != nil }
    }
  }

  /// - Precondition: every one has been set.
  package var values: [Value] { slots.withLock { $0.map { $0! } } }
}
