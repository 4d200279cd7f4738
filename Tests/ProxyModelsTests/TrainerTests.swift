import Foundation
import Kernels
import Mixtures
import Storage
import Testing

@testable import ProxyModels

private let size = ModelSize(
  name: "toy", layers: 2, width: 32, heads: 2, hiddenWidth: 48, contextLength: 24)

private func configuration(steps: Int = 30, seed: UInt64 = 1) -> TrainingConfiguration {
  var c = TrainingConfiguration(
    size: size, vocabularySize: ToyText.vocabulary, tokens: 1, seed: seed)
  c.steps = steps
  c.batchSequences = 10
  c.gradientShards = 4
  c.microBatchSequences = 2
  c.warmupSteps = 5
  return c
}

private func trainer(
  _ configuration: TrainingConfiguration, weights: [Double] = [0.5, 0.5], workers: Int = 1,
  level: KernelLevel = .supported, digest: String = "toy"
) -> Trainer<ToyText, ToyText> {
  let text = ToyText(contextLength: size.contextLength, seed: configuration.seed)
  return Trainer(
    sequences: text, heldOut: ToyText(contextLength: size.contextLength), digest: digest,
    schedule: ConstantWeights(weights), configuration: configuration, workers: workers,
    kernels: KernelTable(level: level))
}

private func temporaryFolder() throws -> String {
  let path = NSTemporaryDirectory() + "mixpipe-proxy-\(UUID().uuidString)"
  try makeFolder(at: path)
  return path
}

/// Each item waits for the one before it.
private final class ItemsDone: @unchecked Sendable {
  private let condition = NSCondition()
  private(set) var items: [Int] = []

  func finish(_ item: Int) {
    condition.lock()
    while items.count < item { condition.wait() }
    items.append(item)
    condition.broadcast()
    condition.unlock()
  }
}

private func exported(_ folder: String) throws -> Data {
  try readFile(at: folder + "/model.safetensors")
}

@Suite struct TrainingTests {
  @Test("learns a law of text to near its entropy") func learnsALawOfTextToNearItsEntropy() throws {
    var c = configuration(steps: 250)
    c.batchSequences = 16
    let result = try trainer(c).run()
    guard let losses = result.outcome.result?.losses else {
      Issue.record("expected losses, found \(result.outcome)")
      return
    }
    #expect(losses.map(\.domain) == ToyText.domains)
    for loss in losses {
      // The first tokens of a window do not tell the domain yet.
      #expect(loss.loss > ToyText.entropy - 0.05 && loss.loss < ToyText.entropy + 0.15)
      #expect(loss.standardError.map { $0 > 0 && $0 < 0.1 } == true)
      #expect(loss.bitsPerByte.map { abs($0 - loss.loss / log(2)) < 1e-9 } == true)
    }
    #expect(result.tokensSeen == [2000 * 24, 2000 * 24])
    #expect(result.epochs == [2, 2])
    // Logits of variance one at the start cost half a nat above a uniform guess.
    #expect(abs(result.curve[0].loss - log(Double(ToyText.vocabulary)) - 0.5) < 0.3)
    #expect(result.peakMemoryBytes > 1 << 20)
  }

  @Test("learns less of a domain that it is not shown") func learnsLessOfADomainThatItIsNotShown()
    throws
  {
    let result = try trainer(configuration(steps: 120), weights: [1, 0]).run()
    guard let losses = result.outcome.result?.losses else {
      Issue.record("expected losses, found \(result.outcome)")
      return
    }
    #expect(losses[1].loss > losses[0].loss + 1)
    #expect(result.tokensSeen[1] == 0)
  }

  @Test("tells the losses of single held out tokens", arguments: [1, 3])
  func tellsTheLossesOfSingleHeldOutTokens(share: Int) throws {
    let all = ToyText(contextLength: size.contextLength).windowCount(domain: 0) * size.contextLength
    var trainer = trainer(configuration(steps: 40), workers: 2)
    trainer.tokenLossesKept = all / share
    let result = try trainer.run()
    guard let losses = result.outcome.result?.losses else {
      Issue.record("expected losses, found \(result.outcome)")
      return
    }
    let kept = try #require(result.tokenLosses)
    for loss in losses {
      let tokens = try #require(kept.losses(of: loss.domain))
      #expect(tokens.count == (all + share - 1) / share)
      let mean = tokens.reduce(0, +) / Double(tokens.count)
      // All of them make up the loss to the resolution that they are kept in.
      #expect(abs(mean - loss.loss) < (share == 1 ? 1e-3 : 0.25))
    }
    let line = try encodeLine(kept)
    #expect(try JSONDecoder().decode(TokenLosses.self, from: line) == kept)
  }

  /// Four million parameters, nearly all of them embedding.
  @Test("gives the same bits where a large models gradients share memory")
  func givesTheSameBitsWhereALargeModelsGradientsShareMemory() throws {
    var results: [RunOutcome] = []
    for workers in [1, 2, 3, 4] {
      var large = TrainingConfiguration(
        size: size, vocabularySize: 65_536, tokens: 1, seed: 1)
      large.size.width = 64
      large.steps = 3
      large.batchSequences = 8
      large.gradientShards = 4
      large.microBatchSequences = 1
      var run = trainer(large, workers: workers)
      results.append(try run.run().outcome)
      guard workers == 1 else { continue }
      run.sharesGradients = false
      results.append(try run.run().outcome)
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test("gives the same bits whether shards share the memory of their gradients or not")
  func givesTheSameBitsWhetherShardsShareMemory() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for precision in Precision.allCases {
      for length in [size.contextLength, size.contextLength - 1] {
        var configuration = configuration(steps: 8)
        configuration.size.contextLength = length
        configuration.precision = precision
        let text = ToyText(contextLength: length, seed: 1)
        var models: [Data] = []
        // Nil: gradients of their own.
        for workers in [nil, 1, 2, 3, 4] {
          var run = Trainer(
            sequences: text, heldOut: text, digest: "toy", schedule: ConstantWeights([0.5, 0.5]),
            configuration: configuration, workers: workers ?? 1,
            kernels: KernelTable(level: .supported))
          run.sharesGradients = workers != nil
          _ = try run.run(exportFolder: folder)
          models.append(try exported(folder))
        }
        #expect(models.allSatisfy { $0 == models[0] }, "\(precision), \(length) positions")
      }
    }
  }

  @Test("measures to the same bits with the first layer's projections from a table")
  func measuresToTheSameBitsWithATable() {
    let text = ToyText(contextLength: size.contextLength)
    let length = size.contextLength
    let kinds =
      KernelLevel.available.map { (KernelTable(level: $0), nil as BFloat16Kernels?) }
      + [(KernelTable(level: .portable), BFloat16Kernels.standard())]
    for (kernels, bfloat16) in kinds {
      let model = ProxyModel(
        size: size, vocabularySize: ToyText.vocabulary, kernels: kernels, bfloat16: bfloat16)
      model.initialize(configuration())
      let workspace = model.workspace(sequences: 1, positions: length, training: false)
      let plain = text.domains.indices.map { domain in
        let means = (0..<text.windowCount(domain: domain)).map { window in
          var tokens = [UInt16](repeating: 0, count: length + 1)
          tokens.withUnsafeMutableBufferPointer {
            text.copyWindow(domain: domain, window: window, into: $0)
          }
          var sum = 0.0
          model.evaluate(
            windows: tokens, sequences: 1, positions: length, workspace: workspace
          ) { losses in
            for loss in losses { sum += Double(loss) }
          }
          return sum / Double(length)
        }
        return means.reduce(0, +) / Double(means.count)
      }
      #expect(
        model.tokenProjections(tokens: 4 * ToyText.vocabulary - 1, workspace: workspace) == nil)
      #expect(model.tokenProjections(tokens: 4 * ToyText.vocabulary, workspace: workspace) != nil)
      for workers in [1, 2] {
        let measured = evaluate(model, on: text, workers: workers, microBatch: 3)
        #expect(measured.map(\.loss) == plain)
      }
    }
  }

  @Test("works items off in order, so that each may wait for those before it", arguments: [2, 5])
  func itemsInOrderNeedNoThreads(workers: Int) {
    let done = ItemsDone()
    concurrentlyInOrder(workers: workers, items: 40) { _, item in done.finish(item) }
    #expect(done.items == Array(0..<40))
  }

  @Test("gives the same bits for any number of workers")
  func givesTheSameBitsForAnyNumberOfWorkers() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var results: [RunOutcome] = []
    for workers in [1, 2, 3, 7] {
      let result = try trainer(configuration(), workers: workers).run(
        exportFolder: folder + "/\(workers)")
      results.append(result.outcome)
    }
    #expect(results.allSatisfy { $0 == results[0] })
    for workers in [2, 3, 7] {
      #expect(try exported(folder + "/\(workers)") == exported(folder + "/1"))
    }
  }

  @Test("gives other bits for another seed") func givesOtherBitsForAnotherSeed() throws {
    let first = try trainer(configuration(seed: 1)).run()
    let second = try trainer(configuration(seed: 2)).run()
    #expect(first.outcome != second.outcome)
  }

  @Test("gives the same losses at every level of processor to rounding")
  func givesTheSameLossesAtEveryLevelOfProcessorToRounding() throws {
    // The same to the last step only while rounding has not been amplified.
    let outcomes = try KernelLevel.available.map { level in
      try trainer(configuration(steps: 10), level: level).run().outcome
    }
    guard let expected = outcomes[0].result?.losses else {
      Issue.record("expected losses")
      return
    }
    for outcome in outcomes {
      guard let losses = outcome.result?.losses else {
        Issue.record("expected losses")
        return
      }
      for (a, b) in zip(losses, expected) { #expect(abs(a.loss - b.loss) < 2e-4) }
    }
  }

  @Test("ends with the same bits after a stop at any step", arguments: [1, 2, 13, 29])
  func endsWithTheSameBitsAfterAStopAtAnyStep(stop: Int) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try trainer(configuration()).run(exportFolder: folder + "/whole")
    var steps = 0
    #expect(throws: CancellationError.self) {
      try trainer(configuration()).run(
        progress: { steps = $0.step }, isCancelled: { steps == stop }, checkpointFolder: folder)
    }
    let resumed = try trainer(configuration(), workers: 2).run(
      checkpointFolder: folder, exportFolder: folder + "/resumed")
    #expect(resumed.outcome == whole.outcome)
    #expect(resumed.curve == whole.curve)
    #expect(resumed.tokensSeen == whole.tokensSeen)
    #expect(try exported(folder + "/resumed") == exported(folder + "/whole"))
  }

  @Test("goes on from the stable part with a larger budget")
  func goesOnFromTheStablePartWithALargerBudget() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let long = try trainer(configuration(steps: 60)).run()
    var steps = 0
    #expect(throws: CancellationError.self) {
      try trainer(configuration(steps: 30)).run(
        progress: { steps = $0.step }, isCancelled: { steps == 20 }, checkpointFolder: folder)
    }
    let extended = try trainer(configuration(steps: 60)).run(checkpointFolder: folder)
    #expect(extended.outcome == long.outcome)
  }

  @Test("does not go on with a larger budget once the rate has fallen")
  func doesNotGoOnWithALargerBudgetOnceTheRateHasFallen() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var steps = 0
    #expect(throws: CancellationError.self) {
      try trainer(configuration(steps: 30)).run(
        progress: { steps = $0.step }, isCancelled: { steps == 27 }, checkpointFolder: folder)
    }
    #expect(throws: CheckpointError.self) {
      try trainer(configuration(steps: 60)).run(checkpointFolder: folder)
    }
  }

  @Test("calls a run that blows up diverged with the step")
  func callsARunThatBlowsUpDivergedWithTheStep() throws {
    var c = configuration(steps: 400)
    c.learningRate = 100
    c.embeddingRate = 100
    let result = try trainer(c).run()
    guard case .diverged(let step, let reason) = result.outcome else {
      Issue.record("expected a divergence, found \(result.outcome)")
      return
    }
    #expect(step > 0 && step < 400 && step == result.steps)
    #expect(reason.contains("loss"))
  }

  @Test("tells of every step and of the time left") func tellsOfEveryStepAndOfTheTimeLeft() throws {
    var told: [TrainingProgress] = []
    _ = try trainer(configuration()).run(progress: { told.append($0) })
    #expect(told.map(\.step) == Array(1...30))
    #expect(told.allSatisfy { $0.steps == 30 && $0.loss.isFinite && $0.tokensPerSecond > 0 })
    // What is left counts the evaluation too, so that it is never nothing.
    #expect(told.allSatisfy { $0.secondsLeft > 0 && $0.secondsLeft.isFinite })
    let evaluation = Double(2 * 64 * 24) / Double(3 * configuration().batchTokens)
    for (progress, step) in zip(told, 1...) {
      let perStep = Double(configuration().batchTokens) / progress.tokensPerSecond
      let expected = perStep * (Double(30 - step) + evaluation)
      #expect(abs(progress.secondsLeft - expected) < 1e-6 * expected)
    }
  }

  @Test("tells the time left by what was expected and by how it goes")
  func tellsTheTimeLeftByWhatWasExpectedAndByHowItGoes() throws {
    var trainer = trainer(configuration())
    // So long that one second of it outweighs the few milliseconds that pass.
    trainer.expected = RunCost(
      startUpSeconds: 5, trainingSeconds: 30_000, evaluationSeconds: 400, cores: 1, operations: 1)
    var told: [TrainingProgress] = []
    _ = try trainer.run(progress: { told.append($0) })
    for progress in told {
      let seconds = Double(progress.step * configuration().batchTokens) / progress.tokensPerSecond
      let expected =
        (1 + seconds) / (1 + 1000 * Double(progress.step))
        * (1000 * Double(30 - progress.step) + 400)
      #expect(abs(progress.secondsLeft - expected) < 1e-6 * expected)
    }
  }

  @Test("says where the time went", arguments: [1, 3])
  func saysWhereTheTimeWent(workers: Int) throws {
    #expect(try trainer(configuration()).run().profile == nil)
    var trainer = trainer(configuration(), workers: workers)
    trainer.isProfiled = true
    let profile = try #require(try trainer.run().profile)
    #expect(Set(profile.keys) == Set(TrainingPart.allCases))
    #expect(profile.values.allSatisfy { $0 >= 0 })
    #expect(TrainingPart.allCases.dropLast().allSatisfy { profile[$0]! > 0 })
    #expect(abs(profile.values.reduce(0, +) - 1) < 1e-9)
    // By name in JSON, not as a list of keys and values.
    let json = String(decoding: try JSONEncoder().encode(profile), as: UTF8.self)
    #expect(json.contains("\"attention\":"))
  }
}

@Suite struct CheckpointTests {
  private func saved(in folder: String) throws -> String {
    var steps = 0
    #expect(throws: CancellationError.self) {
      try trainer(configuration()).run(
        progress: { steps = $0.step }, isCancelled: { steps == 3 }, checkpointFolder: folder)
    }
    return folder + "/checkpoint.safetensors"
  }

  private func failure(
    _ folder: String, _ trainer: Trainer<ToyText, ToyText>? = nil
  ) throws -> CheckpointError {
    var failure: CheckpointError?
    do {
      _ = try (trainer ?? ProxyModelsTests.trainer(configuration())).run(checkpointFolder: folder)
    } catch let error as CheckpointError {
      failure = error
    }
    let error = try #require(failure)
    #expect(!error.description.contains("\n"))
    return error
  }

  @Test("that is damaged is refused in one line") func thatIsDamagedIsRefusedInOneLine() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try saved(in: folder)
    let good = try readFile(at: path)

    try good.prefix(good.count - 100).write(to: URL(fileURLWithPath: path))
    #expect(
      try failure(folder)
        == .truncated(path: path, expectedBytes: good.count, foundBytes: good.count - 100))

    var flipped = good
    flipped[good.count - 1000] ^= 1
    try flipped.write(to: URL(fileURLWithPath: path))
    #expect(try failure(folder) == .damaged(path: path))

    for text in ["", "short", String(repeating: "not safetensors ", count: 100)] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      guard case .unreadable = try failure(folder) else {
        Issue.record("expected 'unreadable'")
        return
      }
    }
    for end in stride(from: 0, to: 4000, by: 37) {
      try good.prefix(end).write(to: URL(fileURLWithPath: path))
      _ = try failure(folder)
    }
  }

  @Test(
    "with numbers that make no sense is refused",
    arguments: [
      (#"\"decayShare\":0.3"#, #"\"decayShare\":1e300"#),
      (#"\"decayShare\":0.3"#, #"\"decayShare\":-1e300"#),
      (#"\"steps\":30"#, #"\"steps\":0"#), (#"\"steps\":30"#, #"\"steps\":-9223372036854775808"#),
      (#"\"steps\":30"#, #"\"steps\":9223372036854775807"#),
      (#"\"contextLength\":"#, #"\"contextLength\":-"#), (#"\"step\":3"#, #"\"step\":-3"#),
    ]) func withNumbersThatMakeNoSenseIsRefused(number: String, other: String) throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try saved(in: folder)
    let good = try readFile(at: path)
    let length = good.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let header = String(decoding: good[8..<8 + length], as: UTF8.self)
    try #require(header.contains(number))
    let changed = Data(header.replacingOccurrences(of: number, with: other).utf8)
    let count = withUnsafeBytes(of: UInt64(changed.count)) { Data($0) }
    try (count + changed + good[(8 + length)...]).write(to: URL(fileURLWithPath: path))
    _ = try failure(folder)
  }

  @Test("of another run is refused and says in what") func ofAnotherRunIsRefusedAndSaysInWhat()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try saved(in: folder)
    var other = configuration()
    other.weightDecay = 0.2
    let found = [
      trainer(configuration(seed: 2)), trainer(configuration(), weights: [0.25, 0.75]),
      trainer(configuration(), digest: "other"), trainer(other),
    ].map { trainer in
      guard case .mismatch(_, let what, _, _)? = try? failure(folder, trainer) else { return "" }
      return what
    }
    #expect(found == ["seed", "mixture", "corpus", "configuration"])
  }

  @Test("that is an exported model is not a run") func thatIsAnExportedModelIsNotARun() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try trainer(configuration(steps: 1)).run(exportFolder: folder)
    try FileManager.default.moveItem(
      atPath: folder + "/model.safetensors", toPath: folder + "/checkpoint.safetensors")
    guard case .unreadable = try failure(folder) else {
      Issue.record("expected 'unreadable'")
      return
    }
  }
}

@Suite struct ExportedModelTests {
  @Test("gives the same logits when read again") func givesTheSameLogitsWhenReadAgain() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try trainer(configuration(steps: 2)).run(exportFolder: folder)
    func model() -> ProxyModel {
      ProxyModel(
        size: size, vocabularySize: ToyText.vocabulary, kernels: KernelTable(level: .supported))
    }
    let read = model()
    try read.load(from: folder + "/model.safetensors")
    let set = model()
    set.setParameters(read.copyParameters())
    #expect(read.logits(tokens: [1, 2, 3]) == set.logits(tokens: [1, 2, 3]))
    #expect(read.copyParameters().contains { $0 != 0 && $0 != 1 })

    let data = try readFile(at: folder + "/config.json")
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["model_type"] as? String == "llama")
    #expect(json["num_key_value_heads"] as? Int == 2)
    #expect(json["tie_word_embeddings"] as? Bool == true)
  }
}
