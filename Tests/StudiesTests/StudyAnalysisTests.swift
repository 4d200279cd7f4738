import Foundation
import Mixtures
import Numerics
import Runs
import Studies
import Testing

@Suite("The analysis of a study") struct StudyAnalysisTests {
  /// Losses by hand: search trials and confirmations of methods `a` and `b`.
  private static func record(
    search: [(claims: [RunClaim], weights: [Double], loss: Double?)],
    confirmations: [(claims: [RunClaim], weights: [Double], losses: [Double?])]
  ) -> StudyRecord {
    let settings = configuration(
      methods: [.init(name: "a", trials: 4), .init(name: "b", trials: 4)], confirmationSeeds: 3)
    var trials: [RunRecord] = []
    func append(
      _ purpose: RunClaim.Purpose, _ claims: [RunClaim], _ weights: [Double], _ seed: UInt64,
      _ loss: Double?
    ) {
      let result = loss.map { loss in
        RunResult(
          losses: domains.enumerated().map {
            DomainLoss(
              domain: $0.element, loss: loss + Double($0.offset - 1), standardError: 0,
              bitsPerByte: 1)
          }, tokensSeen: [1, 1, 1], epochs: [0, 0, 0], seconds: 1, tokensPerSecond: 1)
      }
      let request = RunRequest(
        id: trials.count,
        key: RunKey(
          conditions: settings.conditions,
          mixture: Mixture(domains: domains, proportionalTo: weights), seed: seed),
        to: small.tokens)
      let outcome = result.map(RunOutcome.finished) ?? .diverged(step: 1, reason: "")
      trials.append(
        RunRecord(
          request: request, claims: claims,
          outcomes: [RungOutcome(tokens: small.tokens, outcome: outcome)]))
    }
    for trial in search { append(.search, trial.claims, trial.weights, 1, trial.loss) }
    for trial in confirmations {
      for (seed, loss) in trial.losses.enumerated() {
        append(
          .confirmation,
          trial.claims.map { finalist($0.name, $0.rank ?? 0, seed: seed) },
          trial.weights, UInt64(100 + seed), loss)
      }
    }
    return StudyRecord(folder: "", configuration: settings, trials: trials)
  }

  private static func search(_ name: String, _ ordinal: Int) -> RunClaim {
    claim(name, ordinal)
  }

  private static func finalist(_ name: String, _ rank: Int, seed: Int = 0) -> RunClaim {
    RunClaim(
      plan: StudyConfiguration.plan, purpose: .confirmation, name: name, ordinal: seed,
      rank: rank)
  }

  private let record = record(
    search: [
      ([search("a", 0), search("b", 0)], [1, 1, 2], 3.05), ([search("a", 1)], [2, 1, 1], 3.00),
      ([search("b", 1)], [1, 2, 1], 3.02), ([search("a", 2)], [1, 0, 0], nil),
      ([search("b", 2)], [3, 1, 1], 3.04),
    ],
    confirmations: [
      ([finalist("a", 0)], [2, 1, 1], [3.05, 3.06, 3.07]),
      ([finalist("a", 1), finalist("b", 1)], [1, 1, 2], [3.03, 3.04, 3.08]),
      ([finalist("b", 0)], [1, 2, 1], [3.02, 3.04, 3.03]),
    ])

  @Test("picks the finalist of the best mean over fresh seeds not the luckiest trial")
  func picksTheFinalistOfTheBestMeanOverFreshSeedsNotTheLuckiestTrial() throws {
    let analysis = record.analysis
    let a = analysis.methods[0]
    #expect(a.pick == Mixture(domains: domains, proportionalTo: [1, 1, 2]))
    #expect(abs(try #require(a.searchLoss) - 3.05) < 1e-12)
    #expect(abs(try #require(a.confirmed).mean - 3.05) < 1e-12)
    #expect(a.confirmed?.count == 3)
    #expect(a.finalists.map(\.mixture.weights) == [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    #expect(abs(try #require(a.finalists[0].searchLoss) - 3.00) < 1e-12)
    #expect(a.trialsFinished == 2 && a.trialsDiverged == 1)
    #expect(analysis.best == 1)
    #expect(abs(try #require(analysis.methods[1].winnersCurse) - 0.01) < 1e-12)
    // .5 for the shared mixture's search, which flattered nobody.
    #expect(abs(try #require(a.winnersCurse)) < 1e-12)
  }

  @Test("pairs differences by seed") func pairsDifferencesBySeed() throws {
    let analysis = record.analysis
    #expect(analysis.methods[1].differenceFromBest == nil)
    let difference = try #require(analysis.methods[0].differenceFromBest)
    // .01, .00, .05: scipy 1.17.1, ttest_1samp(…).confidence_interval().
    #expect(abs(difference.mean - 0.02) < 1e-12)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound + 0.045_724_106_077_284_28) < 1e-9)
    #expect(abs(interval.upperBound - 0.085_724_106_077_284_28) < 1e-9)
    #expect(abs(try #require(difference.margin) - 0.065_724_106_077_284_28) < 1e-9)
  }

  @Test("keeps each domains loss over the fresh seeds") func keepsEachDomainsLossOverTheFreshSeeds()
  {
    let estimates = record.analysis.methods[1].domains
    #expect(estimates.map(\.domain) == domains)
    for (estimate, expected) in zip(estimates, [2.03, 3.03, 4.03]) {
      #expect(abs(estimate.estimate.mean - expected) < 1e-12)
      #expect(estimate.estimate.count == 3)
    }
  }

  @Test("draws the best so far over diverged trials too")
  func drawsTheBestSoFarOverDivergedTrialsToo() {
    let curve = record.analysis.curves[0]
    #expect(curve.points.map(\.trial) == [0, 1, 3])
    #expect(curve.points.map { $0.loss == nil } == [false, false, true])
    #expect(curve.points.map { ($0.best! * 100).rounded() } == [305, 300, 300])
  }

  @Test("pools the noise of the seeds each mixture once")
  func poolsTheNoiseOfTheSeedsEachMixtureOnce() throws {
    let noise = try #require(record.analysis.seedNoise)
    #expect(noise.degreesOfFreedom == 6)
    // Variances 1e-4, 7e-4 and 1e-4.
    #expect(abs(noise.standardDeviation - (3e-4).squareRoot()) < 1e-12)
  }

  @Test("goes by the search before there are confirmations")
  func goesByTheSearchBeforeThereAreConfirmations() {
    let early = Self.record(
      search: [
        ([Self.search("a", 0)], [1, 1, 2], nil), ([Self.search("b", 0)], [1, 2, 1], 3.02),
        ([Self.search("b", 1)], [1, 3, 1], 3.01),
      ], confirmations: [])
    let analysis = early.analysis
    #expect(analysis.best == 1)
    #expect(analysis.methods[0].pick == nil && analysis.methods[0].confirmed == nil)
    #expect(analysis.methods[1].pick?.weights == [0.2, 0.6, 0.2])
    #expect(analysis.seedNoise == nil)
    #expect(Self.record(search: [], confirmations: []).analysis.best == nil)
  }

  @Test("takes a finalist that diverged last") func takesAFinalistThatDivergedLast() {
    let risky = Self.record(
      search: [([Self.search("a", 0)], [1, 1, 2], 3), ([Self.search("a", 1)], [1, 2, 1], 3.1)],
      confirmations: [
        ([Self.finalist("a", 0)], [1, 1, 2], [3.0, nil, 3.0]),
        ([Self.finalist("a", 1)], [1, 2, 1], [3.1, 3.1, 3.1]),
      ])
    let result = risky.analysis.methods[0]
    #expect(result.pick?.weights == [0.25, 0.5, 0.25])
    #expect(result.finalists.map(\.diverged) == [1, 0])
  }

  @Test("shows the winners curse where there is one") func showsTheWinnersCurseWhereThereIsOne()
    throws
  {
    // Twelve mixtures that differ by noise alone: the best trial was lucky.
    struct Noise: RunMeasurer {
      func measure(_ trial: RunRequest, control: RunControl) -> [RungOutcome] {
        var generator = SeededGenerator(
          seed: trial.seed, stream: trial.mixture.weights.map { "\($0)" }.joined())
        let loss = 3 + 0.02 * generator.normal()
        let result = RunResult(
          losses: domains.map {
            DomainLoss(domain: $0, loss: loss, standardError: 0, bitsPerByte: 1)
          }, seconds: 1)
        return [RungOutcome(tokens: trial.to, outcome: .finished(result))]
      }
    }
    var curses: [Double] = []
    for seed in 0..<12 {
      let folder = TemporaryFolder()
      let record = try studyRunner(
        folder.path,
        configuration(
          methods: [.init(name: "sobol", trials: 12)], seed: UInt64(seed), finalists: 1,
          confirmationSeeds: 4), Noise()
      ).run()
      curses.append(try #require(record.analysis.methods[0].winnersCurse))
    }
    // The least of twelve normal values lies 1.63 deviations below their mean: .0326 here.
    #expect(abs(Statistics.mean(curses) - 0.0326) < 0.012)
  }
}
