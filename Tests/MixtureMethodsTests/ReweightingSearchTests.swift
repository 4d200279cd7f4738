import MixtureMethods
import Mixtures
import Testing

@Suite struct MethodsThatReweighWhileAModelTrainsTests {
  private let domains = SyntheticTrainer.domains

  private func context(trials: Int?) -> MethodContext {
    var context = SyntheticTrainer.context(seed: 1)
    context.trials = trials
    return context
  }

  private func mixture(_ weights: [Double]) -> Mixture {
    Mixture(domains: domains, proportionalTo: weights)
  }

  /// A run that ended with a recommendation, or diverged.
  private func outcome(
    _ suggestion: Suggestion, recommended: [Double]?
  ) -> Observation {
    var observation = SyntheticTrainer(seed: 1).observation(suggestion.mixture, seed: 1)
    observation.procedure = suggestion.procedure
    if case .finished(var result) = observation.outcome {
      result.recommended = recommended
      observation.outcome =
        suggestion.procedure != nil && recommended == nil ? .unexplained : .finished(result)
    }
    return observation
  }

  @Test("do re mi goes through three rounds and trains the last ones answer")
  func doReMiGoesThroughThreeRoundsAndTrainsTheLastOnesAnswer() throws {
    var method = try makeMethod(named: "doremi-rounds", context: context(trials: 64))
    #expect(method.waitsForOutcomes)
    let answers = [
      [0.1, 0.4, 0.2, 0.2, 0.1], [0.1, 0.3, 0.3, 0.2, 0.1], [0.2, 0.2, 0.3, 0.2, 0.1],
    ]
    var base = Mixture.uniform(over: domains)
    for (ordinal, answer) in answers.enumerated() {
      let suggestion = try #require(method.suggest(pending: [], ordinal: ordinal))
      #expect(suggestion.procedure == .doremi && suggestion.mixture == base)
      method.update(with: [outcome(suggestion, recommended: answer)])
      base = mixture(answer)
      #expect(method.recommendations(2).map(\.mixture) == [base])
    }
    let last = try #require(method.suggest(pending: [], ordinal: 3))
    #expect(last.procedure == nil && last.mixture == base)
    method.update(with: [outcome(last, recommended: nil)])
    #expect(method.suggest(pending: [], ordinal: 4) == nil)
    #expect(method.recommendations(1)[0].observed != nil)
  }

  @Test("ends its rounds where the weights have settled or the budget ends")
  func endsItsRoundsWhereTheWeightsHaveSettledOrTheBudgetEnds() throws {
    var settled = try makeMethod(named: "doremi-rounds", context: context(trials: nil))
    let first = try #require(settled.suggest(pending: [], ordinal: 0))
    settled.update(with: [outcome(first, recommended: [0.2002, 0.1998, 0.2, 0.2, 0.2])])
    #expect(settled.suggest(pending: [], ordinal: 1)?.procedure == nil)
    // One round takes two and a third runs, its answer one more.
    var poor = try makeMethod(named: "doremi-rounds", context: context(trials: 5))
    let only = try #require(poor.suggest(pending: [], ordinal: 0))
    poor.update(with: [outcome(only, recommended: [0.5, 0.2, 0.1, 0.1, 0.1])])
    #expect(poor.suggest(pending: [], ordinal: 1)?.procedure == nil)
    #expect(abs(TrainingProcedure.doremi.runs - 7.0 / 3) < 1e-12)
  }

  @Test(
    "the others take one run, from natural or equal shares, and its answer",
    arguments: [
      ("doremi", TrainingProcedure.doremi, true), ("doremi-uniform", .doremi, false),
      ("odm-static", .odm, true), ("odm-exp3-static", .odmEXP3, false),
      ("aioli-static", .aioli, false), ("ado-static", .ado, true),
    ])
  func theOthersTakeOneRunFromNaturalOrEqualSharesAndItsAnswer(
    name: String, procedure: TrainingProcedure, isNatural: Bool
  ) throws {
    var method = try makeMethod(named: name, context: context(trials: 64))
    let first = try #require(method.suggest(pending: [], ordinal: 0))
    // Of 80 tokens in all.
    let natural = mixture([5, 40, 20, 10, 5])
    #expect(
      first.procedure == procedure
        && first.mixture == (isNatural ? natural : .uniform(over: domains)))
    method.update(with: [outcome(first, recommended: [0.5, 0.2, 0.1, 0.1, 0.1])])
    let second = try #require(method.suggest(pending: [], ordinal: 1))
    #expect(second.procedure == nil && second.mixture == mixture([0.5, 0.2, 0.1, 0.1, 0.1]))
    method.update(with: [outcome(second, recommended: nil)])
    #expect(method.suggest(pending: [], ordinal: 2) == nil)
  }

  @Test(
    "an online method hands over the training itself, with what its own run measured",
    arguments: [
      ("odm", TrainingProcedure.odm), ("odm-exp3", .odmEXP3), ("aioli", .aioli), ("ado", .ado),
    ])
  func anOnlineMethodHandsOverTheTrainingItselfWithWhatItsOwnRunMeasured(
    name: String, procedure: TrainingProcedure
  ) throws {
    var method = try makeMethod(named: name, context: context(trials: 64))
    let first = try #require(method.suggest(pending: [], ordinal: 0))
    #expect(first.procedure == procedure)
    #expect(method.recommendations(1).isEmpty)
    let run = outcome(first, recommended: [0.5, 0.2, 0.1, 0.1, 0.1])
    method.update(with: [run])
    #expect(method.suggest(pending: [], ordinal: 1) == nil)
    let handed = try #require(method.recommendations(3).first)
    #expect(handed.procedure == procedure && handed.mixture == first.mixture)
    #expect(handed.observed == context(trials: 64).objective.value(of: run))
  }

  @Test("a run that diverged recommends nothing") func aRunThatDivergedRecommendsNothing() throws {
    var method = try makeMethod(named: "aioli-static", context: context(trials: 64))
    let first = try #require(method.suggest(pending: [], ordinal: 0))
    method.update(with: [outcome(first, recommended: nil)])
    #expect(method.suggest(pending: [], ordinal: 1) == nil)
    #expect(method.recommendations(1).isEmpty)
  }
}
