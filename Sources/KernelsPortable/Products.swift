// Products of matrices too small or too skinny for a general library: no copying of operands at each
// call. M rows, N columns, K depth.

/// Columns of one panel of `packPanels`: what a register tile is wide.
package func panelWidth() -> Int { 2 &* laneWidth }

/// Depth that is worked off at once, so that a panel's part stays in the first-level cache.
@inline(__always) var depthBlock: Int { 256 }

/// Copies a matrix (K, N) into panels of `panelWidth` columns, each (K, panelWidth) in one piece; the
/// last is filled up with zeros. A factor that many products share is packed once.
///
/// - Parameters:
///   - rowStride: from one row of `source` to the next; `columnStride` likewise. With the strides of
///     the transposed matrix, the transpose is packed.
///   - panels: room for K times N rounded up to whole panels.
package func packPanels(
  depth: Int, columns: Int, source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
  panels: UnsafeMutablePointer<Float>
) {
  let width = panelWidth()
  var first = 0
  var panel = panels
  while first < columns {
    let used = min(width, columns &- first)
    if columnStride == 1 {
      var from = source + first
      var to = panel
      for _ in 0..<depth {
        if used == width {
          store(load(from), to)
          store(load(from + laneWidth), to + laneWidth)
        } else {
          for j in 0..<used { to[j] = from[j] }
          for j in used..<width { to[j] = 0 }
        }
        from += rowStride
        to += width
      }
    } else {
      for j in 0..<used {
        let from = source + (first &+ j) &* columnStride
        let to = panel + j
        for k in 0..<depth { to[k &* width] = from[k &* rowStride] }
      }
      for j in used..<width {
        for k in 0..<depth { panel[k &* width &+ j] = 0 }
      }
    }
    first &+= width
    panel += depth &* width
  }
}

/// `c = a·b (+ addend)` with `a` (M, K) and `b` (K, N) packed by `packPanels`.
///
/// Columns are written by whole lanes: rows of `c` and `addend` have room for N rounded up to
/// sixteen. `addend` may be `c`.
package func multiplyPanels(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Float>, aStride: Int,
  panels: UnsafePointer<Float>, addend: UnsafePointer<Float>?, addendStride: Int,
  c: UnsafeMutablePointer<Float>, cStride: Int
) {
  let width = panelWidth()
  var start = 0
  repeat {
    let part = min(depthBlock, depth &- start)
    let addend = start == 0 ? addend : UnsafePointer(c)
    let addendStride = start == 0 ? addendStride : cStride
    var column = 0
    var b = panels + start &* width
    while column < columns {
      if columns &- column > laneWidth {
        sweep2(
          rows: rows, depth: part, a: a + start, aRow: aStride, aColumn: 1, b: b, bRow: width,
          addend: addend.map { $0 + column }, addendStride: addendStride, c: c + column,
          cStride: cStride)
      } else {
        sweep1(
          rows: rows, depth: part, a: a + start, aRow: aStride, aColumn: 1, b: b, bRow: width,
          addend: addend.map { $0 + column }, addendStride: addendStride, c: c + column,
          cStride: cStride)
      }
      column &+= width
      b += depth &* width
    }
    start &+= part
  } while start < depth
}

/// `c = a·b (+ addend)` with `a` (M, K) and `b` (K, N) both by rows, for an N of a few lanes.
///
/// - Precondition: N is a multiple of sixteen.
@inline(__always)
func multiplyRows(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Float>, aStride: Int,
  b: UnsafePointer<Float>, bStride: Int, c: UnsafeMutablePointer<Float>, cStride: Int
) {
  var column = 0
  while column < columns {
    if columns &- column > laneWidth {
      sweep2(
        rows: rows, depth: depth, a: a, aRow: aStride, aColumn: 1, b: b + column, bRow: bStride,
        addend: nil, addendStride: 0, c: c + column, cStride: cStride)
    } else {
      sweep1(
        rows: rows, depth: depth, a: a, aRow: aStride, aColumn: 1, b: b + column, bRow: bStride,
        addend: nil, addendStride: 0, c: c + column, cStride: cStride)
    }
    column &+= panelWidth()
  }
}

/// `c += aᵀ·b` with `a` (K, M) and `b` (K, N): the gradient of a weight matrix.
///
/// - Precondition: N is a multiple of sixteen.
package func accumulateTransposed(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Float>, aStride: Int,
  b: UnsafePointer<Float>, bStride: Int, c: UnsafeMutablePointer<Float>, cStride: Int
) {
  var start = 0
  while start < depth {
    let part = min(depthBlock, depth &- start)
    let a = a + start &* aStride
    let b = b + start &* bStride
    var column = 0
    while column < columns {
      let c = c + column
      if columns &- column > laneWidth {
        sweep2(
          rows: rows, depth: part, a: a, aRow: 1, aColumn: aStride, b: b + column, bRow: bStride,
          addend: UnsafePointer(c), addendStride: cStride, c: c, cStride: cStride)
      } else {
        sweep1(
          rows: rows, depth: part, a: a, aRow: 1, aColumn: aStride, b: b + column, bRow: bStride,
          addend: UnsafePointer(c), addendStride: cStride, c: c, cStride: cStride)
      }
      column &+= panelWidth()
    }
    start &+= part
  }
}
