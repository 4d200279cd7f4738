/// What the factors of a run's products are rounded to. Sums, norms, softmax, losses, parameters,
/// gradients and the optimizer are of single precision in either case.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Single precision: not rounded.
  case fp32
  /// bfloat16: single precision's range with eight bits of its 24.
  case bf16

  /// Raised with each change that moves the bits of a run in this precision.
  package var revision: Int {
    switch self {
    case .fp32: 1
    case .bf16: 2
    }
  }
}
