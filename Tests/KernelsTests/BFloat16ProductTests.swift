import Kernels
import Numerics
import Testing

// M rows, N columns, K depth in words of two numbers.

@Suite("Products of bfloat16") struct ProductsOfBfloat16Tests {
  static let shapes: [(m: Int, n: Int, k: Int)] = [
    (1, 16, 1), (3, 16, 5), (4, 32, 8), (7, 48, 16), (8, 16, 17), (13, 80, 33), (17, 112, 47),
    (9, 64, 256), (31, 32, 257), (40, 176, 300), (33, 48, 15), (64, 64, 32),
  ]

  @Test("agree with the sum over the depth", arguments: BFloat16Kind.all, shapes)
  func agreeWithTheSumOverTheDepth(kind: BFloat16Kind, shape: (m: Int, n: Int, k: Int)) {
    let kernels = kind.kernels
    let (m, n, k) = shape
    let (aStride, cStride) = (k + 3, n + 16)
    let a = Guarded(words(random(m * aStride * 2, seed: 1)))
    let source = Guarded(random(2 * k * n, seed: 2))
    let start = random(m * cStride, seed: 3)
    let width = kernels.panelWidth
    let panels = Guarded(
      [UInt32](repeating: 0xffff_ffff, count: (n + width - 1) / width * width * k))
    kernels.packRounded(2 * k, n, source.base, false, panels.base)
    let (left, right) = (numbers(a.values), source.values.map { Double(nearest($0)) })
    for hasAddend in [false, true] {
      let c = Guarded(start)
      kernels.multiplyPanels(
        m, n, k, a.base, aStride, panels.base, hasAddend ? UnsafePointer(c.base) : nil, cStride,
        c.base, cStride)
      for i in 0..<m {
        let expected = (0..<n).map { j in
          (0..<2 * k).reduce(hasAddend ? Double(start[i * cStride + j]) : 0) {
            $0 + Double(left[i * 2 * aStride + $1]) * right[$1 * n + j]
          }
        }
        #expect(difference(Array(c.values[i * cStride..<i * cStride + n]), expected) < 2e-5)
        #expect(
          c.values[i * cStride + n..<(i + 1) * cStride]
            == start[i * cStride + n..<(i + 1) * cStride], "wrote beside the columns")
      }
      #expect(c.isFrameWhole && panels.isFrameWhole && a.isFrameWhole && source.isFrameWhole)
    }
  }

  @Test("of any layout add to what is there", arguments: BFloat16Kind.all, shapes)
  func ofAnyLayoutAddToWhatIsThere(kind: BFloat16Kind, shape: (m: Int, n: Int, k: Int)) {
    let kernels = kind.kernels
    let (m, n, k) = shape
    let bStride = n + 16
    let width = kernels.panelWidth
    let a = words(random((m + 5) * (k + 5) * 2, seed: 1))
    let left = numbers(a)
    let b = words(random(k * bStride * 2, seed: 2))
    let right = numbers(b)
    let panels = Guarded([UInt32](repeating: 0, count: (n + width - 1) / width * width * k))
    kernels.packPanels(k, n, b, bStride, 1, panels.base)
    let start = random(m * n, seed: 3)
    for (aRow, aColumn) in [(1, m + 5), (k + 5, 1)] {
      let used = (m - 1) * aRow + (k - 1) * aColumn + 1
      let a = Guarded(Array(a[..<used]))
      let expected = (0..<m * n).map { i in
        (0..<k).reduce(Double(start[i])) { sum, depth in
          let at = i / n * aRow + depth * aColumn
          let place = depth * bStride + i % n
          let lower = Double(left[2 * at]) * Double(right[2 * place])
          return sum + lower + Double(left[2 * at + 1]) * Double(right[2 * place + 1])
        }
      }
      let rows = Guarded(Array(b[..<((k - 1) * bStride + n)]))
      let byRows = Guarded(start)
      kernels.accumulate(m, n, k, a.base, aRow, aColumn, rows.base, bStride, width, byRows.base, n)
      #expect(difference(byRows.values, expected) < 2e-5)
      let byPanels = Guarded(start)
      kernels.accumulate(
        m, n, k, a.base, aRow, aColumn, panels.base, width, k * width, byPanels.base, n)
      #expect(byPanels.values == byRows.values)
      #expect(byRows.isFrameWhole && byPanels.isFrameWhole)
    }
  }

  /// Zero numbers are taken and given for subnormal ones, and 2²⁴ swallows what is added to it first.
  @Test(
    "add the upper numbers first and flush what is subnormal",
    arguments: BFloat16Kind.all.filter { $0.level == .instructions })
  func addTheUpperNumbersFirstAndFlushWhatIsSubnormal(kind: BFloat16Kind) {
    let least = Float.leastNormalMagnitude
    // What the first pair's lower product leaves, and then the factors of the second pair.
    let cases: [(first: (Float, Float), a: (Float, Float), b: (Float, Float), expected: Float)] = [
      ((4096, 4096), (-4096, 1), (4096, 1), 0), ((4096, 4096), (1, -4096), (1, 4096), 1),
      ((0, 0), (least, 0), (0.5, 0), 0), ((least, 1), (-least, 0), (0.5, 0), 0),
      ((least, 1.5), (-least, 0), (1, 0), 0), ((0, 0), (least / 2, 0), (1e30, 0), 0),
      ((1e30, 1e30), (1, 1), (1, 1), .infinity), ((1, 1), (3, 5), (7, 11), 77),
    ]
    for (first, a, b, expected) in cases {
      let c = Guarded([Float](repeating: 0, count: 16))
      let left = [word(first.0, 0), word(a.0, a.1)]
      let right = [word(first.1, 0), word(b.0, b.1)].flatMap {
        [UInt32](repeating: $0, count: 16)
      }
      kind.kernels.accumulate(1, 16, 2, left, 2, 1, right, 16, 32, c.base, 16)
      #expect(
        c.values.allSatisfy { $0 == expected }, "\(first), then \(a)·\(b): \(c.values[0])")
    }
  }

  @Test(
    "take matrices rounded to nearest, by rows and in panels of pairs", arguments: BFloat16Kind.all,
    [1, 2, 15, 16, 33, 48, 100])
  func takeMatricesRoundedToNearestByRowsAndInPanelsOfPairs(
    kind: BFloat16Kind, size: Int
  ) {
    let kernels = kind.kernels
    let width = kernels.panelWidth
    // Ties, which go to the even neighbour, both ways; numbers that round up to infinity.
    let ties = [0x3f80_8000, 0x3f81_8000, 0xbf80_8000, 0x7f7f_8000, 0x3f80_7fff, 0x3f80_8001]
      .map { Float(bitPattern: $0) }
    let columns = (size + 15) / 16 * 16
    for depth in [size, columns] {
      var values = random(depth * columns, seed: UInt64(size))
      values.replaceSubrange(..<min(6, values.count), with: ties.prefix(values.count))
      let source = Guarded(values)
      let half = (depth + 1) / 2
      let panels = Guarded(
        [UInt32](repeating: 7, count: (columns + width - 1) / width * width * half))
      func expected(_ at: (_ k: Int, _ column: Int) -> Float) -> [UInt32] {
        (0..<panels.count).map { i in
          let (panel, k, j) = (i / (half * width), i / width % half, i % width)
          let column = panel * width + j
          guard column < columns else { return 0 }
          return word(at(2 * k, column), 2 * k + 1 < depth ? at(2 * k + 1, column) : 0)
        }
      }
      kernels.packRounded(depth, columns, source.base, false, panels.base)
      #expect(panels.values == expected { values[$0 * columns + $1] })
      if depth % 16 == 0 {
        kernels.packRounded(depth, columns, source.base, true, panels.base)
        #expect(panels.values == expected { values[$1 * depth + $0] })
      }
      let rows = Guarded([UInt32](repeating: 7, count: values.count / 2))
      kernels.roundRows(values.count, source.base, rows.base)
      #expect(rows.values == words(values))
      #expect(panels.isFrameWhole && rows.isFrameWhole)
    }
  }
}

@Suite("The twin of bfloat16's instructions") struct TheTwinOfBfloat16sInstructionsTests {
  /// Bits of every kind: subnormal, infinite, none.
  private static func wild(_ count: Int, seed: UInt64, isTame: Bool) -> [UInt32] {
    var generator = SeededGenerator(seed: seed, stream: "bits")
    return (0..<count).map { _ in
      let bits = UInt32(truncatingIfNeeded: generator.next())
      // Exponents near one another, so that sums round.
      return isTame ? bits & 0x83ff_83ff | 0x3c00_3c00 : bits
    }
  }

  @Test("adds up to the same bits", arguments: BFloat16Level.supported, [false, true])
  func addsUpToTheSameBits(level: BFloat16Level, isTame: Bool) {
    for (m, n, k) in [(9, 48, 1), (17, 32, 40), (5, 16, 300)] {
      let a = Self.wild(m * k, seed: 1, isTame: isTame)
      let b = Self.wild(k * n, seed: 2, isTame: isTame)
      let start = Self.wild(m * n, seed: 3, isTame: isTame).map { Float(bitPattern: $0) }
      let found = [false, true].map { isTwin in
        let c = Guarded(start)
        BFloat16Kernels(level: level, isTwin: isTwin)
          .accumulate(m, n, k, a, k, 1, b, n, 32, c.base, n)
        return c.values.bits
      }
      #expect(found[0] == found[1])
    }
  }

  @Test("rounds to the same bits", arguments: BFloat16Level.supported)
  func roundsToTheSameBits(level: BFloat16Level) {
    let source = Self.wild(1 << 16, seed: 4, isTame: false).map { Float(bitPattern: $0) }
    let found = [false, true].map { isTwin in
      let rows = Guarded([UInt32](repeating: 0, count: source.count / 2))
      BFloat16Kernels(level: level, isTwin: isTwin).roundRows(source.count, source, rows.base)
      return rows.values
    }
    #expect(found[0] == found[1])
  }
}
