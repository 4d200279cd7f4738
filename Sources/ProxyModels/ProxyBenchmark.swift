import COpenBLAS
import Dispatch
import Foundation
import Kernels
import Numerics

/// Times training on random tokens, with a probe of the processor's speed beside each measurement.
///
/// A shared machine's clock moves within minutes, so a speed means little by itself: the share of the
/// probe is what compares. Where other programs take turns on the cores, only shares by processor time
/// do.
package struct ProxyBenchmark: Sendable {
  package var size: ModelSize
  package var vocabularySize: Int
  /// Trials side by side, a thread each.
  package var trials: Int
  /// Threads of each trial.
  package var workers: Int
  /// Of training between two probes.
  package var seconds = 1.0
  package var rounds = 5

  package init(size: ModelSize, vocabularySize: Int, trials: Int = 1, workers: Int = 1) {
    self.size = size
    self.vocabularySize = vocabularySize
    self.trials = trials
    self.workers = workers
  }

  package struct Measurement: Sendable, Codable {
    package var size: String
    package var parameters: Int
    package var trials: Int
    package var workers: Int
    package var batchTokens: Int
    /// Medians over the rounds. Of all trials together:
    package var tokensPerSecond: Double
    /// Single-precision products of 512 x 512 x 128 on as many threads, in 10⁹ operations a second.
    package var probeGigaflops: Double
    /// Operations by the usual count, 6N + 12LTd a token, over the probe's.
    package var share: Double
    /// The same by the threads' processor time, which waiting for a core does not count in; nil with
    /// several workers, whose time belongs to no one thread.
    package var processorShare: Double?
    /// Share of each part in the first trial's training time.
    package var parts: [TrainingPart: Double]
    package var evaluationTokensPerSecond: Double
  }

  package func run(kernels: KernelTable, engine: ProductEngine = .automatic) -> Measurement {
    var configuration = TrainingConfiguration(
      size: size, vocabularySize: vocabularySize, tokens: 1, seed: 1)
    configuration.steps = 1 << 30
    configuration.engine = engine
    let tokens = RandomTokens(vocabularySize: vocabularySize, contextLength: size.contextLength)
    let runs = (0..<trials).map { _ in
      TrainingRun(
        trainer: Trainer(
          sequences: tokens, heldOut: tokens, digest: "",
          schedule: ConstantWeights([1]), configuration: configuration, workers: workers,
          kernels: kernels))
    }
    runs[0].profile()
    // Once without the clock: first touches of memory.
    for run in runs { run.step() }
    var (speeds, probes): ([Double], [Double]) = ([], [])
    var (shares, processorShares): ([Double], [Double]) = ([], [])
    let operations = size.trainingOperationsPerToken(vocabularySize: vocabularySize)
    for _ in 0..<rounds {
      let before = Self.probe(threads: trials * workers)
      let speed = train(runs)
      let after = Self.probe(threads: trials * workers)
      let probe = (before.wall + after.wall) / 2
      speeds.append(speed.wall)
      probes.append(probe)
      shares.append(speed.wall * operations / 1e9 / probe)
      processorShares.append(
        speed.processor * operations / 1e9 * 2 / (before.processor + after.processor))
    }
    let times = TrainingPart.allCases.map { part in
      runs[0].profiles.reduce(0) { $0 + $1.seconds(of: part) }
    }
    let total = times.reduce(0, +)
    let clock = ContinuousClock()
    let evaluation = clock.measure {
      _ = evaluate(
        runs[0].model, on: tokens, workers: workers, microBatch: runs[0].microBatch)
    }
    return Measurement(
      size: size.name, parameters: runs[0].model.layout.count, trials: trials, workers: workers,
      batchTokens: configuration.batchTokens, tokensPerSecond: median(speeds),
      probeGigaflops: median(probes), share: median(shares),
      processorShare: workers == 1 ? median(processorShares) : nil,
      parts: Dictionary(
        uniqueKeysWithValues: zip(TrainingPart.allCases, times.map { $0 / total })),
      evaluationTokensPerSecond: Double(tokens.windowCount(domain: 0) * size.contextLength)
        / evaluation.seconds)
  }

  /// Something per second of the wall's clock, and per second of processor time; of all threads.
  package struct Speed: Sendable {
    package var wall = 0.0
    package var processor = 0.0
  }

  /// Runs `body` on each of `threads` threads, again and again for `seconds`; `body` returns how much
  /// it did.
  private static func measure(
    threads: Int, seconds: Double, _ body: @Sendable (_ thread: Int) -> Double
  ) -> Speed {
    let results = UnsafeMutablePointer<Speed>.allocate(capacity: threads)
    defer { results.deallocate() }
    nonisolated(unsafe) let speeds = results
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let clock = ContinuousClock()
      let start = clock.now
      let processorStart = processorSeconds()
      var done = 0.0
      repeat { done += body(thread) } while (clock.now - start).seconds < seconds
      speeds[thread] = Speed(
        wall: done / (clock.now - start).seconds,
        processor: done / (processorSeconds() - processorStart))
    }
    return (0..<threads).reduce(into: Speed()) {
      $0.wall += results[$1].wall
      $0.processor += results[$1].processor
    }
  }

  /// Processor time of this thread.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Trains all runs for about `seconds`; tokens per second of all together.
  private func train(_ runs: [TrainingRun<RandomTokens, RandomTokens>]) -> Speed {
    Self.measure(threads: runs.count, seconds: seconds) { index in
      runs[index].step()
      return Double(runs[index].configuration.batchTokens)
    }
  }

  /// Speed of OpenBLAS's product of 512 x 512 x 128 on each of `threads` threads, added up, in 10⁹
  /// operations a second.
  package static func probe(threads: Int) -> Speed {
    let (m, n, k) = (512, 512, 128)
    let memory = (0..<threads).map { _ in FloatBuffer(count: m * k + k * n + m * n) }
    for buffer in memory { buffer.elements.update(repeating: 0.5) }
    return measure(threads: threads, seconds: 0.1) { thread in
      let a = memory[thread].base
      let b = a + m * k
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
        blasint(k), b, blasint(n), 0, b + k * n, blasint(n))
      return Double(2 * m * n * k) / 1e9
    }
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// Tokens without sense, for timing.
private struct RandomTokens: SequenceSource, HeldOutSource {
  struct State: Codable, Sendable {}

  var state = State()
  private var generator = SplitMix64(state: 1)
  private let vocabularySize: Int
  private let contextLength: Int

  init(vocabularySize: Int, contextLength: Int) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
  }

  mutating func next(weights: [Double], into tokens: UnsafeMutableBufferPointer<UInt16>) -> Int {
    for i in tokens.indices { tokens[i] = UInt16(generator.next() % UInt64(vocabularySize)) }
    return 0
  }

  var counts: [Int] { [0] }
  func epochs() -> [Double] { [0] }
  var domains: [String] { ["random"] }
  func windowCount(domain: Int) -> Int { 65_536 / contextLength }

  func copyWindow(domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>) {
    var generator = SplitMix64(state: UInt64(window))
    for i in tokens.indices { tokens[i] = UInt16(generator.next() % UInt64(vocabularySize)) }
  }

  func byteCount(domain: Int) -> Int { 65_536 }
}
