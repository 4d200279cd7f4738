import Foundation
import Kernels
import Mixtures
import ProxyModels
import Storage
import Testing

private let size = ModelSize(
  name: "toy", layers: 2, width: 32, heads: 2, hiddenWidth: 48, contextLength: 24)
/// Decays of 2, 5 and 9 steps leave the trunk at steps 6, 11 and 21.
private let rungs = [8, 16, 30]
private let branchPoints = [6, 11, 21]

private func configuration(steps: Int = 1) -> TrainingConfiguration {
  var c = TrainingConfiguration(
    size: size, vocabularySize: ToyText.vocabulary, tokens: 1, seed: 3)
  c.steps = steps
  c.batchSequences = 8
  c.gradientShards = 2
  c.microBatchSequences = 2
  c.warmupSteps = 5
  return c
}

private func trainer(
  _ configuration: TrainingConfiguration, workers: Int = 1
) -> Trainer<ToyText, ToyText> {
  Trainer(
    sequences: ToyText(contextLength: size.contextLength, seed: configuration.seed),
    heldOut: ToyText(contextLength: size.contextLength), digest: "toy",
    schedule: ConstantWeights([0.25, 0.75]), configuration: configuration, workers: workers,
    kernels: KernelTable(level: .supported))
}

private func withFolder(_ body: (String) throws -> Void) throws {
  let path = NSTemporaryDirectory() + "mixpipe-rungs-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}

/// Without how long it took.
private func timeless(_ results: [RungResult]) -> [RungResult] {
  results.map { result in
    var result = result
    result.seconds = 0
    return result
  }
}

@Suite struct RunMeasuredAtRungsTests {
  @Test("gives at each the bits of a run that ends there")
  func givesAtEachTheBitsOfARunThatEndsThere() throws {
    let results = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    #expect(results.map(\.steps) == rungs)
    for (result, steps) in zip(results, rungs) {
      let whole = try trainer(configuration(steps: steps), workers: 2).run()
      #expect(result.outcome == whole.outcome)
      #expect(result.tokensSeen == whole.tokensSeen && result.epochs == whole.epochs)
      #expect(result.tokens == steps * 8 * 24)
    }
    #expect(Set(results.map { "\($0.outcome)" }).count == 3)
  }

  @Test("does so where the warm up is longer than the run")
  func doesSoWhereTheWarmUpIsLongerThanTheRun() throws {
    var c = configuration()
    c.warmupSteps = 20
    let results = try trainer(c).run(rungs: rungs, upTo: 1)
    for (result, steps) in zip(results, rungs) {
      c.steps = steps
      #expect(try trainer(c).run().outcome == result.outcome)
    }
  }

  @Test("is paused at a rung and trains only what is missing")
  func isPausedAtARungAndTrainsOnlyWhatIsMissing() throws {
    let whole = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    try withFolder { folder in
      var steps: [Int] = []
      for goal in [0, 0, 1, 2] {
        steps.append(0)
        var shares: [Double] = []
        let results = try trainer(configuration()).run(
          rungs: rungs, upTo: goal,
          progress: {
            steps[steps.count - 1] += 1
            shares.append($0)
          }, checkpointFolder: folder)
        #expect(timeless(results) == timeless(Array(whole[...goal])))
        #expect(shares == shares.sorted() && shares.allSatisfy { $0 > 0 && $0 < 1 })
      }
      #expect(steps == [8, 0, 11 - 6 + 5, 21 - 11 + 9])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    }
    try withFolder { folder in
      _ = try trainer(configuration()).run(rungs: rungs, upTo: 2, checkpointFolder: folder)
      #expect(!fileExists(folder))
    }
  }

  @Test("is measured at its goal alone where that is wanted")
  func isMeasuredAtItsGoalAloneWhereThatIsWanted() throws {
    let whole = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    let costs = configuration().costs(ofRungs: rungs, heldOutTokens: 2 * 64 * 24)
    try withFolder { folder in
      var steps = 0
      for (goal, expected) in [(1, [1]), (0, []), (2, [1, 2])] {
        let results = try trainer(configuration()).run(
          rungs: rungs, upTo: goal, measuringOnTheWay: false, progress: { _ in steps += 1 },
          checkpointFolder: folder)
        #expect(results.map(\.outcome) == expected.map { whole[$0].outcome })
        if goal == 2 {
          #expect(results[1].operations == costs[2].trunk + costs[2].branch + costs[1].branch)
        }
      }
      #expect(steps == 21 + 5 + 9)
    }
  }

  // In the trunk, at a branch point, in a branch, at a rung.
  @Test(
    "ends with the same bits after a stop at any step", arguments: [1, 6, 7, 8, 13, 18, 30, 37])
  func endsWithTheSameBitsAfterAStopAtAnyStep(stop: Int) throws {
    let whole = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    try withFolder { folder in
      var steps = 0
      #expect(throws: CancellationError.self) {
        try trainer(configuration()).run(
          rungs: rungs, upTo: 2, progress: { _ in steps += 1 }, isCancelled: { steps == stop },
          checkpointFolder: folder)
      }
      var rest = 0
      let results = try trainer(configuration(), workers: 2).run(
        rungs: rungs, upTo: 2, progress: { _ in rest += 1 }, checkpointFolder: folder)
      #expect(timeless(results) == timeless(whole))
      let all = 21 + 2 + 5 + 9
      #expect(steps + rest == all)
    }
  }

  @Test("saves itself now and then in trunk and branch")
  func savesItselfNowAndThenInTrunkAndBranch() throws {
    let whole = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    try withFolder { folder in
      var trainer = trainer(configuration())
      trainer.checkpointInterval = 0
      let results = try trainer.run(rungs: rungs, upTo: 2, checkpointFolder: folder)
      #expect(timeless(results) == timeless(whole))
      // What a process that was killed between two rungs leaves.
      let again = try trainer.run(rungs: rungs, upTo: 2, checkpointFolder: folder)
      #expect(timeless(again) == timeless(whole))
    }
  }

  @Test("refuses a checkpoint of other rungs") func refusesACheckpointOfOtherRungs() throws {
    try withFolder { folder in
      _ = try trainer(configuration()).run(rungs: rungs, upTo: 1, checkpointFolder: folder)
      #expect {
        try trainer(configuration()).run(rungs: [9, 16, 30], upTo: 2, checkpointFolder: folder)
      } throws: {
        "\($0)".contains("[9, 16, 30]") && !"\($0)".contains("\n")
      }
    }
  }

  @Test("diverges where a run of its own does") func divergesWhereARunOfItsOwnDoes() throws {
    var c = configuration()
    c.learningRate = 100
    c.embeddingRate = 100
    let results = try trainer(c).run(rungs: [40, 400], upTo: 1)
    for result in results {
      c.steps = result.steps
      #expect(try trainer(c).run().outcome == result.outcome)
    }
    guard case .diverged(let step, _) = results[1].outcome else {
      Issue.record("expected a divergence, found \(results[1].outcome)")
      return
    }
    #expect(step < 400)
  }

  @Test("costs its trunk once and each decay and evaluation")
  func costsItsTrunkOnceAndEachDecayAndEvaluation() throws {
    let perToken = size.trainingOperationsPerToken(vocabularySize: ToyText.vocabulary)
    let costs = configuration().costs(ofRungs: rungs, heldOutTokens: 3000)
    for (index, cost) in costs.enumerated() {
      #expect(cost.trunk == perToken * Double(branchPoints[index] * 8 * 24))
      let decay = Double((rungs[index] - branchPoints[index]) * 8 * 24)
      #expect(abs(cost.branch / (perToken * (decay + 1000)) - 1) < 1e-12)
    }
    let results = try trainer(configuration()).run(rungs: rungs, upTo: 2)
    // Two domains of 64 windows.
    let evaluation = Double(3 * 2 * 64 * 24) / 3
    let tokens = Double((21 + 2 + 5 + 9) * 8 * 24)
    #expect(abs(results[2].operations / (perToken * (tokens + evaluation)) - 1) < 1e-12)
  }
}

@Suite struct SizeBetweenThoseOfTheLadderTests {
  @Test(
    "has the ladders proportions",
    arguments: [
      ("200k", 3, 64, 4, 176), ("400k", 4, 80, 5, 208), ("250k", 4, 64, 4, 176),
    ])
  func hasTheLaddersProportions(
    name: String, layers: Int, width: Int, heads: Int, hidden: Int
  ) throws {
    let size = try #require(ModelSize.named(name))
    #expect(
      size
        == ModelSize(
          name: name, layers: layers, width: width, heads: heads, hiddenWidth: hidden,
          contextLength: 128))
  }

  @Test(
    "is near the number in its name",
    arguments: [
      ("60k", 60e3), ("75k", 75e3), ("150k", 150e3), ("333k", 333e3), ("700k", 700e3),
      ("1.6M", 1.6e6), ("3M", 3e6), ("9.5M", 9.5e6), ("20M", 20e6), ("30M", 30e6),
    ])
  func isNearTheNumberInItsName(name: String, nominal: Double) throws {
    let size = try #require(ModelSize.named(name))
    #expect(size.name == name)
    #expect(abs(Double(size.parameterCount(vocabularySize: 1024)) / nominal - 1) <= 0.2)
  }

  @Test("is called the same however its number is written")
  func isCalledTheSameHoweverItsNumberIsWritten() {
    #expect(ModelSize.named("0.2M") == ModelSize.named("200k"))
    #expect(ModelSize.named("2500K")?.name == "2.5M")
    #expect(ModelSize.named("2500k") == ModelSize.ladder.first { $0.name == "2.5M" })
    for name in ["", "k", "7k", "200", "200b", "-200k", "1e5k", "nan", "900000M"] {
      #expect(ModelSize.named(name) == nil, "\(name)")
    }
  }

  @Test("is followed by one of the ladder") func isFollowedByOneOfTheLadder() throws {
    let names = ModelSize.ladder.map(\.name)
    #expect(ModelSize.ladder.compactMap(\.nextOfLadder).map(\.name) == Array(names.dropFirst()))
    #expect(try #require(ModelSize.named("200k")).nextOfLadder?.name == "500k")
  }
}
