import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Testing

@Suite struct MixtureOfDataExpertsTests {
  /// Losses of single tokens under each of three experts, (k, tokens), nats.
  private let tokens = [
    [0.5, 2.0, 7.25, 1.0], [3.0, 0.25, 6.0, 1.5], [9.0, 8.0, 0.125, 30.0],
  ]

  private func law(offset: Double = 0) -> ExpertLaw {
    ExpertLaw(
      tokenLosses: tokens, losses: tokens.map { $0.reduce(0, +) / 4 + offset })
  }

  private func mixed(_ weights: [Double]) -> Double {
    -(0..<4).reduce(0.0) { sum, token in
      sum + log(weights.indices.reduce(0.0) { $0 + weights[$1] * exp(-tokens[$1][token]) })
    } / 4
  }

  @Test(
    "mixes the probabilities of each token",
    arguments: [[1, 0, 0], [0.2, 0.3, 0.5], [0.9, 0.05, 0.05], [0, 0.5, 0.5]])
  func mixesTheProbabilitiesOfEachToken(weights: [Double]) {
    #expect(abs(law().loss(at: weights) - mixed(weights)) < 1e-6)
    // What the kept tokens miss of all tokens is added in proportion.
    #expect(abs(law(offset: 0.3).loss(at: weights) - mixed(weights) - 0.3) < 1e-6)
  }

  @Test("has the gradient that differences give") func hasTheGradientThatDifferencesGive() {
    let weights = [0.2, 0.3, 0.5]
    var gradient = [0.0, 0, 0]
    let law = law(offset: 0.1)
    law.addGradient(at: weights, times: 2, to: &gradient)
    for part in 0..<3 {
      let (low, high) = [-1e-3, 1e-3].map { step -> Double in
        var moved = weights
        moved[part] += step
        return law.loss(at: moved)
      }.withUnsafeBufferPointer { ($0[0], $0[1]) }
      #expect(abs((high - low) / 1e-3 - gradient[part]) < 2e-3 * max(abs(gradient[part]), 1))
    }
  }

  @Test("trains an expert on each domain and hands over the best mixture of them")
  func trainsAnExpertOnEachDomainAndHandsOverTheBestMixtureOfThem() throws {
    let domains = ["a", "b", "c"]
    let context = MethodContext(
      domains: domains, availableTokens: [1000, 1000, 1000],
      objective: Objective(targets: ["x"], proportionalTo: [1]), seed: 1, initialTrials: 3)
    var method = try makeMethod(named: "mde", context: context)
    for ordinal in domains.indices {
      #expect(method.recommendations(1).isEmpty)
      let suggestion = try #require(method.suggest(pending: [], ordinal: ordinal))
      #expect(suggestion.procedure == .mde && suggestion.mixture.weights[ordinal] == 1)
      var kept = TokenLosses()
      kept.append("x", losses: tokens[ordinal])
      method.update(
        with: [
          Observation(
            mixture: suggestion.mixture,
            outcome: .finished(
              RunResult(
                losses: [DomainLoss(domain: "x", loss: tokens[ordinal].reduce(0, +) / 4)],
                tokenLosses: kept)), procedure: .mde)
        ])
    }
    let best = try #require(method.recommendations(2).first)
    // Nothing on a fine grid of the simplex is lower.
    var lowest = Double.infinity
    for i in 0...200 {
      for j in 0...(200 - i) {
        lowest = min(lowest, mixed([Double(i), Double(j), Double(200 - i - j)].map { $0 / 200 }))
      }
    }
    #expect(mixed(best.mixture.weights) <= lowest + 1e-4)
    #expect(abs(best.predicted!.mean - mixed(best.mixture.weights)) < 1e-3)
    let last = try #require(method.suggest(pending: [], ordinal: 3))
    #expect(last.procedure == nil && last.mixture == best.mixture)
    #expect(method.suggest(pending: [], ordinal: 4) == nil)
  }

  @Test("serves Bayesian optimization as prior mean") func servesBayesianOptimizationAsPriorMean()
    throws
  {
    let domains = ["a", "b", "c"]
    var context = MethodContext(
      domains: domains, availableTokens: [1000, 1000, 1000],
      objective: Objective(targets: ["x"], proportionalTo: [1]), seed: 1, initialTrials: 8)
    context.trials = 24
    var method = try makeMethod(named: "bo-mde", context: context)
    func observed(_ suggestion: Suggestion) -> Observation {
      var kept: TokenLosses?
      // What a run really gives is a little off what experts mixed would.
      var loss = mixed(suggestion.mixture.weights) + 0.1 * suggestion.mixture.weights[0]
      if let place = domains.indices.first(where: { suggestion.mixture.weights[$0] == 1 }) {
        kept = TokenLosses()
        kept!.append("x", losses: tokens[place])
        loss = tokens[place].reduce(0, +) / 4
      }
      return Observation(
        mixture: suggestion.mixture,
        outcome: .finished(
          RunResult(losses: [DomainLoss(domain: "x", loss: loss)], tokenLosses: kept)),
        procedure: suggestion.procedure)
    }
    var reasons: [Suggestion.Reason] = []
    for ordinal in 0..<14 {
      #expect(method.waitsForOutcomes == (ordinal < 3))
      let suggestion = method.suggest(pending: [], ordinal: ordinal)
      let chosen = try #require(suggestion)
      reasons.append(chosen.reason)
      #expect((chosen.procedure == .mde) == (ordinal < 3))
      method.update(with: [observed(chosen)])
    }
    #expect(reasons[3..<8].allSatisfy { $0 == .quasiRandom })
    #expect(
      reasons[8...].allSatisfy {
        if case .expectedImprovement = $0 { true } else { false }
      })
    let best = try #require(method.recommendations(1).first).mixture.weights
    var lowest = Double.infinity
    for i in 0...100 {
      for j in 0...(100 - i) {
        let w = [Double(i), Double(j), Double(100 - i - j)].map { $0 / 100 }
        lowest = min(lowest, mixed(w) + 0.1 * w[0])
      }
    }
    #expect(mixed(best) + 0.1 * best[0] < lowest + 0.01)
  }
}
