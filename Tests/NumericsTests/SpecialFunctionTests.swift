import Foundation
import Numerics
import Testing

private func relativeError(_ value: Double, _ expected: Double) -> Double {
  expected == 0 ? abs(value) : abs(value / expected - 1)
}

@Suite struct SpecialFunctionsTests {
  // mpmath 1.3, 50 digits: exp(x²) erfc(x).
  @Test(
    "erfcx agrees with mpmath",
    arguments: [
      (-5.0, 144_009_798_674.661_04), (-1, 5.008_980_080_762_283_5),
      (-0.25, 1.358_642_370_104_722_1), (0, 1), (0.1, 0.896_456_979_969_126_64),
      (0.5, 0.615_690_344_192_925_87), (1, 0.427_583_576_155_807_0), (2, 0.255_395_676_310_505_74),
      (5, 0.110_704_637_733_068_626), (10, 0.056_140_992_743_822_586),
      (20, 0.028_174_348_741_051_319), (24.9, 0.022_639_987_776_049_506),
      (25.1, 0.022_459_875_817_581_388), (30, 0.018_795_888_861_416_751),
      (100, 0.005_641_613_782_989_433), (1e4, 5.641_895_807_268_084e-5),
      (1e8, 5.641_895_835_477_562_6e-9),
    ])
  func erfcxAgreesWithMpmath(x: Double, expected: Double) {
    #expect(relativeError(Normal.scaledComplementaryError(x), expected) < 3e-15)
  }

  // mpmath: log(npdf(u) + u ncdf(u)) and its derivative ncdf(u) / (npdf(u) + u ncdf(u)).
  @Test(
    "log h agrees with mpmath",
    arguments: [
      (5.0, 1.609_437_923_126_431_4, 0.199_999_940_531_220_05),
      (1, 0.080_026_218_849_306_94, 0.776_638_725_201_739_26),
      (0, -0.918_938_533_204_672_74, 1.253_314_137_315_500_3),
      (-0.5, -1.620_516_264_387_319_9, 1.559_873_148_348_079_7),
      (-1, -2.485_121_025_712_641_3, 1.904_271_233_329_691_8),
      (-2, -4.768_783_523_917_114, 2.679_416_883_955_584),
      (-5, -16.744_301_162_660_99, 5.361_816_241_288_088),
      (-10, -55.553_122_036_122_356, 10.194_383_033_412_553),
      (-24, -295.280_223_234_804_85, 24.082_904_491_801_489),
      (-25, -319.861_463_581_495_95, 25.079_620_234_266_533),
      (-26, -345.439_546_722_318_03, 26.076_585_186_632_697),
      (-40, -808.298_568_356_619_96, 40.049_906_657_648_518),
      (-100, -5010.129_578_800_249_8, 100.019_994_004_195_87),
    ])
  func logHAgreesWithMpmath(u: Double, value: Double, slope: Double) {
    let found = Normal.logImprovement(u)
    // Near 1 the logarithm itself is near zero: there it is h that is accurate.
    #expect(abs(found.value - value) < 1e-14 * max(1, abs(value)))
    #expect(relativeError(found.slope, slope) < 5e-14)
  }

  // Ament et al.'s reference value, from mpmath.
  @Test("log h holds out to a million") func logHHoldsOutToAMillion() {
    #expect(relativeError(Normal.logImprovement(-1e6).value, -500_000_000_028.549_96) < 1e-15)
  }

  // mpmath: the root of ncdf(x) = p.
  @Test(
    "quantiles agree with mpmath",
    arguments: [
      (1e-300, -37.047_096_299_361_2), (1e-10, -6.361_340_902_404_056),
      (0.001, -3.090_232_306_167_813_5), (0.02, -2.053_748_910_631_823),
      (0.3, -0.524_400_512_708_040_78), (0.5, 0), (0.975, 1.959_963_984_540_054_2),
    ])
  func quantilesAgreeWithMpmath(p: Double, expected: Double) {
    #expect(abs(Normal.quantile(p) - expected) < 4e-15 * max(1, abs(expected)))
  }

  @Test(
    "the slope of the logarithm of the cumulative is the density's share of it",
    arguments: [-30.0, -3, -1.001, -0.999, 0, 2, 7])
  func theSlopeOfTheLogarithmOfTheCumulativeIsTheDensitysShareOfIt(u: Double) {
    let h = 1e-5
    let difference =
      (log(Normal.cumulative(u + h)) - log(Normal.cumulative(u - h))) / (2 * h)
    #expect(abs(Normal.logCumulativeSlope(u) - difference) < 1e-6 * max(1, abs(difference)))
    #expect(
      relativeError(
        Normal.logCumulativeSlope(u) * Normal.cumulative(u), Normal.density(u)) < 1e-12)
  }

  @Test("log sum exp does not overflow") func logSumExpDoesNotOverflow() {
    #expect(abs(logSumExp([1000, 1000]) - (1000 + log(2))) < 1e-12)
    #expect(abs(logSumExp([-2000, -2000]) - (-2000 + log(2))) < 1e-12)
    #expect(logSumExp([]) == -.infinity)
  }
}

@Suite struct ForeignNumberTests {
  @Test(
    "become the nearest integer there is",
    arguments: [
      (0.0, 0), (-0.9, 0), (2.9, 2), (1e300, Int.max), (-1e300, .min), (.infinity, .max),
      (-.infinity, .min), (.nan, 0), (0x1p63, .max), (-0x1p63, .min),
    ]) func becomeTheNearestIntegerThereIs(value: Double, expected: Int)
  {
    #expect(Int(clamping: value) == expected)
  }

  @Test("make a range in any order") func makeARangeInAnyOrder() {
    #expect(ClosedRange(between: 2, and: 1) == 1...2)
    #expect(ClosedRange(between: .nan, and: 1).contains(-1e300))
  }
}
