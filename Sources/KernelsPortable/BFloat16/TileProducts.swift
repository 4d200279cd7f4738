import CProcessor

// Products by tiles: what Intel's AMX multiplies at once is sixteen rows of sixteen pairs with sixteen
// pairs deep sixteen columns. It adds up in an order of its own, so that these products have other bits
// than those pair by pair. M rows, N columns, K depth in pairs.
//
// In targets that are compiled without the instructions this is their twin.

#if KERNELS_TILES || !KERNELS_BFLOAT16
  /// Rows and columns of a block of the result: two tiles by two.
  @inline(__always) private var blockSide: Int { 32 }
  /// Pairs of a tile's depth.
  @inline(__always) private var tileDepth: Int { 16 }

  /// As `multiplyPanels`, by tiles.
  package func multiplyPanelsByTiles(
    rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aStride: Int,
    panels: UnsafePointer<Factor>, addend: UnsafePointer<Float>?, addendStride: Int,
    c: UnsafeMutablePointer<Float>, cStride: Int
  ) {
    let width = panelWidth()
    var start = 0
    repeat {
      let part = min(depthBlock, depth &- start)
      multiplyByTiles(
        rows: rows, columns: columns, depth: part, a: a + start, aRow: aStride, aColumn: 1,
        b: panels + start &* width, bRow: width, bPanel: depth &* width,
        addend: start == 0 ? addend : UnsafePointer(c),
        addendStride: start == 0 ? addendStride : cStride, c: c, cStride: cStride)
      start &+= part
    } while start < depth
  }

  /// As `accumulate`, by tiles.
  package func accumulateByTiles(
    rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
    b: UnsafePointer<Factor>, bRow: Int, bPanel: Int, c: UnsafeMutablePointer<Float>, cStride: Int
  ) {
    var start = 0
    while start < depth {
      let part = min(depthBlock, depth &- start)
      multiplyByTiles(
        rows: rows, columns: columns, depth: part, a: a + start &* aColumn, aRow: aRow,
        aColumn: aColumn, b: b + start &* bRow, bRow: bRow, bPanel: bPanel,
        addend: UnsafePointer(c), addendStride: cStride, c: c, cStride: cStride)
      start &+= part
    }
  }

  /// `c = a·b (+ addend)` for a depth of one block; layouts as in `multiplyBlock`.
  private func multiplyByTiles(
    rows: Int, columns: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int,
    b: UnsafePointer<Factor>, bRow: Int, bPanel: Int, addend: UnsafePointer<Float>?,
    addendStride: Int, c: UnsafeMutablePointer<Float>, cStride: Int
  ) {
    // A strip of `a`, 32 rows in whole tiles; a chunk of `b` that has no whole tile; the block's sums.
    let chunks = (depth &+ (tileDepth &- 1)) / tileDepth
    let strip = blockSide &* chunks &* tileDepth
    let words = strip &+ blockSide &* tileDepth &+ blockSide &* blockSide
    let memory = mixpipe_take(words)!
    let chunk = memory + strip
    let sums = numbers(chunk + blockSide &* tileDepth)
    #if KERNELS_TILES
      mixpipe_configure_tiles()
    #endif
    var row = 0
    while row < rows {
      let used = min(blockSide, rows &- row)
      packStrip(
        rows: used, depth: depth, a: a + row &* aRow, aRow: aRow, aColumn: aColumn,
        chunks: chunks, strip: memory)
      var column = 0
      var b = b
      while column < columns {
        let isWide = columns &- column > laneWidth
        clearSums(sums)
        for index in 0..<chunks {
          let from = b + index &* tileDepth &* bRow
          let a = memory + index &* blockSide &* tileDepth
          let left = depth &- index &* tileDepth
          if left >= tileDepth && isWide {
            addTiles(a, from, bRow, sums)
          } else {
            copyChunk(from, bRow, depth: min(left, tileDepth), isWide: isWide, to: chunk)
            addTiles(a, chunk, blockSide, sums)
          }
        }
        finishSums(sums)
        for i in 0..<used {
          let from = sums + i &* blockSide
          let place = (row &+ i)
          let to = c + (place &* cStride &+ column)
          var left = load(from)
          if let addend { left = left + load(addend + (place &* addendStride &+ column)) }
          store(left, to)
          guard isWide else { continue }
          var right = load(from + laneWidth)
          if let addend {
            right = right + load(addend + (place &* addendStride &+ column &+ laneWidth))
          }
          store(right, to + laneWidth)
        }
        column &+= blockSide
        b += bPanel
      }
      row &+= blockSide
    }
    #if KERNELS_TILES
      mixpipe_release_tiles()
    #endif
    mixpipe_give(memory)
  }

  /// Rows of `a`, any layout, as chunks of 32 rows of sixteen pairs each; what is not there is zero.
  @inline(__always)
  private func packStrip(
    rows: Int, depth: Int, a: UnsafePointer<Factor>, aRow: Int, aColumn: Int, chunks: Int,
    strip: UnsafeMutablePointer<Factor>
  ) {
    var k = 0
    var to = strip
    while k < depth {
      let used = min(tileDepth, depth &- k)
      for i in 0..<blockSide {
        let row = to + i &* tileDepth
        if i < rows && aColumn == 1 && used == tileDepth {
          store(load(a + (i &* aRow &+ k)), row)
          continue
        }
        store(FactorLane.zero, row)
        guard i < rows else { continue }
        for j in 0..<used { row[j] = a[i &* aRow &+ (k &+ j) &* aColumn] }
      }
      k &+= tileDepth
      to += blockSide &* tileDepth
    }
  }

  /// A chunk of `b` of fewer pairs or columns than a block has, filled up with zeros.
  @inline(__always)
  private func copyChunk(
    _ from: UnsafePointer<Factor>, _ stride: Int, depth: Int, isWide: Bool,
    to: UnsafeMutablePointer<Factor>
  ) {
    for k in 0..<tileDepth {
      let row = to + k &* blockSide
      store(k < depth ? load(from + k &* stride) : .zero, row)
      store(k < depth && isWide ? load(from + (k &* stride &+ laneWidth)) : .zero, row + laneWidth)
    }
  }

  #if KERNELS_TILES
    /// As many products as `multiplyInRegisters` makes in as many times, by tiles: each has sixteen rows and columns
    /// and 32 numbers of depth, a time twelve lanes of sixteen pairs.
    package func multiplyInTiles(
      times: Int, sums: UnsafeMutablePointer<Float>, factors: UnsafePointer<Factor>
    ) {
      mixpipe_multiply_tiles((times &* 12 &* 16 &* 2) / (16 &* 16 &* 32))
    }

    @inline(__always) private func clearSums(_ sums: UnsafeMutablePointer<Float>) {
      mixpipe_clear_tiles()
    }

    /// Adds 32 rows of sixteen pairs times sixteen pairs of rows of 32.
    @inline(__always)
    private func addTiles(
      _ a: UnsafePointer<Factor>, _ b: UnsafePointer<Factor>, _ bRow: Int,
      _ sums: UnsafeMutablePointer<Float>
    ) {
      mixpipe_add_tiles(a, b, 4 &* bRow)
    }

    @inline(__always) private func finishSums(_ sums: UnsafeMutablePointer<Float>) {
      mixpipe_store_tiles(sums)
    }
  #else
    @inline(__always) private func clearSums(_ sums: UnsafeMutablePointer<Float>) {
      for i in 0..<2 &* blockSide { store(Lane.zero, sums + i &* laneWidth) }
    }

    /// As TDPBF16PS adds up: the lower numbers' products in one chain from zero and the upper ones' in
    /// another, each in one rounding, then the two chains, then their sum to what is there; subnormal
    /// numbers are taken and given as zero (Intel, Software Developer's Manual, volume 2, TDPBF16PS).
    @inline(__always)
    private func addTiles(
      _ a: UnsafePointer<Factor>, _ b: UnsafePointer<Factor>, _ bRow: Int,
      _ sums: UnsafeMutablePointer<Float>
    ) {
      for i in 0..<blockSide {
        var column = 0
        while column < blockSide {
          var lower = Lane.zero
          var upper = Lane.zero
          for k in 0..<tileDepth {
            let left = FactorLane(repeating: a[i &* tileDepth &+ k])
            let right = load(b + (k &* bRow &+ column))
            lower = flushed(lower.addingProduct(lowerNumbers(left), lowerNumbers(right)))
            upper = flushed(upper.addingProduct(upperNumbers(left), upperNumbers(right)))
          }
          let place = sums + (i &* blockSide &+ column)
          store(flushed(flushed(load(place)) + flushed(lower + upper)), place)
          column &+= laneWidth
        }
      }
    }

    @inline(__always) private func finishSums(_ sums: UnsafeMutablePointer<Float>) {}
  #endif
#endif
