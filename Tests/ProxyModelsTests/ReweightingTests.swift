import Foundation
import Kernels
import Mixtures
import ProxyModels
import Storage
import Testing

private let size = ModelSize(
  name: "toy", layers: 1, width: 32, heads: 2, hiddenWidth: 48, contextLength: 16)

private func configuration(steps: Int = 40) -> TrainingConfiguration {
  var c = TrainingConfiguration(
    size: size, vocabularySize: ToyText.vocabulary, tokens: 1, seed: 1)
  c.steps = steps
  c.batchSequences = 8
  c.gradientShards = 4
  c.microBatchSequences = 2
  c.warmupSteps = 5
  return c
}

private func trainer(
  _ schedule: any WeightSchedule, steps: Int = 40, workers: Int = 1, reference: [Float]? = nil
) -> Trainer<ToyText, ToyText> {
  var trainer = Trainer(
    sequences: ToyText(contextLength: size.contextLength, seed: 1),
    heldOut: ToyText(contextLength: size.contextLength), digest: "toy", schedule: schedule,
    configuration: configuration(steps: steps), workers: workers,
    kernels: KernelTable(level: .supported))
  trainer.reference = reference
  return trainer
}

private let twoRounds: ProbedWeights.Settings = {
  var settings = ProbedWeights.Settings.oneSweep
  settings.rounds = 2
  return settings
}()

private func report(
  _ step: Int, of steps: Int = 10, sequences: [Int] = [4, 4], losses: [Double?] = [nil, nil],
  excesses: [Double?] = [nil, nil], heldOut: [Double]? = nil
) -> StepReport {
  StepReport(
    step: step, steps: steps, sequences: sequences, losses: losses, excesses: excesses,
    heldOut: heldOut)
}

private func expectNear(_ found: [Double], _ expected: [Double], _ tolerance: Double = 1e-7) {
  #expect(
    found.count == expected.count
      && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }, "\(found) \(expected)")
}

@Suite struct WeightsThatLearnTests {
  // By hand: .5 e^.2 : .5 e^.1 is .5249791875 : .4750208125; then .999 w + .0005.
  @Test("do re mis follow the excess a domain that is absent with its last")
  func doReMisFollowTheExcessADomainThatIsAbsentWithItsLast() {
    var weights = RobustWeights(parts: 2, reference: "none")
    weights.observe(report(0, excesses: [0.2, 0.1]))
    expectNear(weights.current, [0.5249542083, 0.4750457917])
    expectNear(weights.lossFactors(step: 1, of: 10)!, [1.0499084166, 0.9500915834])
    // The second is not in the batch, and is taken to exceed by .1 still: 0 against .1.
    weights.observe(report(1, sequences: [8, 0], excesses: [0, nil]))
    let ratio = 0.5249542083 / (0.4750457917 * exp(0.1))
    let share = ratio / (1 + ratio)
    expectNear(weights.current, [0.999 * share + 0.0005, 0.999 * (1 - share) + 0.0005])
    #expect(weights.weights(step: 5, of: 10) == [0.5, 0.5])
    expectNear(weights.answer(step: 5, of: 10), weights.current)
  }

  // By hand, as the repository's rule goes.
  @Test("the bandits follow the loss") func theBanditsFollowTheLoss() {
    var weights = BanditWeights(parts: 2)
    #expect(weights.weights(step: 0, of: 10) == [0.5, 0.5])
    // R = .5 · .4 / .5, .5 · .2 / .5; ε = min(.5, √(ln 2 / 2)) = .5, so that all is exploration.
    weights.observe(report(0, losses: [4, 2]))
    expectNear(weights.weights(step: 1, of: 10), [0.5, 0.5])
    #expect(weights.state?.numbers["rewards"] == [0.4, 0.2])
    // R = .7, .5; ε = √(ln 2 / 4) = .4162773; the rest goes by e^.35 : e^.25.
    weights.observe(report(1, losses: [3, 3]))
    let exploration = (log(2.0) / 4).squareRoot()
    let share = 1 / (1 + exp(-0.1))
    expectNear(
      weights.weights(step: 2, of: 10),
      [
        (1 - 2 * exploration) * share + exploration,
        (1 - 2 * exploration) * (1 - share) + exploration,
      ])
    // A batch of one domain is one pull: R grows by all of r / π.
    var single = BanditWeights(parts: 2)
    single.observe(report(0, sequences: [8, 0], losses: [4, nil]))
    #expect(single.state?.numbers["rewards"] == [0.8, 0])
    // While it warms up, the weights stay.
    var warming = BanditWeights(parts: 2, warmupShare: 0.5)
    for step in 0..<5 { warming.observe(report(step, losses: [4, 1])) }
    #expect(warming.weights(step: 5, of: 10) == [0.5, 0.5])
    warming.observe(report(5, losses: [4, 1]))
    #expect(warming.weights(step: 6, of: 10)[0] > 0.5)
  }

  // A = (.4 0; .1 .2) under probes of (.75 .25; .25 .75): falls (.3 .1; .125 .175).
  @Test("aiolis find the matrix behind the falls of the losses")
  func aiolisFindTheMatrixBehindTheFallsOfTheLosses() {
    expectNear(
      ProbedWeights.gains([[0.3, 0.1], [0.125, 0.175]], focus: 0.75), [0.5 / 0.7, 0.2 / 0.7])
    // Shifted where an entry is negative: (.4 -.1; .1 .2) becomes (.5 0; .2 .3).
    expectNear(
      ProbedWeights.gains([[0.275, 0.025], [0.125, 0.175]], focus: 0.75), [0.7, 0.3])
    #expect(ProbedWeights.gains([[0, 0], [0, 0]], focus: 0.75) == [0, 0])
  }

  @Test("aioli probes each domain and then trains by what it found")
  func aioliProbesEachDomainAndThenTrainsByWhatItFound() {
    var settings = ProbedWeights.Settings.oneSweep
    (settings.rounds, settings.probeShare) = (2, 0.4)
    var weights = ProbedWeights(parts: 2, settings: settings)
    // Rounds of ten steps: probes of two, six steps by the weights.
    var heldOut = [[5.0, 5], [4.7, 4.875], [4.6, 4.7]].makeIterator()
    var seen: [[Double]] = []
    for step in 0..<10 {
      let wants = weights.wantsHeldOutLosses(step: step, of: 20)
      #expect(wants == [0, 2, 4].contains(step))
      seen.append(weights.weights(step: step, of: 20))
      weights.observe(report(step, of: 20, heldOut: wants ? heldOut.next() : nil))
    }
    #expect(seen[0] == [0.75, 0.25] && seen[1] == seen[0])
    #expect(seen[2] == [0.25, 0.75] && seen[3] == seen[2])
    // The falls are those of the matrix above; the step that measures still goes by the old weights.
    expectNear(seen[4], [0.5, 0.5])
    let ratio = exp(0.5 / 0.7 - 0.2 / 0.7)
    for step in 5..<10 { expectNear(seen[step], [ratio / (1 + ratio), 1 / (1 + ratio)]) }
    #expect(weights.wantsHeldOutLosses(step: 10, of: 20))
    #expect(weights.weights(step: 10, of: 20) == [0.75, 0.25])
  }

  @Test("sum to one and stay positive whatever the losses")
  func sumToOneAndStayPositiveWhateverTheLosses() {
    for steps in [1, 3, 40] {
      var schedules: [any WeightSchedule] = [
        RobustWeights(parts: 3, reference: "none"), BanditWeights(parts: 3),
        ProbedWeights(parts: 3, settings: .oneSweep),
        ProbedWeights(parts: 3, settings: .published(parts: 3), seed: 5),
        SmoothedRewardWeights(start: [0.5, 0.3, 0.2]), ScalingLawWeights(start: [0.5, 0.3, 0.2]),
      ]
      for index in schedules.indices {
        for step in 0..<steps {
          let weights = schedules[index].weights(step: step, of: steps)
          #expect(abs(weights.reduce(0, +) - 1) < 1e-9 && weights.allSatisfy { $0 > 0 })
          let answer = schedules[index].answer(step: step, of: steps)
          #expect(abs(answer.reduce(0, +) - 1) < 1e-9 && answer.allSatisfy { $0 > 0 })
          let wants = schedules[index].wantsHeldOutLosses(step: step, of: steps)
          schedules[index].observe(
            StepReport(
              step: step, steps: steps, sequences: [8, 0, 1], losses: [9, nil, 0.01],
              excesses: [7, nil, 0],
              heldOut: wants ? [5 / Double(step + 1), 3, Double(step)] : nil))
        }
      }
    }
  }

  /// The state of a schedule that went half the way, put into a fresh one, goes on alike.
  @Test("go on from their state") func goOnFromTheirState() throws {
    let fresh: [any WeightSchedule] = [
      RobustWeights(parts: 2, reference: "none"), BanditWeights(parts: 2),
      ProbedWeights(parts: 2, settings: twoRounds),
      ProbedWeights(parts: 2, settings: .published(parts: 2), seed: 5),
      SmoothedRewardWeights(start: [0.7, 0.3]), ScalingLawWeights(start: [0.7, 0.3]),
    ]
    for start in fresh {
      func step(_ schedule: inout any WeightSchedule, _ step: Int) {
        let wants = schedule.wantsHeldOutLosses(step: step, of: 20)
        schedule.observe(
          report(
            step, of: 20, losses: [4 - 0.1 * Double(step), 3], excesses: [0.1, 0.3],
            heldOut: wants ? [4 - 0.1 * Double(step), 3 - 0.02 * Double(step)] : nil))
      }
      for half in [1, 3, 7, 12] {
        var whole = start
        for i in 0..<half { step(&whole, i) }
        var resumed = start
        resumed.state = try JSONDecoder().decode(
          ScheduleState.self, from: JSONEncoder().encode(whole.state))
        for i in half..<20 {
          #expect(whole.weights(step: i, of: 20) == resumed.weights(step: i, of: 20))
          #expect(whole.answer(step: i, of: 20) == resumed.answer(step: i, of: 20))
          step(&whole, i)
          step(&resumed, i)
        }
      }
    }
  }
}

@Suite struct TrainingWithWeightsThatLearnTests {
  private static func reference(steps: Int = 40) throws -> [Float] {
    var parameters: [Float] = []
    _ = try trainer(ConstantWeights([0.5, 0.5]), steps: steps).run(
      keepParameters: { parameters = $0 })
    return parameters
  }

  private static func schedules() -> [any WeightSchedule] {
    [
      RobustWeights(parts: 2, reference: "toy"), BanditWeights(parts: 2),
      ProbedWeights(parts: 2, settings: twoRounds),
      ProbedWeights(parts: 2, settings: .published(parts: 2), seed: 5),
      SmoothedRewardWeights(start: [0.7, 0.3]), ScalingLawWeights(start: [0.7, 0.3]),
    ]
  }

  @Test("gives the same bits for any number of workers and after any interruption")
  func givesTheSameBitsForAnyNumberOfWorkersAndAfterAnyInterruption() throws {
    let reference = try Self.reference()
    for schedule in Self.schedules() {
      let whole = try trainer(schedule, reference: reference).run()
      #expect(whole.recommended.map { abs($0.reduce(0, +) - 1) < 1e-9 } == true)
      #expect(whole.weights?.count == 40)
      for workers in [2, 4] {
        let other = try trainer(schedule, workers: workers, reference: reference).run()
        #expect(other.outcome == whole.outcome && other.weights == whole.weights)
      }
      let folder = NSTemporaryDirectory() + "mixpipe-reweighting-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for stop in [1, 9, 10, 23, 39] {
        var steps = 0
        #expect(throws: CancellationError.self) {
          try trainer(schedule, reference: reference).run(
            isCancelled: {
              steps += 1
              return steps >= stop
            }, checkpointFolder: folder)
        }
        let resumed = try trainer(schedule, reference: reference).run(checkpointFolder: folder)
        #expect(resumed.outcome == whole.outcome)
        #expect(resumed.recommended == whole.recommended && resumed.weights == whole.weights)
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
  }

  @Test("a checkpoint of one schedule is none of another")
  func aCheckpointOfOneScheduleIsNoneOfAnother() throws {
    let folder = NSTemporaryDirectory() + "mixpipe-reweighting-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: CancellationError.self) {
      try trainer(BanditWeights(parts: 2)).run(
        isCancelled: { true }, checkpointFolder: folder)
    }
    #expect(throws: CheckpointError.self) {
      try trainer(ProbedWeights(parts: 2, settings: .oneSweep)).run(checkpointFolder: folder)
    }
  }

  /// A schedule that changes nothing but listens: what it hears must be what happens.
  @Test("reports each domains loss in the batch and above the reference")
  func reportsEachDomainsLossInTheBatchAndAboveTheReference() throws {
    final class Ear: @unchecked Sendable {
      var reports: [StepReport] = []
    }
    struct Listening: WeightSchedule {
      let ear: Ear
      var identity: String { "listening" }
      var needs: ScheduleNeeds { [.losses, .excess] }
      func weights(step: Int, of steps: Int) -> [Double] { [0.75, 0.25] }
      func wantsHeldOutLosses(step: Int, of steps: Int) -> Bool { step == 3 }
      mutating func observe(_ report: StepReport) { ear.reports.append(report) }
      var state: ScheduleState? = ScheduleState([:])
    }
    let reference = try Self.reference()
    let ear = Ear()
    let listened = try trainer(Listening(ear: ear), reference: reference).run()
    let plain = try trainer(ConstantWeights([0.75, 0.25])).run()
    #expect(listened.outcome == plain.outcome)
    #expect(ear.reports.map(\.step) == Array(0..<40))
    #expect(ear.reports.allSatisfy { $0.sequences.reduce(0, +) == 8 })
    for (report, point) in zip(ear.reports, plain.curve) {
      let mean = zip(report.sequences, report.losses).reduce(0) {
        $0 + Double($1.0) * ($1.1 ?? 0) / 8
      }
      #expect(abs(mean - point.loss) < 1e-9)
      // No further above the reference than the loss itself.
      for (excess, loss) in zip(report.excesses, report.losses) {
        #expect((excess == nil) == (loss == nil))
        if let excess, let loss { #expect(excess >= 0 && excess < loss) }
      }
    }
    // An untrained model is far above it, the trained one hardly.
    #expect(ear.reports[0].excesses[0]! > 0.5)
    #expect(ear.reports[39].excesses[0]! < 0.3)
    #expect(ear.reports.map { $0.heldOut != nil } == (0..<40).map { $0 == 3 })
  }

  @Test("losses that count alike train as plain ones do")
  func lossesThatCountAlikeTrainAsPlainOnesDo() throws {
    struct Even: WeightSchedule {
      var identity: String { "even" }
      func weights(step: Int, of steps: Int) -> [Double] { [0.5, 0.5] }
      func lossFactors(step: Int, of steps: Int) -> [Double]? { [1, 1] }
    }
    func losses(_ schedule: any WeightSchedule) throws -> [Double] {
      guard let losses = try trainer(schedule, steps: 12).run().outcome.result?.losses else {
        return []
      }
      return losses.map(\.loss)
    }
    // One by one or in micro-batches: to rounding.
    let plain = try losses(ConstantWeights([0.5, 0.5]))
    #expect(try zip(losses(Even()), plain).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test("a domain whose loss does not count is not learnt")
  func aDomainWhoseLossDoesNotCountIsNotLearnt() throws {
    struct Deaf: WeightSchedule {
      var identity: String { "deaf" }
      func weights(step: Int, of steps: Int) -> [Double] { [0.5, 0.5] }
      func lossFactors(step: Int, of steps: Int) -> [Double]? { [2, 0] }
    }
    guard let losses = try trainer(Deaf(), steps: 150).run().outcome.result?.losses else {
      Issue.record("expected losses")
      return
    }
    #expect(losses[1].loss > losses[0].loss + 0.5)
  }
}
