import CProcessor

// bfloat16: the upper half of a number of single precision. Factors of products are kept in pairs,
// two neighbours along the depth in one word of 32 bits, the first in its lower half: what
// VDPBF16PS multiplies and adds up at once.

/// What the factors of a product are made of: pairs of bfloat16.
package typealias Factor = UInt32
typealias FactorLane = SIMD16<UInt32>

@inline(__always) func load(_ address: UnsafePointer<UInt32>) -> FactorLane {
  UnsafeRawPointer(address).loadUnaligned(as: FactorLane.self)
}

@inline(__always) func load(_ address: UnsafeMutablePointer<UInt32>) -> FactorLane {
  UnsafeRawPointer(address).loadUnaligned(as: FactorLane.self)
}

@inline(__always) func store(_ value: FactorLane, _ address: UnsafeMutablePointer<UInt32>) {
  UnsafeMutableRawPointer(address).storeBytes(of: value, as: FactorLane.self)
}

@inline(__always) func storeHalf(_ value: SIMD8<UInt32>, _ address: UnsafeMutablePointer<UInt32>) {
  UnsafeMutableRawPointer(address).storeBytes(of: value, as: SIMD8<UInt32>.self)
}

@inline(__always)
func storeQuarter(_ value: SIMD4<UInt32>, _ address: UnsafeMutablePointer<UInt32>) {
  UnsafeMutableRawPointer(address).storeBytes(of: value, as: SIMD4<UInt32>.self)
}

/// A factor's memory as numbers, for what only moves them.
@inline(__always) func numbers(_ factors: UnsafePointer<Factor>) -> UnsafePointer<Float> {
  UnsafeRawPointer(factors).assumingMemoryBound(to: Float.self)
}

@inline(__always)
func numbers(_ factors: UnsafeMutablePointer<Factor>) -> UnsafeMutablePointer<Float> {
  UnsafeMutableRawPointer(factors).assumingMemoryBound(to: Float.self)
}

#if KERNELS_BFLOAT16
  extension Lane {
    /// `self` and the two products of each pair.
    @inline(__always) func adding(_ a: FactorLane, times b: FactorLane) -> Lane {
      mixpipe_add_products(self, a, b)
    }
  }

  /// Two lanes rounded to nearest, ties to even: the first in the lower eight words of the result, in
  /// its order, the second in the upper.
  @inline(__always) func rounded(_ first: Lane, _ second: Lane) -> FactorLane {
    mixpipe_round(first, second)
  }

  /// Pairs of one number of each half of what `rounded` gives.
  @inline(__always) func paired(_ halves: FactorLane) -> FactorLane { mixpipe_pair(halves) }
#else
  // The twin of the instructions: the same bits on any processor.

  @inline(__always) private func all(_ bits: UInt32) -> FactorLane { FactorLane(repeating: bits) }

  /// Zero, with its sign, for numbers that are subnormal.
  @inline(__always) func flushed(_ x: Lane) -> Lane {
    let bits = unsafeBitCast(x, to: FactorLane.self)
    let isSmall = (bits & all(0x7f80_0000)) .== all(0)
    return unsafeBitCast(
      bits.replacing(with: bits & all(0x8000_0000), where: isSmall), to: Lane.self)
  }

  extension Lane {
    /// `self` and the two products of each pair: the upper numbers' is added first and then the lower
    /// ones', each in one rounding to nearest, subnormal numbers taken and given as zero (Intel, Software
    /// Developer's Manual, volume 2, VDPBF16PS; Zen 5 gives the same).
    @inline(__always) func adding(_ a: FactorLane, times b: FactorLane) -> Lane {
      let upper = flushed(self).addingProduct(upperNumbers(a), upperNumbers(b))
      return flushed(flushed(upper).addingProduct(lowerNumbers(a), lowerNumbers(b)))
    }
  }

  @inline(__always) func upperNumbers(_ pairs: FactorLane) -> Lane {
    flushed(unsafeBitCast(pairs & all(0xffff_0000), to: Lane.self))
  }

  @inline(__always) func lowerNumbers(_ pairs: FactorLane) -> Lane {
    flushed(unsafeBitCast(pairs &<< all(16), to: Lane.self))
  }

  /// As VCVTNE2PS2BF16 rounds: to nearest, ties to even; subnormal numbers become zero, what is none
  /// stays none.
  @inline(__always) private func halves(_ x: Lane) -> SIMD16<UInt16> {
    let bits = unsafeBitCast(flushed(x), to: FactorLane.self)
    let odd = (bits &>> all(16)) & all(1)
    let nearest = (bits &+ all(0x7fff) &+ odd) &>> all(16)
    let quiet = (bits &>> all(16)) | all(0x40)
    let isNumber = (bits & all(0x7fff_ffff)) .<= all(0x7f80_0000)
    return SIMD16<UInt16>(truncatingIfNeeded: quiet.replacing(with: nearest, where: isNumber))
  }

  /// Two lanes rounded to nearest, ties to even: the first in the lower eight words of the result, in
  /// its order, the second in the upper.
  @inline(__always) func rounded(_ first: Lane, _ second: Lane) -> FactorLane {
    unsafeBitCast(
      SIMD32<UInt16>(lowHalf: halves(first), highHalf: halves(second)), to: FactorLane.self)
  }

  /// Pairs of one number of each half of what `rounded` gives.
  @inline(__always) func paired(_ halves: FactorLane) -> FactorLane {
    let numbers = unsafeBitCast(halves, to: SIMD32<UInt16>.self)
    let first = FactorLane(truncatingIfNeeded: numbers.lowHalf)
    return first | (FactorLane(truncatingIfNeeded: numbers.highHalf) &<< all(16))
  }
#endif

/// The first eight words of what `rounded` gives are one lane's numbers, the others the other's.
@inline(__always)
func storeRows(
  _ halves: FactorLane, _ first: UnsafeMutablePointer<UInt32>,
  _ second: UnsafeMutablePointer<UInt32>
) {
  storeHalf(halves.lowHalf, first)
  storeHalf(halves.highHalf, second)
}
