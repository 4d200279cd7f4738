// Matrices of single precision, rounded on their way into the layouts that products take. K depth,
// N columns.

/// Rounds a matrix by rows: `count` numbers to half as many words.
///
/// - Precondition: `count` is a multiple of sixteen.
package func roundRows(
  count: Int, source: UnsafePointer<Float>, words: UnsafeMutablePointer<UInt32>
) {
  var i = 0
  while i &+ 2 &* laneWidth <= count {
    store(rounded(load(source + i), load(source + (i &+ laneWidth))), words + (i &>> 1))
    i &+= 2 &* laneWidth
  }
  if i < count { storeHalf(rounded(load(source + i), .zero).lowHalf, words + (i &>> 1)) }
}

/// Rounds a matrix (K, N) into panels of pairs along its depth, as `packPanels` lays out words; an odd
/// depth is filled up with zeros.
///
/// - Parameters:
///   - source: depth k of column j is `source[k·N + j]`, where `isTransposed` `source[j·K + k]`.
///   - panels: room for K/2, rounded up, times N rounded up to whole panels.
/// - Precondition: K and N are multiples of sixteen, or N alone where the matrix is not transposed.
package func packRounded(
  depth: Int, columns: Int, source: UnsafePointer<Float>, isTransposed: Bool,
  panels: UnsafeMutablePointer<UInt32>
) {
  let width = panelWidth()
  let words = (depth &+ 1) &>> 1
  var column = 0
  while column < columns {
    let panel = panels + (column / width &* width &* words &+ column & (width &- 1))
    if isTransposed {
      packTransposed(depth: depth, source: source + column &* depth, panel: panel)
    } else {
      packPairs(depth: depth, columns: columns, source: source + column, panel: panel)
    }
    column &+= laneWidth
  }
  guard columns & (width &- 1) != 0 else { return }
  let panel = panels + (columns / width &* width &* words &+ laneWidth)
  for k in 0..<words { store(FactorLane.zero, panel + k &* width) }
}

/// A lane of columns, which lie side by side: two rows become one of pairs.
@inline(__always)
private func packPairs(
  depth: Int, columns: Int, source: UnsafePointer<Float>, panel: UnsafeMutablePointer<UInt32>
) {
  var source = source
  var panel = panel
  var k = 0
  while k &+ 1 < depth {
    store(paired(rounded(load(source), load(source + columns))), panel)
    source += 2 &* columns
    panel += panelWidth()
    k &+= 2
  }
  if k < depth { store(paired(rounded(load(source), .zero)), panel) }
}

/// A lane of columns, each a row of the source, whose neighbours are pairs already.
@inline(__always)
private func packTransposed(
  depth: Int, source: UnsafePointer<Float>, panel: UnsafeMutablePointer<UInt32>
) {
  let width = panelWidth()
  var k = 0
  while k &+ 32 <= depth {
    Square(rounding: source + k, depth, laneWidth).transposed
      .write(numbers(panel + (k &>> 1) &* width), width)
    k &+= 32
  }
  if k < depth {
    Square(rounding: source + k, depth, 0).transposed
      .writeHalf(numbers(panel + (k &>> 1) &* width), width)
  }
}

/// Two lanes of a row as one of pairs, for moving.
@inline(__always)
private func roundedRow(_ start: UnsafePointer<Float>, _ second: Int) -> Lane {
  unsafeBitCast(rounded(load(start), load(start + second)), to: Lane.self)
}

extension Square {
  /// Sixteen rows of 32 numbers each, rounded; where `second`, the place of a row's second lane, is zero,
  /// of sixteen, whose words come twice.
  @inline(__always)
  fileprivate init(rounding source: UnsafePointer<Float>, _ stride: Int, _ second: Int) {
    self.init()
    r0 = roundedRow(source + 0 &* stride, second)
    r1 = roundedRow(source + 1 &* stride, second)
    r2 = roundedRow(source + 2 &* stride, second)
    r3 = roundedRow(source + 3 &* stride, second)
    r4 = roundedRow(source + 4 &* stride, second)
    r5 = roundedRow(source + 5 &* stride, second)
    r6 = roundedRow(source + 6 &* stride, second)
    r7 = roundedRow(source + 7 &* stride, second)
    r8 = roundedRow(source + 8 &* stride, second)
    r9 = roundedRow(source + 9 &* stride, second)
    r10 = roundedRow(source + 10 &* stride, second)
    r11 = roundedRow(source + 11 &* stride, second)
    r12 = roundedRow(source + 12 &* stride, second)
    r13 = roundedRow(source + 13 &* stride, second)
    r14 = roundedRow(source + 14 &* stride, second)
    r15 = roundedRow(source + 15 &* stride, second)
  }

  /// The first eight lanes.
  @inline(__always)
  fileprivate func writeHalf(_ to: UnsafeMutablePointer<Float>, _ stride: Int) {
    store(r0, to)
    store(r1, to + stride)
    store(r2, to + 2 &* stride)
    store(r3, to + 3 &* stride)
    store(r4, to + 4 &* stride)
    store(r5, to + 5 &* stride)
    store(r6, to + 6 &* stride)
    store(r7, to + 7 &* stride)
  }
}
