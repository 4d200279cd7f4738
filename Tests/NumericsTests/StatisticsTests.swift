import Foundation
import Numerics
import Testing

private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  abs(a - b) <= tolerance * max(abs(a), abs(b))
}

// Golden values: scipy 1.17.1 (scipy.stats, scipy.special) and NumPy, unless a test says otherwise.

@Suite struct RSquaredTests {
  // scikit-learn's documentation of r2_score.
  @Test("is scikit-learn's") func isScikitLearns() throws {
    let found = try #require(Statistics.determination(of: [3, -0.5, 2, 7], by: [2.5, 0, 2, 8]))
    #expect(isClose(found, 0.948_608_137_044_967_9))
    #expect(Statistics.determination(of: [1, 2, 3], by: [3, 2, 1]) == -3)
    #expect(Statistics.determination(of: [2, 2], by: [1, 3]) == nil)
  }
}

@Suite struct StudentDistributionTests {
  @Test(
    "cumulates as scipy does",
    arguments: [
      (1.0, -3.0, 0.102_416_382_349_567_26), (2, -0.5, 1.0 / 3),
      (4, 2.776, 0.974_988_610_840_011_8),
      (9, 0.001, 0.500_388_034_837_013_3), (30, -2, 0.027_312_522_481_491_547),
      (1000, 1.96, 0.974_863_407_522_125_6), (2.5, -40, 7.097_817_145_246_69e-05),
      (0.7, 1.5, 0.779_817_451_490_379_8), (5, -1e4, 9.490_166_228_758_809e-20),
      (1e4, -6, 1.020_809_236_461_310_6e-09),
    ] as [(Double, Double, Double)])
  func cumulatesAsScipyDoes(freedom: Double, t: Double, expected: Double) {
    let found = StudentT(degreesOfFreedom: freedom).cumulative(t)
    #expect(isClose(found, expected, 1e-9), "found \(found)")
  }

  @Test(
    "has scipys quantiles",
    arguments: [
      (1.0, 0.975, 12.706_204_736_174_694), (2, 0.975, 4.302_652_729_749_462),
      (2, 0.025, -4.302_652_729_749_464), (3, 0.9, 1.637_744_353_696_209),
      (4, 0.995, 4.604_094_871_349_992), (9, 0.975, 2.262_157_162_798_205),
      (30, 0.95, 1.697_260_886_593_957), (1000, 0.975, 1.962_339_080_826_408_3),
      (2.5, 1e-6, -220.173_429_178_236_86), (0.7, 0.9, 5.009_947_959_646_406),
    ] as [(Double, Double, Double)])
  func hasScipysQuantiles(freedom: Double, probability: Double, expected: Double) {
    let found = StudentT(degreesOfFreedom: freedom).quantile(probability)
    #expect(isClose(found, expected, 1e-10), "found \(found)")
  }

  @Test(
    "has quantiles that invert its cumulative", arguments: [1.0, 2, 3.5, 10, 200],
    [1e-9, 0.01, 0.3, 0.499, 0.5, 0.6, 0.975, 0.999])
  func hasQuantilesThatInvertItsCumulative(freedom: Double, probability: Double) {
    let t = StudentT(degreesOfFreedom: freedom)
    #expect(isClose(t.cumulative(t.quantile(probability)), probability, 1e-11))
  }

  @Test("has the slope that its density says", arguments: [0.3, 1.0, 4, 50])
  func hasTheSlopeThatItsDensitySays(freedom: Double) {
    let t = StudentT(degreesOfFreedom: freedom)
    for x in [-3.0, -0.4, 0, 1.7] {
      let slope = (t.cumulative(x + 1e-5) - t.cumulative(x - 1e-5)) / 2e-5
      #expect(isClose(slope, t.density(x), 1e-7))
    }
  }
}

@Suite struct IncompleteBetaFunctionTests {
  @Test(
    "agrees with scipy",
    arguments: [
      (0.3, 0.5, 0.5, 0.369_010_119_565_545_36), (0.5, 2, 3, 0.6875),
      (0.99, 10, 0.5, 0.657_928_175_156_784_5), (0.4, 50, 60, 0.124_706_858_343_100_22),
      (0.34, 1000, 2000, 0.781_215_091_160_644_1), (1e-8, 0.1, 0.2, 0.108_559_001_625_460_78),
      (0.999_999, 5, 1, 0.999_995_000_009_999_9), (0, 2, 3, 0), (1, 2, 3, 1),
    ] as [(Double, Double, Double, Double)])
  func agreesWithScipy(x: Double, a: Double, b: Double, expected: Double) {
    #expect(isClose(regularizedBeta(x, a: a, b: b), expected, 1e-11))
  }
}

@Suite struct SummariesTests {
  let values = [4.39, 4.41, 4.37, 4.44, 4.40]

  @Test("agree with num py and scipy") func agreeWithNumPyAndScipy() throws {
    #expect(isClose(try #require(Statistics.variance(values)), 0.000_67, 1e-10))
    #expect(isClose(try #require(Statistics.standardError(values)), 0.011_575_836_902_790_293))
    let interval = try #require(Statistics.meanInterval([0.012, 0.03, -0.004, 0.021]))
    #expect(isClose(interval.lowerBound, -0.008_322_735_713_306_88, 1e-10))
    #expect(isClose(interval.upperBound, 0.037_822_735_713_306_88, 1e-10))
  }

  @Test("do not cancel far from zero") func doNotCancelFarFromZero() throws {
    #expect(isClose(try #require(Statistics.variance([1e9, 1e9 + 1, 1e9 + 2])), 1))
  }

  @Test("say nothing of one values noise") func sayNothingOfOneValuesNoise() {
    #expect(Statistics.variance([1]) == nil)
    #expect(Statistics.standardError([1]) == nil)
    #expect(Statistics.meanInterval([1]) == nil)
    #expect(TTest.paired([1]) == nil)
  }

  @Test("interpolate quantiles as num py does") func interpolateQuantilesAsNumPyDoes() {
    let sorted = [1.0, 2, 2, 3.1, 5.5, 5.5, 7.2]
    let expected = [(0.0, 1.0), (0.1, 1.6), (0.5, 3.1), (0.9, 6.18), (0.975, 6.945)]
    for (probability, expected) in expected {
      #expect(isClose(Statistics.quantile(ofSorted: sorted, probability), expected, 1e-9))
    }
    #expect(Statistics.quantile(ofSorted: sorted, 1) == 7.2)
  }

  @Test("pool variances by their degrees of freedom") func poolVariancesByTheirDegreesOfFreedom()
    throws
  {
    let pooled = try #require(Statistics.pooledVariance([[1, 3], [7], [0, 3, 6]]))
    #expect(pooled.degreesOfFreedom == 3)
    #expect(isClose(pooled.variance, (2.0 + 18) / 3))
    #expect(Statistics.pooledVariance([[1], [2]]) == nil)
  }

  @Test("cover the true mean as often as they say") func coverTheTrueMeanAsOftenAsTheySay() throws {
    // 4000 samples of 4: the share covered is within three standard errors (.0103) of .95.
    var generator = SeededGenerator(seed: 5)
    var covered = 0
    for _ in 0..<4000 {
      let sample = (0..<4).map { _ in 2 + 3 * generator.normal() }
      if try #require(Statistics.meanInterval(sample)).contains(2) { covered += 1 }
    }
    #expect(abs(Double(covered) / 4000 - 0.95) < 0.0104, "covered \(covered)")
  }
}

@Suite struct TTestTests {
  @Test("agree with scipys") func agreeWithScipys() throws {
    let paired = try #require(TTest.paired([0.012, 0.03, -0.004, 0.021]))
    #expect(isClose(paired.statistic, 2.034_482_758_620_689_5, 1e-9))
    #expect(isClose(paired.pValue, 0.134_760_602_300_867_95, 1e-9))
  }

  @Test("are sure where there is no spread") func areSureWhereThereIsNoSpread() throws {
    #expect(try #require(TTest.paired([0, 0, 0])).pValue == 1)
    #expect(try #require(TTest.paired([0.5, 0.5])).pValue == 0)
    #expect(try #require(TTest.paired([-0.5, -0.5])).statistic == -.infinity)
  }
}

@Suite struct HolmCorrectionTests {
  @Test("multiplies step by step and never decreases") func multipliesStepByStepAndNeverDecreases()
  {
    // By the definition: .005·5, .01·4, .03·3, max(.04·2, .09), .5·1.
    let found = MultipleComparisons.holm([0.01, 0.04, 0.03, 0.005, 0.5])
    for (value, expected) in zip(found, [0.04, 0.09, 0.09, 0.025, 0.5]) {
      #expect(isClose(value, expected))
    }
    #expect(MultipleComparisons.holm([0.7, 0.8]) == [1, 1])
    #expect(MultipleComparisons.holm([]) == [])
  }

  @Test("keeps false alarms over a family below their level")
  func keepsFalseAlarmsOverAFamilyBelowTheirLevel() {
    var generator = SeededGenerator(seed: 7)
    var families = 0
    for _ in 0..<2000
    where MultipleComparisons.holm((0..<6).map { _ in generator.uniform() }).contains(where: {
      $0 < 0.05
    }) {
      families += 1
    }
    #expect((60...135).contains(families), "\(families) of 2000")
  }
}

@Suite struct RankCorrelationsTests {
  let x = [3.1, 2.0, 5.5, 5.5, 1.0, 7.2, 2.0]
  let y = [2.2, 1.9, 6.0, 4.0, 4.0, 9.9, 0.5]

  @Test("agree with scipys ties and all") func agreeWithScipysTiesAndAll() throws {
    #expect(RankCorrelation.ranks(x) == [4, 2.5, 5.5, 5.5, 1, 7, 2.5])
    #expect(isClose(try #require(RankCorrelation.spearman(x, y)), 0.688_102_353_203_975_5))
    #expect(isClose(try #require(RankCorrelation.kendall(x, y)), 0.615_587_011_251_092_3))
    #expect(isClose(try #require(RankCorrelation.pearson(x, y)), 0.801_897_846_239_460_4))
  }

  @Test("are one for any increasing function and minus one for any decreasing")
  func areOneForAnyIncreasingFunctionAndMinusOneForAnyDecreasing() throws {
    let cubes = [1.5, -2, 0.1, 9].map { ($0, $0 * $0 * $0) }
    #expect(RankCorrelation.kendall(cubes.map(\.0), cubes.map(\.1)) == 1)
    #expect(isClose(try #require(RankCorrelation.spearman(cubes.map(\.0), cubes.map(\.1))), 1))
    #expect(RankCorrelation.kendall(cubes.map(\.0), cubes.map { -$0.1 }) == -1)
  }

  @Test("are undefined where a side does not vary") func areUndefinedWhereASideDoesNotVary() {
    #expect(RankCorrelation.spearman([1, 2, 3], [5, 5, 5]) == nil)
    #expect(RankCorrelation.kendall([1, 1], [1, 2]) == nil)
    #expect(RankCorrelation.pearson([1], [2]) == nil)
  }
}

@Suite struct BootstrapTests {
  @Test("gives the same interval for the same seed") func givesTheSameIntervalForTheSameSeed() {
    func interval(_ seed: UInt64) -> ClosedRange<Double>? {
      let values = [0.3, 0.1, 0.9, 0.4, 0.7]
      var generator = SeededGenerator(seed: seed)
      return Bootstrap.percentileInterval(count: 5, using: &generator) { drawn in
        drawn.reduce(0) { $0 + values[$1] } / 5
      }
    }
    #expect(interval(1) == interval(1))
    #expect(interval(1) != interval(2))
  }

  @Test("covers a mean as often as theory says") func coversAMeanAsOftenAsTheorySays() throws {
    // Percentiles of 30 values are as wide as ±1.96 √(29/30) standard errors, within which
    // Student's t with 29 degrees of freedom falls with probability .936: 374 of 400, ± 15.
    var generator = SeededGenerator(seed: 8)
    var covered = 0
    for _ in 0..<400 {
      let sample = (0..<30).map { _ in generator.normal() }
      let interval = try #require(
        Bootstrap.percentileInterval(count: 30, replicates: 400, using: &generator) { drawn in
          drawn.reduce(0) { $0 + sample[$1] } / 30
        })
      if interval.contains(0) { covered += 1 }
    }
    #expect((359...389).contains(covered), "covered \(covered) of 400")
  }

  @Test("stretched varies as a mean does", arguments: [2, 3, 5, 10])
  func stretchedVariesAsAMeanDoes(count: Int) throws {
    var generator = SeededGenerator(seed: 9)
    let sample = (0..<count).map { _ in generator.normal() }
    let mean = Statistics.mean(sample)
    let stretch = Bootstrap.stretch(count: count)
    let replicates = (0..<20_000).map { _ in
      let drawn = (0..<count).map { _ in sample[generator.integer(below: count)] }
      return mean + stretch * (Statistics.mean(drawn) - mean)
    }
    let variance = try #require(Statistics.variance(replicates))
    let error = try #require(Statistics.standardError(sample))
    // Within five standard errors of a variance of 20,000 values.
    #expect(abs(variance / (error * error) - 1) < 0.05)
  }

  @Test("leaves out draws without a value") func leavesOutDrawsWithoutAValue() {
    var generator = SeededGenerator(seed: 10)
    #expect(Bootstrap.percentileInterval(count: 3, using: &generator) { _ in nil } == nil)
  }
}

@Suite struct IntervalCoverageTests {
  @Test("counts values and the differences of any two") func countsValuesAndDifferences() {
    // Independent, of deviations 1, 1 and 2: half widths 1.96, 1.96 and 3.92; of differences 2.77, 4.38 and 4.38.
    let independent = Matrix(rows: 3, columns: 3, elements: [1, 0, 0, 0, 1, 0, 0, 0, 4])
    let found = IntervalCoverage(errors: [1.9, -1.0, 4.0], covariance: independent)
    #expect(isClose(found.levels, 2.0 / 3) && isClose(found.contrasts, 1.0 / 3))
    // What all share says nothing of differences: correlation .99, whose difference's half width is .277.
    let shared = Matrix(rows: 2, columns: 2, elements: [1, 0.99, 0.99, 1])
    let together = IntervalCoverage(errors: [3, 3.2], covariance: shared)
    #expect(together.levels == 0 && together.contrasts == 1)
    let alone = IntervalCoverage(
      errors: [1.96], covariance: Matrix(rows: 1, columns: 1, elements: [1]))
    #expect(alone.levels == 0 && alone.contrasts == 1)
  }
}
