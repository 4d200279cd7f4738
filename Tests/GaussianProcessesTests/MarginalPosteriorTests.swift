import Foundation
import GaussianProcesses
import Numerics
import Testing

@Suite struct MarginalPosteriorOfHyperparametersTests {
  @Test("slopes as finite differences do", arguments: forms, [UInt64(1), 2])
  func slopesAsFiniteDifferencesDo(form: SurrogateForm, seed: UInt64) throws {
    let data = Landscape(parts: 4, outputs: 3, seed: seed)
      .data(count: 15, noise: 0.02, seed: seed, form: form)
    let priors = form.priorList(parts: 4, own: 1)
    let posterior = MarginalPosterior(
      form: form,
      inputs: EmbeddedMixtures(
        data.mixtures, parts: 4, exponent: form.exponent, given: data.given),
      outcomes: data.standardized(1, link: form.link).outcomes, priors: priors, output: 1)
    var generator = SeededGenerator(seed: seed)
    let logs = priors.map { $0.isFixed ? $0.start : $0.start + 0.3 * generator.normal() }
    let (_, gradient) = try #require(posterior.value(at: logs))
    for i in logs.indices {
      if priors[i].isFixed {
        #expect(gradient[i] == 0)
        continue
      }
      func value(_ step: Double) throws -> Double {
        var moved = logs
        moved[i] += step
        return try #require(posterior.value(at: moved)).value
      }
      let h = 1e-3
      let difference =
        (8 * (try value(h) - value(-h)) - (try value(2 * h) - value(-2 * h))) / (12 * h)
      #expect(relativeDifference(gradient[i], difference) < 1e-6, "hyperparameter \(i)")
    }
  }

  @Test("is the density of a multivariate normal times the priors")
  func isTheDensityOfAMultivariateNormalTimesThePriors() throws {
    // Two runs: the density by hand.
    let form = SurrogateForm(law: .none)
    let priors = form.priorList(parts: 3, own: nil)
    let inputs = EmbeddedMixtures([[0.2, 0.3, 0.5], [0.6, 0.4, 0]], parts: 3, exponent: 0.5)
    let posterior = MarginalPosterior(
      form: form, inputs: inputs, outcomes: [0.7, -0.4], priors: priors)
    let logs = priors.map(\.start)
    let hyperparameters = Hyperparameters(logs: logs)
    let squared =
      (0..<3).reduce(0) { $0 + pow(inputs.coordinates[$1, 0] - inputs.coordinates[$1, 1], 2) }
      / pow(hyperparameters.lengthscale, 2)
    let r = (5 * squared).squareRoot()
    let a = 9 + 1 + hyperparameters.noiseVariance
    let b = 9 + (1 + r + r * r / 3) * exp(-r)
    let determinant = a * a - b * b
    let quadratic = (a * (0.49 + 0.16) - 2 * b * 0.7 * -0.4) / determinant
    var expected = -0.5 * quadratic - 0.5 * log(determinant) - log(2 * Double.pi)
    for (prior, x) in zip(priors, logs) { expected += prior.logDensity(x).value }
    #expect(abs(try #require(posterior.value(at: logs)).value - expected) < 1e-9)
  }

  @Test("climbs to a stationary point above its starts", arguments: forms)
  func climbsToAStationaryPointAboveItsStarts(form: SurrogateForm) throws {
    let data = Landscape(parts: 4, outputs: 2, seed: 5).data(
      count: 20, noise: 0.02, seed: 5, form: form)
    let posterior = MarginalPosterior(
      form: form,
      inputs: EmbeddedMixtures(
        data.mixtures, parts: 4, exponent: form.exponent, given: data.given),
      outcomes: data.standardized(0, link: form.link).outcomes,
      priors: form.priorList(parts: 4, own: 0))
    let starts = posterior.coldStarts
    let best = try #require(posterior.maximized(from: starts, iterations: 200))
    for start in starts { #expect(best.value > (posterior.value(at: start)?.value ?? -.infinity)) }
    let (_, gradient) = try #require(posterior.value(at: best.logs))
    #expect(gradient.allSatisfy { abs($0) < 0.05 })
  }
}
