import Foundation
import Numerics
import Testing

@testable import ProxyModels

private func report(
  _ step: Int, of steps: Int, losses: [Double?], sequences: [Int]? = nil,
  heldOut: [Double]? = nil
) -> StepReport {
  StepReport(
    step: step, steps: steps, sequences: sequences ?? losses.map { $0 == nil ? 0 : 1 },
    losses: losses, excesses: losses.map { _ in nil }, heldOut: heldOut)
}

private func near(_ found: [Double], _ expected: [Double], _ tolerance: Double) -> Bool {
  found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < tolerance }
}

@Suite struct `Weights as the authors of online methods have them` {
  /// `SmoothedMeanWeightUpdater.group_update` of `alon-albalak/online-data-mixing`, version edbfdad, run on these
  /// losses at iterations 11 to 15 with a smoothing of .5.
  @Test("smoothed rewards give the weights of the authors' class")
  func smoothedRewardsGiveTheWeightsOfTheAuthorsClass() {
    var weights = SmoothedRewardWeights(start: [0.5, 0.3, 0.2], warmupShare: 0.02)
    // Ten steps of warm-up, at the first weights, from which nothing is learnt.
    for step in 0..<10 {
      weights.observe(report(step, of: 500, losses: [9, 1, 5]))
      #expect(weights.weights(step: step + 1, of: 500) == [0.5, 0.3, 0.2])
    }
    let series: [(losses: [Double?], expected: [Double])] = [
      ([3.0, 2.5, nil], [0.464198422241, 0.353342592026, 0.182458985733]),
      ([2.9, 2.4, 3.5], [0.345879523887, 0.278522158757, 0.375598317356]),
      ([nil, nil, 3.3], [0.325242877928, 0.263308827741, 0.41144829433]),
      ([2.8, 2.3, 3.2], [0.326514588133, 0.261677929846, 0.411807482021]),
      ([2.7, 2.6, nil], [0.317660165996, 0.277907930603, 0.404431903401]),
    ]
    for (offset, (losses, expected)) in series.enumerated() {
      weights.observe(report(10 + offset, of: 500, losses: losses))
      #expect(near(weights.weights(step: 11 + offset, of: 500), expected, 1e-11))
    }
  }

  /// Falls, linear system, scaling and moving average of `trainer/aioli_trainer.py`, version a236112, computed with
  /// NumPy for two rounds of two sweeps over three domains in a fixed order; η = .1, average .5, probes of .5.
  @Test("probes give the weights of the authors' update")
  func probesGiveTheWeightsOfTheAuthorsUpdate() {
    let measured: [[[Double]]] = [
      [
        [4.0, 4.0, 4.0], [3.918, 3.917, 3.944], [3.882, 3.902, 3.899], [3.835, 3.888, 3.885],
        [3.735, 3.82, 3.854], [3.686, 3.722, 3.763], [3.6, 3.677, 3.708],
      ],
      [
        [3.4, 3.4, 3.4], [3.329, 3.385, 3.34], [3.295, 3.295, 3.324], [3.224, 3.207, 3.294],
        [3.133, 3.119, 3.282], [3.059, 3.108, 3.227], [3.01, 3.08, 3.188],
      ],
    ]
    let expected = [
      [0.33940930792024027, 0.3329773293914236, 0.327613362688336],
      [0.3385261946461424, 0.3311829242696079, 0.33029088108424975],
    ]
    let settings = ProbedWeights.Settings(
      rounds: 2, sweeps: 2, probeShare: 0.288, focus: 0.5, rate: 0.1, memory: 0.5,
      isShuffled: false)
    var weights = ProbedWeights(parts: 3, settings: settings)
    // Rounds of forty-two steps: six probes of two each.
    for round in 0..<2 {
      var rest = measured[round][...]
      for step in (42 * round)..<(42 * round + 42) {
        let wants = weights.wantsHeldOutLosses(step: step, of: 84)
        #expect(wants == ((step - 42 * round) <= 12 && step.isMultiple(of: 2)))
        weights.observe(
          report(step, of: 84, losses: [1, 1, 1], heldOut: wants ? rest.popFirst() : nil))
      }
      #expect(near(weights.current, expected[round], 1e-12))
    }
  }

  @Test("each sweep goes through all domains, in an order of its own")
  func eachSweepGoesThroughAllDomainsInAnOrderOfItsOwn() {
    let weights = ProbedWeights(parts: 4, settings: .published(parts: 4), seed: 3)
    var orders: Set<[Int]> = []
    for round in 0..<20 {
      // 2,000 steps: rounds of a hundred, sixteen probes of one step each.
      let probed = (0..<16).map { offset -> Int in
        let now = weights.weights(step: 100 * round + offset, of: 2000)
        #expect(abs(now.reduce(0, +) - 1) < 1e-12)
        return now.firstIndex(of: 0.75)!
      }
      for sweep in 0..<4 {
        let order = Array(probed[(4 * sweep)..<(4 * sweep + 4)])
        #expect(order.sorted() == [0, 1, 2, 3])
        orders.insert(order)
      }
    }
    #expect(orders.count > 12)
    // A run that is too short keeps probes to half of it or so.
    let short = ProbedWeights(parts: 4, settings: .published(parts: 4), seed: 3)
    let probes = (0..<60).count { short.weights(step: $0, of: 60).contains(0.75) }
    #expect(probes > 0 && probes <= 32)
  }

  private static let losses: [Double] = [
    48928, 42855, 40961, 39211, 38125, 37333, 36302, 36099, 35513, 35941, 34981, 34551,
    34284, 33964, 33658, 33581, 33570, 33245, 33321, 32940, 32838, 33015, 32689, 32361,
    32310, 32354, 32534, 31998, 31907, 32070, 31607, 31648, 31812, 31679, 31508, 31551,
    30786, 31493, 31042, 30844, 31177, 31202, 30919, 30738, 30918, 30850, 31093, 30917,
    30763, 30899, 30597, 30407, 30677, 30638, 30440, 30283, 30457, 29872, 30477, 30403,
    29940, 30248, 30017, 30326, 29736, 29936, 30227, 30289, 29601, 29904, 30047, 29831,
    30245, 29659, 29945, 29640, 30106, 29803, 29709, 29417, 30074, 29862, 29841, 29899,
    29718, 29498, 29447, 29427, 29838, 29258, 29409, 29450, 29532, 29594, 29205, 29088,
    29420, 29643, 29536, 29409, 29292, 29396, 29270, 29464, 29128, 29303, 29237, 29352,
    29267, 29722, 29498, 29483, 28759, 29085, 29021, 29237, 28654, 29330, 29297, 28814,
    28861, 28888, 29045, 29153, 29420, 28958, 29136, 29004, 29312, 29100, 29209, 28707,
    28876, 28744, 29193, 29012, 28811, 28770, 28949, 28699, 28638, 28918, 29297, 28747,
    28677, 28547, 28497, 28857, 28917, 28738, 28798, 28738, 28739, 28390, 28600, 28701,
    28512, 28563, 28494, 28575, 28806, 28547, 28589, 28770, 28732, 28933, 28165, 28746,
    28468, 28590, 28722, 28764, 28746, 28558, 28840, 28452, 28474, 28657, 28379, 28912,
    28674, 28907, 28449, 28372, 28474, 28587, 28310, 28503, 28416, 28729, 28272, 28605,
    28258, 28191, 28234, 28127, 28391, 28564, 28377, 28461, 28664, 28378, 28361, 28255,
    27989, 28452, 27946, 28420, 28284, 28507, 28261, 28105, 28329, 28143, 28207, 28251,
    28205, 28190, 28054, 28178, 27782, 28177, 27961, 28415, 28440, 27794, 28208, 28143,
    27958, 28272, 28067, 27801, 28096, 28111, 28155, 27880, 28245, 28270, 27884, 27979,
    28084, 27989, 28444, 28129, 27884, 27919, 28064, 28529, 28024, 28089, 28155, 28040,
    28505, 27930, 28186, 28061, 28146, 27782, 28367, 27992, 28018, 27813, 27849, 28104,
    28190, 28135, 28221, 28116, 27982, 28137, 28083, 27939, 28104, 28210, 27996, 27872,
    28077, 28313, 27889, 27905, 27891, 28157, 27542, 27978, 28144, 27740, 28196, 28002,
    27778, 27924, 27570, 27766, 28242, 27688, 28235, 27841, 28057, 27863, 27399, 27735,
  ].map { Double($0) / 10_000 }

  /// SciPy 1.17.1: `savgol_filter(losses, 101, 3)`.
  @Test("losses are smoothed as by SciPy")
  func lossesAreSmoothedAsBySciPy() {
    let places = [0, 20, 34, 150, 299]
    #expect(
      near(
        SavitzkyGolay.smoothed(Self.losses, window: 101, at: places),
        [4.0998604907, 3.3321907037, 3.0949491266, 2.8747314254, 2.774315432], 1e-9))
    #expect(SavitzkyGolay.smoothed([1, 2, 4], window: 101, at: [2]) == [4])
  }

  /// `loss_fn` of `yidingjiang/ado`, version bc3d8d0, run by JAX 0.10.2 and minimized by SciPy's L-BFGS-B.
  @Test("scaling laws have the minimum of the authors' cost")
  func scalingLawsHaveTheMinimumOfTheAuthorsCost() throws {
    let places = Array(stride(from: 34, to: 300, by: 10))
    let law = try #require(
      DomainScalingLaw(
        tokens: places.map { 8 * Double($0 + 1) },
        losses: SavitzkyGolay.smoothed(Self.losses, window: 101, at: places)))
    #expect(abs(law.loss(at: 300) - 3.08883737) < 2e-4)
    #expect(abs(law.loss(at: 2400) - 2.78362180) < 2e-4)
    #expect(abs(law.floor - 0.5) < 1e-3 && abs(law.power - 0.11454) < 2e-3)
  }

  @Test("a domain whose loss still falls fast gains weight, and none falls below a hundredth")
  func aDomainWhoseLossStillFallsFastGainsWeightAndNoneFallsBelowAHundredth() {
    var weights = ScalingLawWeights(start: [0.4, 0.4, 0.2])
    for step in 0..<600 {
      let tokens = Double(step + 1)
      weights.observe(
        report(
          step, of: 600, losses: [2 + 3 * pow(tokens, -0.5), 3, 2.5 + pow(tokens, -0.1)],
          sequences: [4, 4, 2]))
      if step < 9 { #expect(weights.weights(step: step + 1, of: 600) == [0.4, 0.4, 0.2]) }
    }
    let found = weights.weights(step: 600, of: 600)
    #expect(abs(found.reduce(0, +) - 1) < 1e-9)
    #expect(found[1] < found[0] && found[1] < found[2] && found.allSatisfy { $0 > 0.009 })
  }
}
