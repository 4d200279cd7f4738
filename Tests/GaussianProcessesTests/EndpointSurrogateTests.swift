import Foundation
import Mixtures
import Numerics
import Testing

@testable import GaussianProcesses

@Suite struct InformationAboutTheLowestValueTests {
  @Test("agrees with Monte Carlo", arguments: [(-1.5, 0.6), (0.3, 0.9), (2, 0.5), (0, 0)])
  func agreesWithMonteCarlo(gap: Double, explained: Double) {
    // f is standard normal and cut off below -gap; y correlates with it.
    var generator = SeededGenerator(seed: 4)
    let rho = explained.squareRoot()
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    for _ in 0..<400_000 {
      let f = generator.normal()
      let noise = generator.normal()
      guard f > -gap else { continue }
      let y = rho * f + (1 - explained).squareRoot() * noise
      count += 1
      sum += y
      squares += y * y
    }
    let variance = squares / count - (sum / count) * (sum / count)
    let expected = -0.5 * log(variance)
    #expect(
      abs(MaxValueInformation.gain(explained: explained, gaps: [gap]) - expected)
        < 4 / count.squareRoot())
  }
}

@Suite struct SurrogatesOfEndPointsTests {
  @Test("slope as finite differences do", arguments: [EndpointForm.product, .linearTruncated])
  func slopeAsFiniteDifferencesDo(form: EndpointForm) throws {
    let data = ScaleLandscape().data(count: 12)
    let inputs = data.runs.map {
      EndpointKernel.Input(
        .init(weights: $0.weights, parameters: $0.parameters, tokens: $0.tokens.last!),
        target: data.target)
    }
    let values = data.runs.map { 10 * ($0.losses.last![0] - 3) }
    let posterior = EndpointPosterior(form: form, inputs: inputs, outcomes: values)
    let start = logs(posterior.priors, seed: 3)
    let found = try #require(posterior.value(at: start))
    for i in start.indices {
      let h = 2e-4
      func value(_ step: Double) -> Double {
        var moved = start
        moved[i] += step
        return posterior.value(at: moved)!.value
      }
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      #expect(relativeDifference(found.gradient[i], difference) < 1e-6, "hyperparameter \(i)")
    }
  }

  @Test("weigh a lower fidelity as BoTorch s linear truncated kernel")
  func weighALowerFidelityAsBoTorchsLinearTruncatedKernel() {
    // exp(0) amplitude and power one, lengthscales so long that both Matérn functions are one.
    let kernel = EndpointKernel(
      form: .linearTruncated, logs: [0, 0, -4] + [Double](repeating: 9, count: 8), parts: 4)
    func input(_ share: Double) -> EndpointKernel.Input {
      EndpointKernel.Input(
        .init(weights: [0.25, 0.25, 0.25, 0.25], parameters: 4e5 * share, tokens: 8e6),
        target: ScaleLandscape.target)
    }
    for (s, t) in [(1.0, 1.0), (0.2, 1.0), (0.2, 0.5), (0.06, 0.06)] {
      let expected = 9 + 1 + (1 - s) * (1 - t) * (1 + s * t)
      #expect(abs(kernel.covariance(input(s), input(t)) - expected) < 1e-6)
    }
  }

  @Test("predict between what they have seen", arguments: [EndpointForm.product, .linearTruncated])
  func predictBetweenWhatTheyHaveSeen(form: EndpointForm) throws {
    let landscape = ScaleLandscape()
    let data = landscape.data(count: 40, sizes: [1e5, 4e5], rungs: 6...6, noise: 0.001)
    let surrogate = try #require(EndpointSurrogate(form, data: data))
    let function = LossFunction(coefficients: [0.5, 0.25, 0.25])
    let unseen = SobolSequence.simplexPoints(parts: 4, start: 300, count: 40, seed: 3)
    let truths = unseen.map { function.value(of: landscape.loss($0, parameters: 4e5, tokens: 8e6)) }
    let found = surrogate.targetValues(of: function, at: unseen)
    #expect(try #require(RankCorrelation.spearman(found.map(\.mean), truths)) > 0.8)
    #expect(found.allSatisfy { $0.deviation > 0 })
  }
}
