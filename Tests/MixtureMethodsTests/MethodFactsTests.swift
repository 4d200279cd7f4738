import Foundation
import MixtureMethods
import Mixtures
import Testing

@Suite struct `What is said of the methods` {
  @Test("tells of every method, its source, and what shows that it is the authors'")
  func tellsOfEveryMethodItsSourceAndWhatShowsThatItIsTheAuthors() {
    let names = methodNames.map(\.name) + fidelityMethodNames.map(\.name)
    #expect(MethodFacts.all.map(\.name) == names)
    for facts in MethodFacts.all {
      #expect(!facts.summary.isEmpty && !facts.check.isEmpty, "\(facts.name)")
      #expect(facts.check != "not written down yet", "\(facts.name)")
      // What was read has a version.
      if let read = facts.read, !read.hasPrefix("as ") {
        #expect(read.contains(" at ") || read.contains("version"), "\(facts.name): \(read)")
      }
    }
  }

  @Test("a method of ours beside a published one says what differs")
  func aMethodOfOursBesideAPublishedOneSaysWhatDiffers() {
    for facts in MethodFacts.all
    where facts.name.hasSuffix("-tuned") || facts.name.hasSuffix("-fixed")
      || facts.name.hasSuffix("-static")
    {
      #expect(!facts.deviations.isEmpty, "\(facts.name)")
    }
  }

  @Test("can be read by a program")
  func canBeReadByAProgram() throws {
    let data = try JSONEncoder().encode(MethodFacts.all)
    #expect(try JSONDecoder().decode([MethodFacts].self, from: data) == MethodFacts.all)
  }
}

@Suite struct `Raw-weight Bayesian optimization as its author ran it` {
  @Test("begins with half of its trials, 32 at most, and hands over the best of all")
  func beginsWithHalfOfItsTrials32AtMostAndHandsOverTheBestOfAll() throws {
    var context = SyntheticTrainer.context(seed: 4, initialTrials: 6)
    context.trials = 24
    var method = try makeMethod(named: "bo-raw", context: context)
    let sobol = try makeMethod(named: "sobol", context: context)
    let trainer = SyntheticTrainer(seed: 4, noise: 0.05)
    let seen = trainer.run(&method, trials: 14)
    for ordinal in 0..<12 {
      #expect(sobol.suggest(pending: [], ordinal: ordinal)?.mixture == seen[ordinal].mixture)
    }
    #expect(sobol.suggest(pending: [], ordinal: 12)?.mixture != seen[12].mixture)
    let best = seen.min {
      context.objective.value(of: $0)! < context.objective.value(of: $1)!
    }
    #expect(method.recommendations(1).first?.mixture == best?.mixture)
  }
}
