import Foundation
import Kernels
import Testing

@testable import ProxyModels

private let toy = ModelSize(
  name: "toy", layers: 1, width: 16, heads: 1, hiddenWidth: 32, contextLength: 32)

// One after the other: a round starts the count of peak memory anew.
@Suite(.serialized) struct BenchmarkTests {
  @Test(
    "measures speed beside a probe and where the time goes", arguments: [(1, 1), (2, 1), (1, 2)])
  func measuresSpeedBesideAProbeAndWhereTheTimeGoes(
    threads: (trials: Int, workers: Int)
  ) {
    let configuration = TrainingConfiguration(
      size: toy, vocabularySize: 64, tokens: 1, seed: 1, batchSequences: 8)
    #expect(configuration.batchTokens == 8 * 32 && configuration.gradientShards == 2)
    let asked = BenchmarkCase(
      configuration: configuration, trials: threads.trials, workers: threads.workers)
    var benchmark = ProxyBenchmark(kernels: KernelTable(level: .supported))
    benchmark.seconds = 0.02
    let rounds = (0..<2).map { _ in benchmark.round(asked) }
    for round in rounds {
      #expect(round.tokensPerSecond > 0 && round.probeGigaflops > 0)
      #expect(round.share > 0 && round.processorShare > 0)
      #expect(round.evaluationTokensPerSecond > 0)
      #expect(Set(round.secondsPerToken.keys) == Set(TrainingPart.ofStep))
      #expect(round.secondsPerToken.values.allSatisfy { $0 > 0 })
      #expect(round.peakMemoryBytes > 1 << 20)
    }
    let found = BenchmarkMeasurement(of: asked, rounds: rounds)
    let speeds = rounds.map(\.tokensPerSecond)
    #expect(found.tokensPerSecond.lowest == speeds.min())
    #expect(found.tokensPerSecond.highest == speeds.max())
    #expect(abs(found.tokensPerSecond.median - speeds.reduce(0, +) / 2) < 1e-9 * speeds[0])
    #expect(found.microsecondsPerToken[.evaluation]! > 0)
    // On a busy machine the announcement may be far off, but not of another kind.
    #expect(rounds.allSatisfy { (0.02...50).contains($0.announcedOverTaken) })
    #expect(found.overOneTrial == nil)
    let weights = 64 * 16 + 4 * 256 + 3 * 512
    #expect(found.operationsPerToken == Double(6 * weights + 12 * 32 * 16))
  }

  @Test("sets each round against the same round of one trial")
  func setsEachRoundAgainstTheSameRoundOfOneTrial() {
    func round(_ speed: Double) -> BenchmarkRound {
      BenchmarkRound(
        tokensPerSecond: speed, probeGigaflops: 1, share: 1, processorShare: 1,
        peakGigaflops: 1, shareOfPeak: 1, evaluationTokensPerSecond: 1, announcedOverTaken: 1,
        secondsPerToken: [:],
        peakMemoryBytes: 1)
    }
    let asked = BenchmarkCase(
      configuration: TrainingConfiguration(size: toy, vocabularySize: 64, tokens: 1, seed: 1),
      trials: 2)
    // A slow second round, for both: the ratio of medians would be 1.7.
    let found = BenchmarkMeasurement(
      of: asked, rounds: [200, 98, 170].map(round), alone: [100, 50, 100].map(round))
    #expect(found.overOneTrial?.median == 1.96)
    #expect(found.overOneTrial?.lowest == 1.7 && found.overOneTrial?.highest == 2)
  }

  @Test("reads the peak of memory from linuxs own account")
  func readsThePeakOfMemoryFromLinuxsOwnAccount() {
    let status = "Name:\tmixpipe\nVmPeak:\t  900 kB\nVmHWM:\t  123 kB\nVmRSS:\t  100 kB\n"
    #expect(PeakMemory.bytes(ofStatus: status) == 123 << 10)
    #expect(PeakMemory.bytes(ofStatus: "Name:\tmixpipe\n") == nil)
    let before = PeakMemory.bytes()
    let buffer = FloatBuffer(count: 16 << 20)
    #expect(buffer.base[0] == 0 && PeakMemory.bytes() >= before)
    #expect(PeakMemory.bytes() >= 64 << 20)
  }

  @Test("counts operations as 6 n 12 l td a token") func countsOperationsAs6N12LTdAToken() {
    let size = ModelSize(
      name: "a", layers: 4, width: 128, heads: 4, hiddenWidth: 384, contextLength: 128)
    // Of the matrices: 2048·128 + 4·(4·128² + 3·128·384).
    let operations = 6 * 1_114_112 + 12 * 4 * 128 * 128
    #expect(size.trainingOperationsPerToken(vocabularySize: 2048) == Double(operations))
    let configuration = TrainingConfiguration(
      size: size, vocabularySize: 2048, tokens: 1_000_000, seed: 1)
    #expect(configuration.trainingOperations == Double(operations * configuration.tokens))
    #expect(abs(configuration.tokens - 1_000_000) <= configuration.batchTokens / 2)
  }
}

@Suite struct CostModelTests {
  private func rates(_ size: ModelSize, perToken: Double) -> CostModel.Rates {
    CostModel.Rates(
      size: size, vocabularySize: 1024, secondsPerToken: perToken, secondsPerStep: perToken * 40,
      secondsPerHeldOutToken: perToken / 4, startUpSeconds: 0.5)
  }

  @Test("adds up tokens steps held out text and start up")
  func addsUpTokensStepsHeldOutTextAndStartUp() {
    let size = ModelSize.ladder[1]
    let model = CostModel(rates: [rates(size, perToken: 1e-5)], workers: 2)
    let configuration = TrainingConfiguration(
      size: size, vocabularySize: 1024, tokens: 1 << 20, seed: 1)
    let cost = model.cost(of: configuration, heldOutTokens: 300_000)
    let steps = Double(configuration.steps)
    #expect(abs(cost.trainingSeconds - (10.48576 + steps * 4e-4)) < 1e-9)
    #expect(abs(cost.evaluationSeconds - 0.75) < 1e-12)
    #expect(abs(cost.seconds - (cost.trainingSeconds + 1.25)) < 1e-12)
    #expect(cost.cores == 2 && cost.coreSeconds == 2 * cost.seconds)
    let perToken = size.trainingOperationsPerToken(vocabularySize: 1024)
    #expect(cost.operations == perToken * Double(1 << 20) + 300_000 * perToken / 3)
  }

  @Test("interpolates in powers of the operations between sizes that were measured")
  func interpolatesInPowersOfTheOperationsBetweenSizesThatWereMeasured() {
    // Seconds that go with the 0.8th power of the operations are met everywhere in between.
    let ladder = ModelSize.ladder
    func law(_ size: ModelSize) -> Double {
      1e-10 * pow(size.trainingOperationsPerToken(vocabularySize: 1024), 0.8)
    }
    let model = CostModel(
      rates: [ladder[4], ladder[1]].map { rates($0, perToken: law($0)) }, workers: 1)
    #expect(model.rates.map(\.size) == [ladder[1], ladder[4]])
    for size in ladder[1...4] {
      let found = model.rates(of: size, vocabularySize: 1024).secondsPerToken
      #expect(abs(found / law(size) - 1) < 1e-12)
    }
    // Beyond, time goes with operations.
    func operations(_ size: ModelSize) -> Double {
      size.trainingOperationsPerToken(vocabularySize: 1024)
    }
    for (size, nearest) in [(ladder[0], ladder[1]), (ladder[6], ladder[4])] {
      let found = model.rates(of: size, vocabularySize: 1024).secondsPerToken
      #expect(abs(found / (law(nearest) * operations(size) / operations(nearest)) - 1) < 1e-12)
    }
    #expect(model.rates(of: ladder[2], vocabularySize: 4096).vocabularySize == 4096)
  }

  @Test("measures each size", arguments: [(1, 1), (2, 1), (1, 2)])
  func measuresEachSize(threads: (trials: Int, workers: Int)) {
    let configuration = TrainingConfiguration(
      size: toy, vocabularySize: 64, tokens: 1, seed: 1, batchSequences: 32)
    let model = CostModel.measured(
      for: [configuration], trials: threads.trials, workers: threads.workers,
      kernels: KernelTable(level: .supported), seconds: 0.02)
    let found = model.rates[0]
    #expect(found.size == toy && found.secondsPerToken > 0 && found.secondsPerStep > 0)
    #expect(found.secondsPerHeldOutToken > 0 && found.startUpSeconds > 0)
  }
}

@Suite struct ScheduleOfLearningRatesTests {
  @Test("warms up stays and falls to nothing") func warmsUpStaysAndFallsToNothing() {
    var c = TrainingConfiguration(
      size: ModelSize.ladder[1], vocabularySize: 1024, tokens: 2_000_000, seed: 1)
    c.steps = 1000
    c.warmupSteps = 50
    c.decayShare = 0.3
    #expect(c.decayStart == 700)
    #expect(c.rateShare(step: 0) == 0.02)
    #expect(c.rateShare(step: 24) == 0.5)
    #expect((49..<700).allSatisfy { c.rateShare(step: $0) == 1 })
    let fall = (700..<1000).map { c.rateShare(step: $0) }
    #expect(zip(fall, fall.dropFirst()).allSatisfy { $0 > $1 })
    #expect(fall.last! > 0 && fall.last! < 0.005)
  }
}
