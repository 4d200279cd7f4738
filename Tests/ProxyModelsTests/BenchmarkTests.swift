import Kernels
import ProxyModels
import Testing

@Suite struct `The benchmark` {
  @Test(arguments: [(1, 1), (2, 1), (1, 2)])
  func `measures speed beside a probe, and where the time goes`(
    threads: (trials: Int, workers: Int)
  ) {
    let size = ModelSize(
      name: "toy", layers: 1, width: 16, heads: 1, hiddenWidth: 32, contextLength: 32)
    var benchmark = ProxyBenchmark(
      size: size, vocabularySize: 64, trials: threads.trials, workers: threads.workers)
    benchmark.seconds = 0.02
    benchmark.rounds = 2
    let result = benchmark.run(kernels: KernelTable(level: .supported))
    #expect(result.tokensPerSecond > 0 && result.probeGigaflops > 0)
    #expect(result.evaluationTokensPerSecond > result.tokensPerSecond / 10)
    #expect(result.share > 0 && (result.processorShare == nil) == (threads.workers > 1))
    #expect(abs(result.parts.values.reduce(0, +) - 1) < 1e-9)
    #expect(result.parts.count == TrainingPart.allCases.count)
    #expect(result.parts.values.allSatisfy { $0 > 0 })
  }

  @Test func `counts operations as 6N + 12LTd a token`() {
    let size = ModelSize(
      name: "a", layers: 4, width: 128, heads: 4, hiddenWidth: 384, contextLength: 128)
    // Of the matrices: 2048·128 + 4·(4·128² + 3·128·384).
    #expect(
      size.trainingOperationsPerToken(vocabularySize: 2048)
        == Double(6 * 1_114_112 + 12 * 4 * 128 * 128))
    let configuration = TrainingConfiguration(
      size: size, vocabularySize: 2048, tokens: 1_000_000, seed: 1)
    #expect(
      configuration.trainingOperations
        == size.trainingOperationsPerToken(vocabularySize: 2048) * Double(configuration.tokens))
    #expect(abs(configuration.tokens - 1_000_000) <= configuration.batchTokens / 2)
  }
}

@Suite struct `The schedule of learning rates` {
  @Test func `warms up, stays, and falls to nothing`() {
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
