import MixtureMethods
import Numerics
import Testing

/// A table of 96 runs on five domains, in thousandths, as NumPy drew it.
private enum SmallTable {
  static let inputs = parted([
    311, 458, 48, 0, 183, 631, 82, 148, 137, 1, 284, 131, 536, 47, 2, 182, 103, 0, 7, 707,
    51, 379, 128, 382, 60, 545, 54, 116, 155, 130, 813, 138, 17, 18, 15, 89, 297, 348, 1,
    264, 348, 227, 55, 332, 38, 514, 186, 18, 213, 69, 85, 263, 99, 440, 113, 491, 335, 148,
    11, 15, 146, 99, 130, 95, 530, 310, 258, 32, 329, 71, 78, 657, 38, 0, 227, 504, 286, 58,
    61, 91, 230, 207, 136, 273, 152, 786, 21, 167, 25, 0, 349, 1, 432, 129, 88, 633, 55, 5,
    144, 162, 211, 463, 101, 84, 141, 125, 597, 189, 77, 13, 88, 52, 32, 793, 34, 40, 471,
    28, 460, 0, 248, 614, 38, 83, 17, 376, 24, 432, 168, 0, 373, 76, 344, 2, 204, 433, 264,
    116, 119, 69, 552, 10, 260, 151, 27, 176, 27, 241, 556, 0, 548, 375, 57, 20, 0, 350, 71,
    79, 486, 13, 69, 42, 873, 8, 7, 354, 233, 64, 349, 0, 758, 95, 43, 103, 0, 629, 20, 207,
    105, 39, 397, 208, 383, 11, 0, 400, 119, 22, 81, 378, 429, 373, 146, 52, 0, 276, 174,
    300, 194, 57, 189, 377, 415, 15, 4, 312, 216, 102, 289, 82, 341, 254, 63, 187, 155, 90,
    7, 675, 105, 123, 110, 78, 87, 30, 695, 178, 426, 142, 233, 20, 404, 357, 218, 20, 1,
    140, 19, 834, 1, 7, 592, 131, 253, 13, 11, 341, 161, 313, 3, 182, 124, 375, 438, 17, 46,
    757, 84, 44, 106, 9, 293, 70, 235, 353, 50, 250, 527, 5, 0, 219, 431, 496, 26, 0, 48,
    289, 18, 31, 420, 243, 69, 1, 109, 814, 6, 455, 225, 269, 51, 0, 602, 124, 139, 24, 113,
    319, 371, 1, 175, 135, 400, 431, 143, 23, 3, 170, 656, 67, 107, 1, 557, 9, 423, 0, 10,
    115, 707, 130, 28, 21, 278, 547, 101, 43, 30, 292, 286, 22, 343, 57, 217, 101, 219, 1,
    462, 520, 197, 215, 1, 68, 203, 783, 5, 10, 0, 548, 385, 22, 10, 35, 722, 4, 234, 27,
    13, 122, 681, 23, 173, 1, 229, 759, 7, 1, 5, 496, 221, 128, 72, 83, 15, 229, 47, 403,
    306, 11, 629, 338, 14, 7, 586, 138, 33, 233, 9, 275, 453, 120, 22, 130, 299, 301, 401,
    0, 0, 287, 12, 674, 27, 0, 801, 17, 74, 107, 0, 238, 158, 22, 535, 48, 413, 14, 291,
    281, 1, 197, 164, 208, 124, 307, 509, 43, 448, 0, 0, 216, 705, 7, 25, 48, 223, 547, 163,
    68, 0, 136, 97, 39, 4, 724, 452, 64, 37, 19, 428, 305, 31, 3, 494, 166, 388, 42, 510,
    60, 0, 802, 101, 33, 61, 3, 669, 230, 50, 28, 23, 825, 47, 122, 0, 5, 87, 620, 176, 92,
    25, 492, 31, 437, 16, 25,
  ])
  static let targets: [Double] = thousandths([
    2857, 2441, 2455, 3180, 3257, 2553, 2628, 2862, 2848, 2790, 3210, 2508, 2971, 2957,
    3284, 2660, 2819, 2348, 2404, 2750, 2890, 2929, 3549, 3505, 2962, 2413, 2445, 2608,
    2354, 2892, 2628, 2862, 2796, 2819, 2588, 2367, 2393, 2843, 2564, 2598, 2621, 2786,
    2804, 2790, 3110, 2894, 2493, 2675, 2343, 2478, 2776, 2612, 2636, 3062, 2826, 3013,
    3428, 2411, 2460, 2992, 2590, 3042, 2256, 3019, 2784, 3002, 2714, 2414, 3140, 2734,
    2306, 3244, 3084, 2543, 3492, 3084, 2691, 2782, 2490, 2436, 2504, 3134, 2463, 2765,
    2293, 3095, 2758, 3150, 2737, 3087, 2371, 2607, 2588, 2402, 3041, 2299,
  ])
  static let probes = parted([
    188, 525, 64, 184, 38, 452, 2, 25, 382, 139, 400, 78, 214, 233, 75, 113, 275, 254, 270,
    88, 285, 22, 112, 206, 375, 45, 188, 427, 300, 41,
  ])

  private static func thousandths(_ values: [Int]) -> [Double] {
    values.map { Double($0) / 1000 }
  }

  private static func parted(_ values: [Int]) -> [[Double]] {
    stride(from: 0, to: values.count, by: 5).map { thousandths(Array(values[$0..<($0 + 5)])) }
  }
}

/// The values are LightGBM 4.7.0's (`LGBMRegressor`, Python 3.11) on this table.
@Suite struct `Trees with LightGBM's settings` {
  private func trees(_ settings: HistogramTrees.Settings, trained: Int = 64) -> HistogramTrees {
    let (inputs, targets) = (SmallTable.inputs, SmallTable.targets)
    return HistogramTrees(
      Array(inputs.prefix(trained)), targets: Array(targets.prefix(trained)), settings: settings,
      heldOut: trained < inputs.count
        ? (Array(inputs.dropFirst(trained)), Array(targets.dropFirst(trained))) : nil)
  }

  private func expect(
    _ trees: HistogramTrees, _ expected: [Double], count: Int,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(trees.count == count, sourceLocation: location)
    for (probe, value) in zip(SmallTable.probes, expected) {
      #expect(abs(trees(probe) - value) < 2e-6, sourceLocation: location)
    }
  }

  @Test("end and predict as LightGBM's do with RegMix's")
  func endAndPredictAsLightGBMsDoWithRegMixs() {
    expect(
      trees(.regMix),
      [3.141591564, 2.780822994, 2.47013393, 2.85965868, 2.917712501, 2.85965868], count: 475)
  }

  @Test("end and predict as LightGBM's do with CLIMB's")
  func endAndPredictAsLightGBMsDoWithCLIMBs() {
    expect(
      trees(.climb),
      [2.971002266, 2.823875369, 2.528366426, 2.877839686, 2.928511522, 2.800225674], count: 1000)
  }

  @Test("predict as LightGBM's do with its defaults")
  func predictAsLightGBMsDoWithItsDefaults() {
    var settings = HistogramTrees.Settings()
    settings.rounds = 50
    expect(
      trees(settings, trained: 96),
      [3.004710937, 2.8960389, 2.544734121, 3.063120815, 2.792861836, 3.046318258], count: 50)
  }

  @Test("predict as LightGBM's do with penalties and little depth")
  func predictAsLightGBMsDoWithPenaltiesAndLittleDepth() {
    var settings = HistogramTrees.Settings()
    (settings.rounds, settings.rate, settings.depth) = (200, 0.05, 4)
    (settings.leafSize, settings.lambda1, settings.lambda2) = (5, 0.02, 1)
    expect(
      trees(settings, trained: 64),
      [2.886785911, 2.815632338, 2.490929722, 2.859049783, 2.857861565, 2.812541756], count: 200)
  }

  @Test("are a constant where no leaf could hold enough runs")
  func areAConstantWhereNoLeafCouldHoldEnoughRuns() {
    let (inputs, targets) = (
      Array(SmallTable.inputs.prefix(30)), Array(SmallTable.targets.prefix(30))
    )
    let constant = HistogramTrees(inputs, targets: targets, settings: .regMix)
    #expect(constant.count == 0 && constant(inputs[0]) == Statistics.mean(targets))
    #expect(HistogramTrees([[0.2, 0.8]], targets: [1.5], settings: .climb)([0, 1]) == 1.5)
  }

  @Test("share bins where there are more values than bins")
  func shareBinsWhereThereAreMoreValuesThanBins() {
    var generator = SeededGenerator(seed: 9)
    let inputs = (0..<600).map { _ in [generator.uniform(), Double(generator.integer(below: 3))] }
    let targets = inputs.map { ($0[0] > 0.371 ? 1.0 : 0) + $0[1] }
    var settings = HistogramTrees.Settings()
    (settings.rounds, settings.rate, settings.leaves) = (1, 1, 6)
    let tree = HistogramTrees(inputs, targets: targets, settings: settings)
    // 255 bins leave the step within two or three values of where it is.
    let wrong = zip(inputs, targets).filter { abs(tree($0) - $1) > 0.2 }.count
    #expect(wrong <= 6)
  }
}
