import CProcessor

// This folder is compiled once for each level of processor (see Package.swift). The objects must
// define no weak code symbols: the linker keeps one copy of such a symbol, and might keep the one an
// older processor cannot run. Hence only unsafe pointers, `Float` and SIMD here: no arrays, no
// closures, no generics.

#if KERNELS_LANE16
  /// As many numbers as one vector register holds.
  typealias Lane = SIMD16<Float>
  typealias IntegerLane = SIMD16<Int32>
#elseif KERNELS_LANE8
  typealias Lane = SIMD8<Float>
  typealias IntegerLane = SIMD8<Int32>
#else
  typealias Lane = SIMD4<Float>
  typealias IntegerLane = SIMD4<Int32>
#endif

@inline(__always) var laneWidth: Int { Lane.scalarCount }

/// The lesser of two counts. The standard library's, being generic, can leave a weak symbol behind.
@inline(__always) func min(_ a: Int, _ b: Int) -> Int { a < b ? a : b }

@inline(__always) func load(_ address: UnsafePointer<Float>) -> Lane {
  UnsafeRawPointer(address).loadUnaligned(as: Lane.self)
}

@inline(__always) func load(_ address: UnsafeMutablePointer<Float>) -> Lane {
  UnsafeRawPointer(address).loadUnaligned(as: Lane.self)
}

@inline(__always) func store(_ value: Lane, _ address: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(address).storeBytes(of: value, as: Lane.self)
}

#if KERNELS_LANE16
  @inline(__always) func loadHalf(_ address: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  func storeHalf(_ value: SIMD8<Float>, _ address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: value, as: SIMD8<Float>.self)
  }
#endif

extension Lane {
  /// `self + a·b`, in one rounding where the processor has the instruction. Without it, the fused
  /// form would be a library call for each number.
  @inline(__always) func adding(_ a: Lane, times b: Lane) -> Lane {
    #if arch(x86_64) && !KERNELS_LANE16 && !KERNELS_LANE8
      self + a * b
    #else
      addingProduct(a, b)
    #endif
  }

  /// The sum, by halves: the standard library's `sum()` adds one by one, in a chain.
  @inline(__always) var total: Float {
    (lowHalf + highHalf).total
  }

  @inline(__always) var largest: Float {
    lowHalf.larger(highHalf).largest
  }

  @inline(__always) func larger(_ other: Lane) -> Lane {
    replacing(with: other, where: other .> self)
  }
}

#if KERNELS_LANE16
  extension SIMD8<Float> {
    @inline(__always) var total: Float { (lowHalf + highHalf).total }
    @inline(__always) var largest: Float { lowHalf.larger(highHalf).largest }
    @inline(__always) func larger(_ other: Self) -> Self {
      replacing(with: other, where: other .> self)
    }
  }
#endif
#if KERNELS_LANE16 || KERNELS_LANE8
  extension SIMD4<Float> {
    @inline(__always) var total: Float { (lowHalf + highHalf).total }
    @inline(__always) var largest: Float { lowHalf.larger(highHalf).largest }
    @inline(__always) func larger(_ other: Self) -> Self {
      replacing(with: other, where: other .> self)
    }
  }
#endif
extension SIMD2<Float> {
  @inline(__always) var total: Float { x + y }
  @inline(__always) var largest: Float { x > y ? x : y }
  @inline(__always) func larger(_ other: Self) -> Self {
    replacing(with: other, where: other .> self)
  }
}

/// 1 / (1 + e⁻ˣ); exactly zero or one far out.
@inline(__always) func sigmoid(_ x: Lane) -> Lane {
  // e⁻ˣ is held below e⁸⁷, so that its sum with one stays finite.
  let exponent = (-x).replacing(with: 87, where: x .< Lane(repeating: -87))
  #if KERNELS_BFLOAT16
    return mixpipe_below_one(exponential(exponent))
  #else
    return Lane(repeating: 1) / (Lane(repeating: 1) + exponential(exponent))
  #endif
}

/// √x to about 2e-7 of itself, zero for zero: the standard library's `squareRoot()` of a SIMD type
/// goes number by number. Newton's iteration on 1/√x from the well-known first guess in the bits.
///
/// - Precondition: `x` is not negative.
@inline(__always) func root(_ x: Lane) -> Lane {
  let guess =
    IntegerLane(repeating: 0x5f37_59df)
    &- (unsafeBitCast(x, to: IntegerLane.self) &>> IntegerLane(repeating: 1))
  var y = unsafeBitCast(guess, to: Lane.self)
  let half = x * -0.5
  let threeHalves = Lane(repeating: 1.5)
  y *= threeHalves.adding(half * y, times: y)
  y *= threeHalves.adding(half * y, times: y)
  y *= threeHalves.adding(half * y, times: y)
  return x * y
}

/// The natural logarithm to about 1e-7 of itself or of one, whichever is more; not a number for what
/// is none.
///
/// The exponent's bits and, for the rest between √½ and √2, the polynomial of Moshier's Cephes
/// (`logf.c`). The exponent becomes a number by the trick that `exponential` tells of.
///
/// - Precondition: `x` is at least the least normal number and finite, or not a number.
@inline(__always) func logarithm(_ x: Lane) -> Lane {
  let bits = unsafeBitCast(x, to: IntegerLane.self)
  // Less the bits of √½, so that the exponent steps there.
  let exponent = (bits &- IntegerLane(repeating: 0x3f35_04f3)) &>> IntegerLane(repeating: 23)
  let e =
    unsafeBitCast(exponent &+ IntegerLane(repeating: 0x4b40_0000), to: Lane.self)
    - Lane(repeating: 12_582_912)
  let f =
    unsafeBitCast(bits &- (exponent &<< IntegerLane(repeating: 23)), to: Lane.self)
    - Lane(repeating: 1)
  var p = Lane(repeating: 7.037_683_629_2e-2)
  p = Lane(repeating: -1.151_461_031_0e-1).adding(p, times: f)
  p = Lane(repeating: 1.167_699_874_0e-1).adding(p, times: f)
  p = Lane(repeating: -1.242_014_084_6e-1).adding(p, times: f)
  p = Lane(repeating: 1.424_932_278_7e-1).adding(p, times: f)
  p = Lane(repeating: -1.666_805_766_5e-1).adding(p, times: f)
  p = Lane(repeating: 2.000_071_476_5e-1).adding(p, times: f)
  p = Lane(repeating: -2.499_999_399_3e-1).adding(p, times: f)
  p = Lane(repeating: 3.333_333_117_4e-1).adding(p, times: f)
  let square = f * f
  var y = p * f * square
  y = y.adding(e, times: Lane(repeating: -2.121_944_40e-4))
  y = y.adding(square, times: Lane(repeating: -0.5))
  return (y + f).adding(e, times: Lane(repeating: 0.693_359_375))
    .replacing(with: x, where: x .!= x)
}

/// The number of each place of a lane.
@inline(__always) var ordinals: Lane {
  #if KERNELS_LANE16
    Lane(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  #elseif KERNELS_LANE8
    Lane(0, 1, 2, 3, 4, 5, 6, 7)
  #else
    Lane(0, 1, 2, 3)
  #endif
}
