import Kernels

/// Kernels of one kind: of a level, or its twin.
struct BFloat16Kind: CustomStringConvertible, Sendable {
  var level: BFloat16Level
  var isTwin: Bool

  var kernels: BFloat16Kernels { BFloat16Kernels(level: level, isTwin: isTwin) }
  var description: String { level.rawValue + (isTwin ? ", twin" : "") }

  /// All that this processor can run.
  static let all: [BFloat16Kind] =
    BFloat16Level.allCases.map { BFloat16Kind(level: $0, isTwin: true) }
    + BFloat16Level.supported.map { BFloat16Kind(level: $0, isTwin: false) }
}

/// The nearest number of bfloat16, of two as near the one whose last bit is zero; infinity counts as the
/// number that would come next.
func nearest(_ x: Float) -> Float {
  let below = Float(bitPattern: x.bitPattern & 0xffff_0000)
  let above = Float(bitPattern: (x.bitPattern & 0xffff_0000) &+ 0x1_0000)
  let next = above.isInfinite ? Double(sign: x.sign, exponent: 128, significand: 1) : Double(above)
  let (toBelow, toAbove) = (abs(Double(x) - Double(below)), abs(next - Double(x)))
  if toBelow == toAbove { return below.bitPattern & 0x1_0000 == 0 ? below : above }
  return toBelow < toAbove ? below : above
}

func nearest(_ x: Double) -> Double { Double(nearest(Float(x))) }

/// Two numbers of bfloat16 in a word, the first in its lower half.
func word(_ first: Float, _ second: Float) -> UInt32 {
  nearest(first).bitPattern >> 16 | (nearest(second).bitPattern & 0xffff_0000)
}

/// The numbers of words.
func numbers(_ words: some Sequence<UInt32>) -> [Float] {
  words.flatMap { [Float(bitPattern: $0 << 16), Float(bitPattern: $0 & 0xffff_0000)] }
}

/// Numbers rounded, two neighbours a word; the count is even.
func words(_ values: [Float]) -> [UInt32] {
  stride(from: 0, to: values.count, by: 2).map { word(values[$0], values[$0 + 1]) }
}

extension Array where Element == Float {
  /// Bits, with all that are no numbers alike.
  var bits: [UInt32] { map { $0.isNaN ? 0x7fc0_0000 : $0.bitPattern } }
}
