import Foundation
import MixtureMethods
import Mixtures
import Numerics

/// How long the next mixture takes to be suggested, on one core.
struct SuggestionBenchmark: Sendable, Hashable {
  /// Finished runs, training domains and held-out domains that count.
  var runs: Int
  var domains: Int
  var outputs: Int

  /// The curve over the number of runs, for few domains and for the Pile's.
  static let curve: [SuggestionBenchmark] =
    [(5, 5), (17, 13)].flatMap { domains, outputs in
      [16, 64, 128, 256, 512, 1024].map {
        SuggestionBenchmark(runs: $0, domains: domains, outputs: outputs)
      }
    }

  init(runs: Int, domains: Int, outputs: Int) {
    precondition(runs > 1 && domains > 0 && 1...domains ~= outputs)
    self.runs = runs
    self.domains = domains
    self.outputs = outputs
  }

  /// Seconds of processor time.
  struct Timing: Sendable, Hashable {
    /// Of a suggestion right after a run has finished: the hyperparameters are refined on all runs, the
    /// posterior is conditioned, the acquisition is maximized.
    var withRefit: Double
    /// Of another one from the same model.
    var without: Double
  }

  /// Times `bo` on a landscape that is made up, with noise.
  func measure() throws -> Timing {
    var generator = SeededGenerator(seed: 1, stream: "suggestion benchmark")
    let names = (0..<domains).map { "domain\($0)" }
    let help = (0..<outputs).map { d in
      (0..<domains).map { $0 == d ? 1 : 0.3 * pow(generator.uniform(), 3) }
    }
    var method = try makeMethod(
      named: "bo",
      context: MethodContext(
        domains: names, availableTokens: names.map { _ in 1 },
        objective: .mean(of: Array(names.prefix(outputs))), seed: 1, initialTrials: 1))
    let observations = SobolSequence.simplexPoints(parts: domains, count: runs, seed: 5).map {
      weights in
      Observation(
        mixture: Mixture(domains: names, proportionalTo: weights),
        outcome: .losses(
          help.enumerated().map { d, row in
            let share = dot(row, weights)
            return DomainLoss(
              domain: names[d],
              loss: 3 + exp(-5 * share) + exp(-30 * share) + 0.01 * generator.normal(),
              standardError: 0, bitsPerByte: 1)
          }))
    }
    // As in a search: the model has been fitted before, one run fewer.
    method.update(with: Array(observations.dropLast()))
    _ = method.suggest(pending: [], ordinal: runs - 1)
    method.update(with: [observations[runs - 1]])
    var seconds: [Double] = []
    for _ in 0..<2 {
      let start = clock()
      _ = method.suggest(pending: [], ordinal: runs)
      seconds.append(Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    return Timing(withRefit: seconds[0], without: seconds[1])
  }
}
