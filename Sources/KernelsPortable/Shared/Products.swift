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
  depth: Int, columns: Int, source: UnsafePointer<Factor>, rowStride: Int, columnStride: Int,
  panels: UnsafeMutablePointer<Factor>
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
      packTransposed(
        depth: depth, columns: used, source: source + first &* columnStride, rowStride: rowStride,
        columnStride: columnStride, panel: panel)
    }
    first &+= width
    panel += depth &* width
  }
}

/// One panel of `packPanels` whose columns are rows of the source: in squares as far as those go.
@inline(__always)
private func packTransposed(
  depth: Int, columns: Int, source: UnsafePointer<Factor>, rowStride: Int, columnStride: Int,
  panel: UnsafeMutablePointer<Factor>
) {
  let width = panelWidth()
  var column = 0
  while column < columns {
    let used = min(laneWidth, columns &- column)
    let source = source + column &* columnStride
    let panel = panel + column
    var k = 0
    if used == laneWidth && rowStride == 1 {
      while k &+ laneWidth <= depth {
        Square(numbers(source + k), columnStride).transposed.write(
          numbers(panel + k &* width), width)
        k &+= laneWidth
      }
    }
    while k < depth {
      for j in 0..<used {
        panel[k &* width &+ j] = source[j &* columnStride &+ k &* rowStride]
      }
      k &+= 1
    }
    column &+= laneWidth
  }
  guard columns < width else { return }
  for k in 0..<depth {
    for j in columns..<width { panel[k &* width &+ j] = 0 }
  }
}

/// `c = a·b (+ addend)` with `a` (M, K) and `b` (K, N) packed by `packPanels`.
///
/// Columns are written by whole lanes: rows of `c` and `addend` have room for N rounded up to
/// sixteen. `addend` may be `c`.
package func multiplyPanels(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aStride: Int,
  panels: UnsafePointer<Factor>, addend: UnsafePointer<Float>?, addendStride: Int,
  c: UnsafeMutablePointer<Float>, cStride: Int
) {
  let width = panelWidth()
  var start = 0
  repeat {
    let part = min(depthBlock, depth &- start)
    let addend = start == 0 ? addend : UnsafePointer(c)
    let addendStride = start == 0 ? addendStride : cStride
    multiplyBlock(
      rows: rows, columns: columns, depth: part, a: a + start, aRow: aStride, aColumn: 1,
      b: panels + start &* width, bRow: width, bPanel: depth &* width, addend: addend,
      addendStride: addendStride, c: c, cStride: cStride)
    start &+= part
  } while start < depth
}

/// `c = a·b (+ addend)` for any layout of `a` (M, K), `a[i·aRow + k·aColumn]`, and a depth of one
/// block. Depth k of panel j of `b` (K, N) starts at `b + j·bPanel + k·bRow`; where `bPanel` is the
/// width of a panel, that is a matrix by rows.
///
/// - Precondition: N is a multiple of sixteen.
@inline(__always)
func multiplyBlock(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
  b: UnsafePointer<Factor>, bRow: Int, bPanel: Int, addend: UnsafePointer<Float>?,
  addendStride: Int, c: UnsafeMutablePointer<Float>, cStride: Int
) {
  var column = 0
  var b = b
  while column < columns {
    if columns &- column > laneWidth {
      sweep2(
        rows: rows, depth: depth, a: a, aRow: aRow, aColumn: aColumn, b: b, bRow: bRow,
        addend: addend.map { $0 + column }, addendStride: addendStride, c: c + column,
        cStride: cStride, isFirst: column == 0,
        following: column &+ panelWidth() < columns ? bPanel : 0)
    } else {
      sweep1(
        rows: rows, depth: depth, a: a, aRow: aRow, aColumn: aColumn, b: b, bRow: bRow,
        addend: addend.map { $0 + column }, addendStride: addendStride, c: c + column,
        cStride: cStride)
    }
    column &+= panelWidth()
    b += bPanel
  }
}

/// `c += a·b` for any layout of `a` (M, K), `a[i·aRow + k·aColumn]`, and `b` (K, N), by rows or in
/// panels, as `multiplyBlock` tells. Read by columns, `a` is transposed: the gradient of a weight
/// matrix.
///
/// - Precondition: N is a multiple of sixteen.
package func accumulate(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
  b: UnsafePointer<Factor>, bRow: Int, bPanel: Int, c: UnsafeMutablePointer<Float>, cStride: Int
) {
  var start = 0
  while start < depth {
    let part = min(depthBlock, depth &- start)
    multiplyBlock(
      rows: rows, columns: columns, depth: part, a: a + start &* aColumn, aRow: aRow,
      aColumn: aColumn, b: b + start &* bRow, bRow: bRow, bPanel: bPanel,
      addend: UnsafePointer(c), addendStride: cStride, c: c, cStride: cStride)
    start &+= part
  }
}
