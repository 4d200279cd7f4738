import Kernels

/// What the factors of a run's products are rounded to. Sums, norms, softmax, losses, parameters,
/// gradients and the optimizer are of single precision in any case.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Single precision: not rounded.
  case fp32
  /// bfloat16: single precision's range with eight bits of its 24. Products add up pair after pair.
  case bf16
  /// bfloat16, but products of matrices add up tile after tile, which gives other bits.
  case bf16Tiles = "bf16-tiles"

  package init(_ level: BFloat16Level) {
    switch level {
    case .instructions: self = .bf16
    case .tiles: self = .bf16Tiles
    }
  }

  /// How products of bfloat16 add up; nil in single precision.
  package var level: BFloat16Level? {
    switch self {
    case .fp32: nil
    case .bf16: .instructions
    case .bf16Tiles: .tiles
    }
  }

  /// Raised with each change that moves the bits of a run in this precision.
  package var revision: Int {
    switch self {
    case .fp32: 1
    case .bf16, .bf16Tiles: 2
    }
  }
}
