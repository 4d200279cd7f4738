import Foundation
import Numerics
import Testing

@testable import GaussianProcesses

@Suite struct PredictionsAtTheTarget {
  private func surrogate() throws -> ScaleSurrogate {
    let data = ScaleLandscape().data(count: 14)
    let fit = try #require(ScaleFit.selected(for: data, runs: 14))
    return try #require(ScaleSurrogate(data: data, fit: fit))
  }

  private let mixtures = SobolSequence.simplexPoints(parts: 4, count: 5, seed: 9)

  @Test("means alone are those of whole predictions") func means() throws {
    let surrogate = try surrogate()
    let worst = LossFunction(
      coefficients: [0, 0, 0.5],
      worst: [.init(output: 0, loss: 0.2), .init(output: 1, loss: 0.1)])
    for function in [surrogate.unit(1), worst] {
      let whole = surrogate.targetValues(of: function, at: mixtures).map(\.mean)
      let alone = surrogate.targetMeans(of: function, at: mixtures)
      for (a, b) in zip(whole, alone) { #expect(abs(a - b) < 1e-9) }
    }
  }

  @Test("a run's noise is what a run's deviation has beyond the mean's") func noise() throws {
    let surrogate = try surrogate()
    let function = surrogate.unit(0)
    func variance(ofRuns: Bool) -> Double {
      let target = surrogate.data.target
      let found = surrogate.values(
        of: function, at: mixtures[0], parameters: target.parameters, tokens: [target.tokens],
        ofRuns: ofRuns)
      return found[0].deviation * found[0].deviation
    }
    // Predictions are of Student's distribution, and widened by what checks of the smaller sizes missed.
    let factor = surrogate.stretch * surrogate.stretch * surrogate.fit.factors.contrast
    let expected = (variance(ofRuns: true) - variance(ofRuns: false)) / factor
    let noise = surrogate.runNoise(of: function, at: mixtures[0])
    #expect(abs(noise * noise - expected) < 1e-6 * expected)
  }

  /// The formulas of a page, here in Swift from what is exported alone.
  @Test("are made again from what is exported") func exported() throws {
    let surrogate = try surrogate()
    let export = try #require(TargetExport(surrogate, function: surrogate.unit(2)))
    #expect(export.points.count == surrogate.models[0].inputs.count)
    #expect(abs(export.draws.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    let last = export.draws[0].growth.count - 1
    for draw in export.draws {
      // What fades is left there in part.
      #expect(draw.contrasts.count == last + 1 && draw.contrasts[last][last] > 1)
      #expect(draw.growth[last] == 1)
    }
    let model = surrogate.models[0]
    let draw = export.draws[0]
    let (i, j) = (3, export.points.count - 1)
    let (a, b) = (export.points[i], export.points[j])
    let weights = model.kernel.mixtures(model.inputs.mixtures, model.inputs.mixtures).values
    var expected =
      draw.growth[a[1]] * draw.growth[b[1]] * draw.contrasts[a[1]][b[1]] * weights[a[0], b[0]]
    expected += draw.levels[a[1]][b[1]]
    let whole = model.kernel.covariance(model.inputs, model.inputs)
    #expect(a[2] != b[2] && abs(whole[i, j] - expected) < 1e-12)
    #expect(TargetExport(surrogate, function: surrogate.unit(2), mostMeasurements: 3) == nil)
  }
}
