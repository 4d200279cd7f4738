import Foundation
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Testing

private func mixture(_ weights: [Double]) -> Mixture {
  Mixture(domains: domains, proportionalTo: weights)
}

private let candidates: [TransferConfiguration.Candidate] = [
  .init(name: "bo", mixture: mixture([0.5, 0.3, 0.2])),
  .init(name: "sobol", mixture: mixture([0.4, 0.2, 0.4])),
  .init(name: "uniform", mixture: mixture([1, 1, 1])),
  .init(name: "llama", mixture: mixture([0.1, 0.1, 0.8])),
]

private func check(
  _ candidates: [TransferConfiguration.Candidate] = candidates, scales: [Scale] = [large, small],
  seeds: [UInt64] = [11, 12, 13]
) -> TransferConfiguration {
  TransferConfiguration(
    corpus: "corpora/none", corpusDigest: "0123", objective: .mean(of: domains),
    candidates: candidates, scales: scales, seeds: seeds, trainers: scales.map { _ in formula() })
}

/// A check whose losses are given by candidate and seed, at the small scale and at the large one.
private func record(
  _ smallLosses: [[Double]], _ largeLosses: [[Double]], middle: [[Double]]? = nil
) -> TransferRecord {
  let seeds = smallLosses[0].indices.map { UInt64($0 + 1) }
  let medium = Scale(size: "75k", parameters: 75_000, tokens: 1_500_000)
  var scales = [(small, smallLosses), (large, largeLosses)]
  if let middle { scales.insert((medium, middle), at: 1) }
  let configuration = check(
    Array(candidates.prefix(smallLosses.count)), scales: scales.map(\.0), seeds: seeds)
  var trials: [RunRecord] = []
  for (scale, losses) in scales {
    for (candidate, row) in zip(configuration.candidates, losses) {
      for (ordinal, loss) in row.enumerated() {
        let request = RunRequest(
          id: trials.count,
          key: RunKey(
            conditions: configuration.conditions(of: scale)!, mixture: candidate.mixture,
            seed: seeds[ordinal]), to: scale.tokens)
        let result = RunResult(
          losses: domains.map {
            DomainLoss(domain: $0, loss: loss, standardError: 0, bitsPerByte: 1)
          })
        let outcome =
          loss.isNaN ? RunOutcome.diverged(step: 1, reason: "") : .finished(result)
        trials.append(
          RunRecord(
            request: request,
            claims: [
              RunClaim(
                plan: TransferConfiguration.plan, purpose: .transfer, name: candidate.name,
                ordinal: ordinal)
            ], outcomes: [RungOutcome(tokens: scale.tokens, outcome: outcome)]))
      }
    }
  }
  return TransferRecord(folder: "", configuration: configuration, trials: trials)
}

@Suite("A transfer check") struct TransferCheckTests {
  @Test("trains every candidate at every scale with every seed")
  func trainsEveryCandidateAtEveryScaleWithEverySeed() throws {
    let folder = TemporaryFolder()
    let found = try transferRunner(folder.path, check()).run()
    #expect(found.trials.count == 24)
    #expect(Set(found.trials.map(\.request.key)).count == 24)
    #expect(found.trials.allSatisfy { $0.purpose == .transfer && $0.outcome != nil })
    // Balanced at any time, and the long trials of a seed first.
    #expect(found.trials.prefix(8).map(\.request.seed) == Array(repeating: 11, count: 8))
    #expect(found.trials.prefix(4).allSatisfy { $0.request.scale == large })
    let read = try TransferRecord.read(folder: folder.path)
    #expect(read.trials == found.trials && read.configuration == found.configuration)
    #expect(read.result.scales == [small, large])
    #expect(read.result.candidates.map(\.name) == ["bo", "sobol", "uniform", "llama"])
    // The noise is a tenth of what tells the mixtures apart.
    #expect(read.result.correlations[0].spearman == 1)
  }

  @Test("takes over a studys trials of the same mixture scale and seed")
  func takesOverAStudysTrialsOfTheSameMixtureScaleAndSeed() throws {
    let folder = TemporaryFolder()
    let settings = configuration(
      methods: [.init(name: "sobol", trials: 6), .init(name: "uniform", trials: 1)],
      confirmationSeeds: 2)
    let study = try studyRunner(folder.path, settings).run()
    let picks = study.analysis.methods.map {
      TransferConfiguration.Candidate(name: $0.method, mixture: $0.pick!)
    }
    let evaluator = FormulaEvaluator()
    let asked = check(picks, seeds: settings.freshSeeds(3))
    let found = try transferRunner(folder.path, asked, evaluator).run()
    // Two of three seeds are there at the small scale.
    #expect(found.trials.count == 12)
    #expect(evaluator.log.all.count == 8)
    let reused = found.trials.filter { $0.request.id < study.trials.count }
    #expect(reused.count == 4)
    for trial in reused {
      #expect(trial.outcomes == study.trials[trial.request.id].outcomes)
      #expect(trial.request.scale == small)
    }
    let uniform = found.trials.filter {
      $0.claims[0].name == "uniform" && $0.request.scale == small
    }.compactMap { $0.observation.flatMap(settings.objective.value(of:)) }
    #expect(uniform.count == 3)
    #expect(Set(uniform) == Set(found.result.candidates[1].losses[0].map { _ in uniform } ?? []))
    // The study is what it was.
    #expect(try StudyRecord.read(folder: folder.path).trials == study.trials)
    // Not those of another trainer.
    let other = TemporaryFolder()
    _ = try studyRunner(other.path, settings).run()
    var changed = asked
    changed.trainers = asked.scales.map { _ in formula(learningRate: 0.02) }
    let again = FormulaEvaluator()
    _ = try transferRunner(other.path, changed, again).run()
    #expect(again.log.all.count == 12)
    // Two names for one mixture are one trial.
    let shared = TemporaryFolder()
    let twins = try transferRunner(
      shared.path, check([candidates[0], .init(name: "twin", mixture: candidates[0].mixture)])
    ).run()
    #expect(twins.trials.count == 6)
    #expect(twins.result.candidates[0].losses == twins.result.candidates[1].losses)
  }

  @Test("goes on from any line of its journal and with more seeds")
  func goesOnFromAnyLineOfItsJournalAndWithMoreSeeds() throws {
    let whole = TemporaryFolder()
    let expected = try transferRunner(whole.path, check()).run()
    let journal = try lines(of: whole / "runs.jsonl")
    for count in 0...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: whole / "transfer.json", toPath: folder / "transfer.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
      let found = try transferRunner(folder.path, check(), workers: 3).run()
      #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless))
    }
    let evaluator = FormulaEvaluator()
    let more = try transferRunner(whole.path, check(seeds: [11, 12, 13, 14]), evaluator).run()
    #expect(evaluator.log.all.count == 8)
    #expect(try TransferRecord.read(folder: whole.path).configuration.seeds == [11, 12, 13, 14])
    #expect(more.trials.count == 32)
  }

  @Test("is not mixed with another") func isNotMixedWithAnother() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator()
    func refused(_ configuration: TransferConfiguration) -> String {
      message(of: {
        try transferRunner(folder.path, configuration, evaluator, workers: 1).run()
      })
    }
    #expect(refused(check()) == "no error")
    #expect(
      refused(check(seeds: [11, 12])).contains("found seeds 11, 12, 13, but now it is 11, 12;"))
    #expect(
      refused(check(Array(candidates.prefix(3)))).contains(
        "found candidate 'llama' 0.1, 0.1, 0.8, but now it is left out"))
    #expect(refused(check(scales: [small])).contains("found scale 100k"))
    var other = check()
    other.corpusDigest = "89"
    #expect(refused(other).hasPrefix(folder / "transfer.json: found corpus digest 0123"))
    #expect(refused(check([])).contains("candidates: found none"))
    #expect(refused(check(seeds: [1, 1])).contains("seeds: found 1 twice"))
    #expect(
      message(of: { try TransferRecord.read(folder: folder / "none") }).contains("no such file"))
    let empty = TemporaryFolder()
    #expect(
      message(of: { try TransferRecord.read(folder: empty.path) }).contains(
        "found no transfer.json"))
    #expect(!TransferRecord.exists(in: empty.path) && TransferRecord.exists(in: folder.path))
  }
}

@Suite("The verdict of a transfer check") struct TransferVerdictTests {
  private let clear = [
    [3.00, 3.01, 3.02], [3.10, 3.11, 3.12], [3.20, 3.21, 3.22], [3.3, 3.31, 3.32],
  ]

  @Test("says that the order is kept when it is") func saysThatTheOrderIsKeptWhenItIs() {
    let result = record(clear, clear.map { $0.map { $0 - 0.5 } }).result
    #expect(result.correlations.count == 1)
    #expect(result.correlations[0].spearmanInterval == 1...1)
    #expect(result.swaps.isEmpty)
    #expect(
      result.verdict
        == "The order of 4 mixtures at 100k is that at 50k: ρ = 1.00 [1.00, 1.00]; no pair swaps. "
        + "bo stays best at 100k, ahead of sobol by 0.1000 ± 0.0000.")
  }

  @Test("says that the order is not kept when a swap is significant")
  func saysThatTheOrderIsNotKeptWhenASwapIsSignificant() throws {
    let swapped = [
      [2.51, 2.52, 2.50], [2.40, 2.41, 2.42], [2.6, 2.61, 2.62], [2.7, 2.71, 2.72],
    ]
    let result = record(clear, swapped).result
    let swap = try #require(result.swaps.first)
    #expect(result.swaps.count == 1 && swap.isSignificant)
    #expect(swap.first == "bo" && swap.second == "sobol")
    #expect(abs(swap.differences.0.mean + 0.1) < 1e-9)
    #expect(abs(swap.differences.1.mean - 0.1) < 1e-9)
    #expect(
      result.verdict
        == "The order at 50k is not that at 100k: bo beats sobol at 50k by 0.1000 ± 0.0000 and loses "
        + "to it at 100k by 0.100 ± 0.043, both significantly. "
        + "At 100k sobol beats bo, the best at 50k, by 0.100 ± 0.043.")
  }

  @Test("calls a swap within the noise one that may be chance")
  func callsASwapWithinTheNoiseOneThatMayBeChance() throws {
    let noisy = [[2.50, 2.52, 2.51], [2.52, 2.49, 2.51], [2.6, 2.61, 2.62], [2.7, 2.71, 2.72]]
    let result = record(clear, noisy).result
    let swap = try #require(result.swaps.first)
    #expect(!swap.isSignificant)
    #expect(result.correlations[0].spearman == 0.8)
    #expect(result.correlations[0].spearmanInterval.lowerBound > 0)
    #expect(result.verdict.contains("is mostly that at 50k: ρ = 0.80 ["))
    #expect(result.verdict.contains("1 of 6 pairs swaps, not significantly."))
    #expect(
      result.verdict.hasSuffix(
        "At 100k sobol has the lowest mean, but its lead over bo, the best at 50k, 0.003 ± 0.063, "
          + "may be chance."))
  }

  @Test("cannot tell when all is noise") func cannotTellWhenAllIsNoise() {
    var generator = SeededGenerator(seed: 3)
    func noise() -> [[Double]] {
      (0..<4).map { _ in (0..<3).map { _ in 3 + 0.01 * generator.normal() } }
    }
    let result = record(noise(), noise()).result
    #expect(result.correlations[0].spearmanInterval.contains(0))
    #expect(result.verdict.contains("annot tell"))
    #expect(result.verdict.contains("may be chance"))
  }

  @Test("says so when the seeds are too few") func saysSoWhenTheSeedsAreTooFew() {
    let single = record(clear.map { [$0[0]] }, clear.map { [$0[0]] }).result
    #expect(single.correlations[0].spearmanInterval == -1...1)
    #expect(single.verdict.hasPrefix("Cannot tell: with one seed"))
    #expect(single.swaps.isEmpty)
    let double = record(clear.map { Array($0.prefix(2)) }, clear.map { Array($0.prefix(2)) }).result
    #expect(double.verdict.hasPrefix("With only two seeds: "))
    let one = record([clear[0]], [clear[0]]).result
    #expect(one.verdict.hasPrefix("Cannot tell: fewer than two mixtures"))
    #expect(one.correlations.isEmpty)
  }

  @Test("names no correlation between two mixtures but their difference")
  func namesNoCorrelationBetweenTwoMixturesButTheirDifference() {
    let result = record(Array(clear.prefix(2)), Array(clear.prefix(2))).result
    #expect(result.verdict == "bo stays best at 100k, ahead of sobol by 0.1000 ± 0.0000.")
    let chance = record(
      [[3, 3.01, 3.02], [3.1, 3.11, 3.12]], [[3, 3.3, 3.1], [3.1, 3.2, 3.2]]
    ).result
    #expect(chance.verdict.contains("has the lowest mean at 100k too, but its lead over sobol"))
    #expect(chance.verdict.contains("may be chance"))
  }

  @Test("tells what is missing and what diverged") func tellsWhatIsMissingAndWhatDiverged() {
    var unfinished = record(clear, clear)
    unfinished.trials[23].outcomes = nil
    #expect(unfinished.result.verdict.hasPrefix("So far, with 23 of 24 trials: "))
    var losses = clear
    losses[3] = [.nan, .nan, 3]
    let diverged = record(clear, losses).result
    #expect(diverged.candidates[3].diverged == [0, 2])
    #expect(diverged.verdict.hasSuffix("Diverged: llama at 100k with 2 seeds."))
    // One common seed is left between llama and the others.
    #expect(diverged.verdict.hasPrefix("Cannot tell"))
    losses[3] = [.nan, .nan, .nan]
    let gone = record(clear, losses).result
    #expect(gone.candidates[3].losses[1] == nil)
    #expect(gone.verdict.contains("The order of 3 mixtures"))
    #expect(gone.verdict.hasSuffix("Diverged: llama at 100k with 3 seeds."))
  }

  @Test("compares every two scales") func comparesEveryTwoScales() {
    let result = record(clear, clear, middle: clear.map { $0.map { -$0 } }).result
    #expect(result.correlations.map { [$0.from, $0.to] } == [[0, 1], [0, 2], [1, 2]])
    #expect(result.correlations.map(\.spearman) == [-1, 1, -1])
    #expect(result.swaps.count == 12)
    #expect(result.swaps.allSatisfy { $0.isSignificant })
    #expect(result.verdict.hasPrefix("The order of 4 mixtures at 100k is that at 50k"))
  }

  @Test("has intervals that hold the true correlation")
  func hasIntervalsThatHoldTheTrueCorrelation() {
    // Four mixtures .01 apart whose true order is the same at both scales (ρ = 1), with noise of .01
    // common and .01 their own, five seeds; then two of them truly swapped (ρ = .8).
    var generator = SeededGenerator(seed: 12)
    func losses(_ means: [Double]) -> [[Double]] {
      let common = (0..<5).map { _ in 0.01 * generator.normal() }
      return means.map { mean in common.map { mean + $0 + 0.01 * generator.normal() } }
    }
    for (means, truth) in [([3, 3.01, 3.02, 3.03], 1.0), ([3.01, 3, 3.02, 3.03], 0.8)] {
      var held = 0
      for _ in 0..<60 {
        let result = record(losses([3, 3.01, 3.02, 3.03]), losses(means)).result
        let interval = result.correlations[0].spearmanInterval
        if interval.lowerBound <= truth + 1e-9, interval.upperBound >= truth - 1e-9 { held += 1 }
      }
      #expect(held >= 55, "held \(held) of 60")
    }
  }

  @Test("claims an order where there is one and seldom where there is none")
  func claimsAnOrderWhereThereIsOneAndSeldomWhereThereIsNone() {
    // The same simulation in NumPy, with thousands of draws: from noise alone, .048 of intervals lie
    // above zero (three mixtures, two seeds), and .995 where neighbours are two deviations apart
    // (four mixtures, three seeds).
    var generator = SeededGenerator(seed: 14)
    func share(of count: Int, gap: Double, mixtures: Int, seeds: Int) -> Double {
      func losses() -> [[Double]] {
        (0..<mixtures).map { place in
          (0..<seeds).map { _ in 3 + 0.01 * (gap * Double(place) + generator.normal()) }
        }
      }
      var claims = 0
      for _ in 0..<count
      where record(losses(), losses()).result.correlations[0].spearmanInterval.lowerBound > 0 {
        claims += 1
      }
      return Double(claims) / Double(count)
    }
    #expect(share(of: 200, gap: 0, mixtures: 3, seeds: 2) <= 0.07)
    #expect(share(of: 60, gap: 2, mixtures: 4, seeds: 3) >= 0.95)
  }

  @Test("calls few swaps significant where there is none")
  func callsFewSwapsSignificantWhereThereIsNone() {
    var generator = SeededGenerator(seed: 13)
    var alarms = 0
    for _ in 0..<150 {
      func losses() -> [[Double]] {
        (0..<4).map { _ in (0..<3).map { _ in 3 + 0.01 * generator.normal() } }
      }
      let swaps = record(losses(), losses()).result.swaps
      if swaps.contains(where: { $0.isSignificant }) { alarms += 1 }
    }
    // Both sides must be told apart from zero by chance: far below one in twenty.
    #expect(alarms <= 2, "\(alarms) alarms")
  }
}
