/// As many lanes as one has numbers: a square block of a matrix in registers.
struct Square {
  var r0 = Lane.zero
  var r1 = Lane.zero
  var r2 = Lane.zero
  var r3 = Lane.zero
  #if KERNELS_LANE16 || KERNELS_LANE8
    var r4 = Lane.zero
    var r5 = Lane.zero
    var r6 = Lane.zero
    var r7 = Lane.zero
  #endif
  #if KERNELS_LANE16
    var r8 = Lane.zero
    var r9 = Lane.zero
    var r10 = Lane.zero
    var r11 = Lane.zero
    var r12 = Lane.zero
    var r13 = Lane.zero
    var r14 = Lane.zero
    var r15 = Lane.zero
  #endif

  @inline(__always) init() {}

  @inline(__always) init(_ source: UnsafePointer<Float>, _ stride: Int) {
    r0 = load(source)
    r1 = load(source + stride)
    r2 = load(source + 2 &* stride)
    r3 = load(source + 3 &* stride)
    #if KERNELS_LANE16 || KERNELS_LANE8
      r4 = load(source + 4 &* stride)
      r5 = load(source + 5 &* stride)
      r6 = load(source + 6 &* stride)
      r7 = load(source + 7 &* stride)
    #endif
    #if KERNELS_LANE16
      r8 = load(source + 8 &* stride)
      r9 = load(source + 9 &* stride)
      r10 = load(source + 10 &* stride)
      r11 = load(source + 11 &* stride)
      r12 = load(source + 12 &* stride)
      r13 = load(source + 13 &* stride)
      r14 = load(source + 14 &* stride)
      r15 = load(source + 15 &* stride)
    #endif
  }

  @inline(__always) func write(_ to: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(r0, to)
    store(r1, to + stride)
    store(r2, to + 2 &* stride)
    store(r3, to + 3 &* stride)
    #if KERNELS_LANE16 || KERNELS_LANE8
      store(r4, to + 4 &* stride)
      store(r5, to + 5 &* stride)
      store(r6, to + 6 &* stride)
      store(r7, to + 7 &* stride)
    #endif
    #if KERNELS_LANE16
      store(r8, to + 8 &* stride)
      store(r9, to + 9 &* stride)
      store(r10, to + 10 &* stride)
      store(r11, to + 11 &* stride)
      store(r12, to + 12 &* stride)
      store(r13, to + 13 &* stride)
      store(r14, to + 14 &* stride)
      store(r15, to + 15 &* stride)
    #endif
  }

  /// Rows of the first half in turn with rows of the second, number by number. As many times as the
  /// side of the square has halves, that is the transpose.
  @inline(__always) var interleaved: Square {
    var y = Square()
    #if KERNELS_LANE16
      (y.r0, y.r1) = zip(r0, r8)
      (y.r2, y.r3) = zip(r1, r9)
      (y.r4, y.r5) = zip(r2, r10)
      (y.r6, y.r7) = zip(r3, r11)
      (y.r8, y.r9) = zip(r4, r12)
      (y.r10, y.r11) = zip(r5, r13)
      (y.r12, y.r13) = zip(r6, r14)
      (y.r14, y.r15) = zip(r7, r15)
    #elseif KERNELS_LANE8
      (y.r0, y.r1) = zip(r0, r4)
      (y.r2, y.r3) = zip(r1, r5)
      (y.r4, y.r5) = zip(r2, r6)
      (y.r6, y.r7) = zip(r3, r7)
    #else
      (y.r0, y.r1) = zip(r0, r2)
      (y.r2, y.r3) = zip(r1, r3)
    #endif
    return y
  }

  @inline(__always) var transposed: Square {
    #if KERNELS_LANE16
      interleaved.interleaved.interleaved.interleaved
    #elseif KERNELS_LANE8
      interleaved.interleaved.interleaved
    #else
      interleaved.interleaved
    #endif
  }
}

/// Two lanes' numbers in turn: those of the low halves, those of the high ones.
@inline(__always) private func zip(_ a: Lane, _ b: Lane) -> (Lane, Lane) {
  var low = Lane.zero
  low.evenHalf = a.lowHalf
  low.oddHalf = b.lowHalf
  var high = Lane.zero
  high.evenHalf = a.highHalf
  high.oddHalf = b.highHalf
  return (low, high)
}
