import Foundation
import Testing

@testable import Numerics

@Suite struct SobolSequenceTests {
  // scipy 1.17.1: stats.qmc.Sobol(d, scramble=False, bits=32).random(n), whose direction numbers are
  // Joe and Kuo's file too.
  @Test("begins as scipys does") func beginsAsScipysDoes() {
    let sequence = SobolSequence(dimensions: 8, scrambledBy: nil)
    #expect(sequence.point(0) == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(sequence.point(1) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    #expect(sequence.point(3) == [0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25])
    #expect(sequence.point(5) == [0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375])
  }

  @Test("agrees with scipy far out in high dimensions") func agreesWithScipyFarOutInHighDimensions()
  {
    let sequence = SobolSequence(dimensions: 64, scrambledBy: nil)
    let far = sequence.point(1000)
    #expect(
      [1, 7, 20, 33, 47, 63].map { far[$0] } == [
        0.096_679_687_5, 0.899_414_062_5, 0.522_460_937_5, 0.592_773_437_5, 0.918_945_312_5,
        0.446_289_062_5,
      ])
    let near = sequence.point(513)
    #expect(
      [0, 7, 20, 33, 47, 63].map { near[$0] } == [
        0.502_929_687_5, 0.409_179_687_5, 0.954_101_562_5, 0.883_789_062_5, 0.534_179_687_5,
        0.041_992_187_5,
      ])
  }

  @Test("keeps one point in each dyadic interval when scrambled", arguments: [UInt64(0), 1, 99])
  func keepsOnePointInEachDyadicIntervalWhenScrambled(seed: UInt64) {
    let sequence = SobolSequence(dimensions: 40, scrambledBy: seed)
    let points = (0..<256).map { sequence.point($0) }
    for dimension in 0..<40 {
      let cells = points.map { Int($0[dimension] * 256) }.sorted()
      #expect(cells == Array(0..<256))
    }
    #expect(points[0] != SobolSequence(dimensions: 40, scrambledBy: seed + 1).point(0))
  }

  @Test("is even in any number of dimensions", arguments: [65, 100, 1111, 2500])
  func isEvenInAnyNumberOfDimensions(dimensions: Int) {
    let sequence = SobolSequence(dimensions: dimensions, scrambledBy: 1)
    let points = (0..<128).map { sequence.point($0) }
    for dimension in stride(from: 64, to: dimensions, by: max(dimensions / 50, 1)) {
      let cells = points.map { Int($0[dimension] * 128) }.sorted()
      #expect(cells == Array(0..<128), "\(dimension)")
    }
    // What a dimension has does not depend on how many there are.
    let fewer = SobolSequence(dimensions: 65, scrambledBy: nil).point(77)
    let more = SobolSequence(dimensions: dimensions, scrambledBy: nil).point(77)
    #expect(Array(more.prefix(65)) == fewer)
  }

  /// The correlation of two neighbouring dimensions over the first points, which poor direction numbers
  /// make large.
  @Test("its high dimensions are no more alike than its first")
  func itsHighDimensionsAreNoMoreAlikeThanItsFirst() {
    let sequence = SobolSequence(dimensions: 320, scrambledBy: nil)
    let points = (0..<1024).map { sequence.point($0) }
    func worst(_ dimensions: Range<Int>) -> Double {
      zip(dimensions, dimensions.dropFirst()).map { a, b in
        abs(points.reduce(0) { $0 + ($1[a] - 0.5) * ($1[b] - 0.5) }) / 1024 * 12
      }.max()!
    }
    #expect(worst(64..<320) < max(worst(1..<64), 0.05))
  }

  @Test("its polynomials are the primitive ones in order")
  func itsPolynomialsAreThePrimitiveOnesInOrder() {
    var polynomials = PrimitivePolynomials(after: 2)
    for (polynomial, _) in SobolDirections.primitives {
      #expect(polynomials.next() == polynomial)
    }
    // φ(2ᵈ - 1)/d of each degree d: 1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144.
    let count = (2..<(1 << 13)).count { PrimitivePolynomials.isPrimitive(UInt32($0)) }
    #expect(count == 480)
  }

  @Test("fills the simplex evenly") func fillsTheSimplexEvenly() {
    let points = SobolSequence.simplexPoints(parts: 5, count: 1024, seed: 3)
    for i in 0..<5 {
      // Under the uniform distribution E w = 1/5 and E w² = 2/30.
      let mean = points.reduce(0) { $0 + $1[i] } / 1024
      let square = points.reduce(0) { $0 + $1[i] * $1[i] } / 1024
      #expect(abs(mean - 0.2) < 4e-3)
      #expect(abs(square - 2.0 / 30) < 4e-3)
    }
    #expect(points.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 && $0.allSatisfy { $0 >= 0 } })
    #expect(
      SobolSequence.simplexPoints(parts: 5, start: 7, count: 2, seed: 3) == Array(points[7..<9]))
    #expect(SobolSequence.simplexPoints(parts: 1, count: 2, seed: 3) == [[1], [1]])
  }
}
