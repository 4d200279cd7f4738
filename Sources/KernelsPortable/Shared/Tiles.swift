import CProcessor

// Register tiles: a few rows by one or two lanes of a product's result, held in registers while the
// depth of the product runs. `a` is the left factor, read one `Factor` at a time and spread over a
// lane; `b` is the right factor, read a lane at a time. A factor is one number, or two of half the
// width that the processor multiplies and adds up at once: a depth of one then takes in two.

/// Four rows by two lanes.
struct Tile4x2 {
  var r00 = Lane.zero
  var r01 = Lane.zero
  var r10 = Lane.zero
  var r11 = Lane.zero
  var r20 = Lane.zero
  var r21 = Lane.zero
  var r30 = Lane.zero
  var r31 = Lane.zero

  @inline(__always)
  mutating func add(_ a: UnsafePointer<Factor>, _ row: Int, _ b0: FactorLane, _ b1: FactorLane) {
    let a0 = FactorLane(repeating: a[0])
    r00 = r00.adding(a0, times: b0)
    r01 = r01.adding(a0, times: b1)
    let a1 = FactorLane(repeating: a[row])
    r10 = r10.adding(a1, times: b0)
    r11 = r11.adding(a1, times: b1)
    let a2 = FactorLane(repeating: a[2 &* row])
    r20 = r20.adding(a2, times: b0)
    r21 = r21.adding(a2, times: b1)
    let a3 = FactorLane(repeating: a[3 &* row])
    r30 = r30.adding(a3, times: b0)
    r31 = r31.adding(a3, times: b1)
  }

  @inline(__always)
  mutating func add(_ source: UnsafePointer<Float>, _ stride: Int) {
    r00 += load(source)
    r01 += load(source + laneWidth)
    r10 += load(source + stride)
    r11 += load(source + (stride &+ laneWidth))
    r20 += load(source + 2 &* stride)
    r21 += load(source + (2 &* stride &+ laneWidth))
    r30 += load(source + 3 &* stride)
    r31 += load(source + (3 &* stride &+ laneWidth))
  }

  @inline(__always)
  func write(_ c: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(r00, c)
    store(r01, c + laneWidth)
    store(r10, c + stride)
    store(r11, c + (stride &+ laneWidth))
    store(r20, c + 2 &* stride)
    store(r21, c + (2 &* stride &+ laneWidth))
    store(r30, c + 3 &* stride)
    store(r31, c + (3 &* stride &+ laneWidth))
  }
}

/// Four rows by one lane.
struct Tile4x1 {
  var r0 = Lane.zero
  var r1 = Lane.zero
  var r2 = Lane.zero
  var r3 = Lane.zero

  @inline(__always)
  mutating func add(_ a: UnsafePointer<Factor>, _ row: Int, _ b: FactorLane) {
    r0 = r0.adding(FactorLane(repeating: a[0]), times: b)
    r1 = r1.adding(FactorLane(repeating: a[row]), times: b)
    r2 = r2.adding(FactorLane(repeating: a[2 &* row]), times: b)
    r3 = r3.adding(FactorLane(repeating: a[3 &* row]), times: b)
  }

  @inline(__always)
  mutating func add(_ source: UnsafePointer<Float>, _ stride: Int) {
    r0 += load(source)
    r1 += load(source + stride)
    r2 += load(source + 2 &* stride)
    r3 += load(source + 3 &* stride)
  }

  @inline(__always)
  func write(_ c: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(r0, c)
    store(r1, c + stride)
    store(r2, c + 2 &* stride)
    store(r3, c + 3 &* stride)
  }
}

#if KERNELS_LANE16
  /// Adds up the depth of eight rows by two lanes.
  ///
  /// - Parameters:
  ///   - aRow: one where `a` is read by columns, whose next lines are then asked for.
  ///   - isAhead: whether the lanes of `b` that lie `ahead` are asked for.
  @inline(__always)
  private func fill(
    _ top: inout Tile4x2, _ bottom: inout Tile4x2, depth: Int, a: UnsafePointer<Factor>, aRow: Int,
    aColumn: Int, b: UnsafePointer<Factor>, bRow: Int, isAhead: Bool, ahead: Int
  ) {
    var a = a
    var b = b
    for _ in 0..<depth {
      let b0 = load(b)
      let b1 = load(b + laneWidth)
      if aRow == 1 { mixpipe_prefetch(a + laneWidth) }
      if isAhead {
        mixpipe_prefetch_far(b + ahead)
        mixpipe_prefetch_far(b + (ahead &+ laneWidth))
      }
      top.add(a, aRow, b0, b1)
      bottom.add(a + 4 &* aRow, aRow, b0, b1)
      a += aColumn
      b += bRow
    }
  }
#endif

/// `c = a·b (+ addend)` for `rows` rows and two lanes of columns.
///
/// The number of row `i` and depth `k` of `a` is `a[i·aRow + k·aColumn]`; depth `k` of `b` starts at
/// `b + k·bRow`.
///
/// Memory that the processor would not guess is asked for ahead of time: lines of `a` that its next
/// rows start, those of `c` that will be added to, and the next lanes of `b`.
///
/// - Parameters:
///   - isFirst: whether `a` is read for the first time, not for a further pair of lanes.
///   - following: from these lanes of `b` to those that will be read next, or zero.
@inline(__always)
func sweep2(
  rows: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
  b: UnsafePointer<Factor>, bRow: Int, addend: UnsafePointer<Float>?, addendStride: Int,
  c: UnsafeMutablePointer<Float>, cStride: Int, isFirst: Bool = false,
  following: Int = 0
) {
  var row = 0
  #if KERNELS_LANE16
    while row &+ 8 <= rows {
      var top = Tile4x2()
      var bottom = Tile4x2()
      let a = a + row &* aRow
      // A shallow product is done before the lines are there.
      if depth >= 48, let addend {
        for i in 0..<8 {
          let start = addend + (row &+ i) &* addendStride
          mixpipe_prefetch(start)
          mixpipe_prefetch(start + laneWidth)
        }
      }
      let ahead = row == 0 ? following : 0
      if aRow == 1 {
        if ahead == 0 {
          fill(
            &top, &bottom, depth: depth, a: a, aRow: 1, aColumn: aColumn, b: b, bRow: bRow,
            isAhead: false, ahead: 0)
        } else {
          fill(
            &top, &bottom, depth: depth, a: a, aRow: 1, aColumn: aColumn, b: b, bRow: bRow,
            isAhead: true, ahead: ahead)
        }
      } else {
        if isFirst {
          for i in 8..<16 {
            let next = a + i &* aRow
            var k = 0
            while k < depth {
              mixpipe_prefetch(next + k)
              k &+= laneWidth
            }
          }
        }
        if ahead == 0 {
          fill(
            &top, &bottom, depth: depth, a: a, aRow: aRow, aColumn: aColumn, b: b, bRow: bRow,
            isAhead: false, ahead: 0)
        } else {
          fill(
            &top, &bottom, depth: depth, a: a, aRow: aRow, aColumn: aColumn, b: b, bRow: bRow,
            isAhead: true, ahead: ahead)
        }
      }
      if let addend {
        let addend = addend + row &* addendStride
        top.add(addend, addendStride)
        bottom.add(addend + 4 &* addendStride, addendStride)
      }
      let c = c + row &* cStride
      top.write(c, cStride)
      bottom.write(c + 4 &* cStride, cStride)
      row &+= 8
    }
  #endif
  while row &+ 4 <= rows {
    var tile = Tile4x2()
    var a = a + row &* aRow
    var b = b
    for _ in 0..<depth {
      tile.add(a, aRow, load(b), load(b + laneWidth))
      a += aColumn
      b += bRow
    }
    if let addend { tile.add(addend + row &* addendStride, addendStride) }
    tile.write(c + row &* cStride, cStride)
    row &+= 4
  }
  while row < rows {
    var left = Lane.zero
    var right = Lane.zero
    var a = a + row &* aRow
    var b = b
    for _ in 0..<depth {
      let value = FactorLane(repeating: a[0])
      left = left.adding(value, times: load(b))
      right = right.adding(value, times: load(b + laneWidth))
      a += aColumn
      b += bRow
    }
    if let addend {
      left += load(addend + row &* addendStride)
      right += load(addend + (row &* addendStride &+ laneWidth))
    }
    store(left, c + row &* cStride)
    store(right, c + (row &* cStride &+ laneWidth))
    row &+= 1
  }
}

/// As `sweep2`, for one lane of columns.
@inline(__always)
func sweep1(
  rows: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
  b: UnsafePointer<Factor>, bRow: Int, addend: UnsafePointer<Float>?, addendStride: Int,
  c: UnsafeMutablePointer<Float>, cStride: Int
) {
  var row = 0
  #if KERNELS_LANE16
    while row &+ 8 <= rows {
      var top = Tile4x1()
      var bottom = Tile4x1()
      var a = a + row &* aRow
      var b = b
      for _ in 0..<depth {
        let b0 = load(b)
        top.add(a, aRow, b0)
        bottom.add(a + 4 &* aRow, aRow, b0)
        a += aColumn
        b += bRow
      }
      if let addend {
        let addend = addend + row &* addendStride
        top.add(addend, addendStride)
        bottom.add(addend + 4 &* addendStride, addendStride)
      }
      let c = c + row &* cStride
      top.write(c, cStride)
      bottom.write(c + 4 &* cStride, cStride)
      row &+= 8
    }
  #endif
  while row &+ 4 <= rows {
    var tile = Tile4x1()
    var a = a + row &* aRow
    var b = b
    for _ in 0..<depth {
      tile.add(a, aRow, load(b))
      a += aColumn
      b += bRow
    }
    if let addend { tile.add(addend + row &* addendStride, addendStride) }
    tile.write(c + row &* cStride, cStride)
    row &+= 4
  }
  while row < rows {
    var sum = Lane.zero
    var a = a + row &* aRow
    var b = b
    for _ in 0..<depth {
      sum = sum.adding(FactorLane(repeating: a[0]), times: load(b))
      a += aColumn
      b += bRow
    }
    if let addend { sum += load(addend + row &* addendStride) }
    store(sum, c + row &* cStride)
    row &+= 1
  }
}
