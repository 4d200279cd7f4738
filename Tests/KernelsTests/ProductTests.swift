import Kernels
import Testing

// M rows, N columns, K depth.

@Suite struct ProductsTests {
  static let shapes: [(m: Int, n: Int, k: Int)] = [
    (1, 16, 1), (3, 16, 5), (4, 32, 8), (7, 48, 16), (8, 16, 32), (13, 80, 33), (17, 112, 255),
    (9, 64, 256), (31, 32, 257), (40, 176, 600),
  ]

  @Test(
    "with a packed factor agree with the sum over the depth", arguments: KernelLevel.available,
    shapes)
  func withAPackedFactorAgreeWithTheSumOverTheDepth(
    level: KernelLevel, shape: (m: Int, n: Int, k: Int)
  ) {
    let kernels = KernelTable(level: level)
    let (m, n, k) = shape
    let (aStride, cStride) = (k + 3, n + 16)
    let a = random(m * aStride, seed: 1)
    let b = random(k * n, seed: 2)
    let start = random(m * cStride, seed: 3)
    let width = kernels.panelWidth
    for isTransposed in [false, true] {
      let panels = Guarded(
        [Float](repeating: 0, count: (n + width - 1) / width * width * k))
      let source = isTransposed ? (0..<n * k).map { b[$0 % k * n + $0 / k] } : b
      kernels.packPanels(
        k, n, source, isTransposed ? 1 : n, isTransposed ? k : 1, panels.base)
      for hasAddend in [false, true] {
        let c = Guarded(start)
        kernels.multiplyPanels(
          m, n, k, a, aStride, panels.base, hasAddend ? UnsafePointer(c.base) : nil, cStride,
          c.base, cStride)
        for i in 0..<m {
          let expected = (0..<n).map { j in
            (0..<k).reduce(hasAddend ? Double(start[i * cStride + j]) : 0) {
              $0 + Double(a[i * aStride + $1]) * Double(b[$1 * n + j])
            }
          }
          let row = Array(c.values[i * cStride..<i * cStride + n])
          #expect(difference(row, expected) < 2e-5)
          #expect(
            Array(c.values[i * cStride + n..<(i + 1) * cStride])
              == Array(start[i * cStride + n..<(i + 1) * cStride]), "wrote beside the columns")
        }
        #expect(c.isFrameWhole && panels.isFrameWhole)
      }
    }
  }

  @Test(
    "with a number of columns that fills no lane are right in those",
    arguments: KernelLevel.available, [1, 5, 17, 33, 100])
  func withANumberOfColumnsThatFillsNoLaneAreRightInThose(
    level: KernelLevel, n: Int
  ) {
    let kernels = KernelTable(level: level)
    let (m, k) = (11, 20)
    let stride = (n + 15) / 16 * 16
    let a = random(m * k, seed: 1)
    let b = random(k * n, seed: 2)
    let width = kernels.panelWidth
    let panels = Guarded([Float](repeating: 0, count: (n + width - 1) / width * width * k))
    kernels.packPanels(k, n, b, n, 1, panels.base)
    let c = Guarded([Float](repeating: 0, count: m * stride))
    kernels.multiplyPanels(m, n, k, a, k, panels.base, nil, 0, c.base, stride)
    for i in 0..<m {
      let expected = (0..<n).map { j in
        (0..<k).reduce(0) { $0 + Double(a[i * k + $1]) * Double(b[$1 * n + j]) }
      }
      #expect(difference(Array(c.values[i * stride..<i * stride + n]), expected) < 1e-5)
    }
    #expect(c.isFrameWhole && panels.isFrameWhole)
  }

  @Test("of any layout add to what is there", arguments: KernelLevel.available, shapes)
  func ofAnyLayoutAddToWhatIsThere(
    level: KernelLevel, shape: (m: Int, n: Int, k: Int)
  ) {
    let kernels = KernelTable(level: level)
    let (m, n, k) = shape
    let bStride = n + 16
    let width = kernels.panelWidth
    let a = random((m + 5) * (k + 5), seed: 1)
    let b = random(k * bStride, seed: 2)
    let panels = Guarded([Float](repeating: 0, count: (n + width - 1) / width * width * k))
    kernels.packPanels(k, n, b, bStride, 1, panels.base)
    let start = random(m * n, seed: 3)
    for (aRow, aColumn) in [(1, m + 5), (k + 5, 1)] {
      let expected = (0..<m * n).map { i in
        (0..<k).reduce(Double(start[i])) {
          $0 + Double(a[i / n * aRow + $1 * aColumn]) * Double(b[$1 * bStride + i % n])
        }
      }
      let byRows = Guarded(start)
      kernels.accumulate(m, n, k, a, aRow, aColumn, b, bStride, width, byRows.base, n)
      #expect(difference(byRows.values, expected) < 2e-5)
      let byPanels = Guarded(start)
      kernels.accumulate(
        m, n, k, a, aRow, aColumn, panels.base, width, k * width, byPanels.base, n)
      #expect(byPanels.values == byRows.values)
      #expect(byRows.isFrameWhole && byPanels.isFrameWhole)
    }
  }

  @Test(
    "take panels of rows and of columns alike number for number",
    arguments: KernelLevel.available, [(1, 1), (15, 17), (16, 16), (33, 40), (64, 70), (100, 31)])
  func takePanelsOfRowsAndOfColumnsAlikeNumberForNumber(
    level: KernelLevel, shape: (depth: Int, columns: Int)
  ) {
    let kernels = KernelTable(level: level)
    let (depth, columns) = shape
    let width = kernels.panelWidth
    let panelCount = (columns + width - 1) / width
    let source = random((columns + 3) * (depth + 3), seed: 1)
    // Row by row, and column by column with a wider and with an odd step.
    for (row, column) in [(columns + 3, 1), (1, depth + 3), (2, 2 * depth + 1)]
    where (depth - 1) * row + (columns - 1) * column < source.count {
      let panels = Guarded([Float](repeating: .nan, count: panelCount * width * depth))
      kernels.packPanels(depth, columns, source, row, column, panels.base)
      let expected = (0..<panelCount * depth * width).map { i in
        let (panel, k, j) = (i / (depth * width), i / width % depth, i % width)
        let place = panel * width + j
        return place < columns ? source[k * row + place * column] : 0
      }
      #expect(panels.values == expected)
      #expect(panels.isFrameWhole)
    }
  }
}
