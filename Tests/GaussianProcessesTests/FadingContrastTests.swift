import Foundation
import Mixtures
import Numerics
import Testing

@testable import GaussianProcesses

/// Small models pay for variety, so that mixtures rank otherwise among them than at the target, where it costs nothing.
@Suite("What small models mind and large ones do not") struct FadingContrastTests {
  private static let parts = 4

  private static func loss(_ w: [Double], parameters: Double, variety: Double) -> Double {
    let n = parameters / 64e6
    let skill = zip(w, [0.02, 0.05, 0.01, 0.04]).reduce(0) { $0 - $1.1 * log($1.0 + 0.05) }
    let entropy = w.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
    return 2 + 0.4 * pow(n, -0.25) + skill + variety * (pow(n, -0.5) - 1) * entropy
  }

  private static func data(variety: Double) -> ScaleData {
    var generator = SeededGenerator(seed: 9, stream: "fading")
    var start = 0
    let runs = [(1e6, 14), (4e6, 10), (16e6, 8)].flatMap { parameters, count in
      start += count
      return SobolSequence.simplexPoints(parts: parts, start: start, count: count, seed: 4).map {
        ScaleData.Run(
          weights: $0, parameters: parameters, tokens: [1e9],
          losses: [
            [loss($0, parameters: parameters, variety: variety) + 0.002 * generator.normal()]
          ])
      }
    }
    return ScaleData(runs: runs, target: .init(parameters: 64e6, tokens: 1e9), ownDomains: [nil])
  }

  @Test("is told apart from what lasts, and ranks turn at a size that was never run")
  func isToldApartFromWhatLasts() throws {
    let unseen = SobolSequence.simplexPoints(parts: Self.parts, start: 300, count: 40, seed: 8)
    func losses(_ parameters: Double) -> [Double] {
      unseen.map { Self.loss($0, parameters: parameters, variety: 0.06) }
    }
    let truths = losses(64e6)
    let data = Self.data(variety: 0.06)
    let fit = try #require(ScaleFit.selected(for: data))
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    let told = surrogate.targetValues(of: surrogate.unit(0), at: unseen).map(\.mean)
    let smallest = try #require(RankCorrelation.spearman(losses(1e6), truths))
    let largest = try #require(RankCorrelation.spearman(losses(16e6), truths))
    let predicted = try #require(RankCorrelation.spearman(told, truths))
    #expect(smallest < 0)
    #expect(predicted > 0.9)
    #expect(predicted > largest)
  }

  @Test("is little where sizes agree") func isLittleWhereSizesAgree() throws {
    func share(variety: Double) throws -> Double {
      let fit = try #require(ScaleFit.selected(for: Self.data(variety: variety)))
      return ScaleHyperparameters(logs: fit.mode).fading(ScaleCell(size: log(64), length: 0))
    }
    #expect(try share(variety: 0.06) > 2)
    #expect(try share(variety: 0) < 0.5)
  }

  @Test("goes together at all fidelities, and fades toward the target")
  func goesTogetherAtAllFidelities() {
    var logs = ScaleHyperparameters.priors.map(\.start)
    logs[ScaleHyperparameters.Index.fading] = log(0.2)
    logs[ScaleHyperparameters.Index.fadingBySize] = 0.5
    logs[ScaleHyperparameters.Index.fadingByLength] = 0.25
    let kernel = ScaleKernel(hyperparameters: ScaleHyperparameters(logs: logs), unit: 20)
    let cells = [
      ScaleCell.target, ScaleCell(size: 2, length: 0), ScaleCell(size: 4, length: 2),
    ]
    let faded = kernel.contrasts(cells, cells).values - kernel.correlations(cells, cells).values
    let expected = [0.2, 0.2 * exp(1), 0.2 * exp(2.5)]
    for i in cells.indices {
      for j in cells.indices {
        #expect(abs(faded[i, j] - expected[i] * expected[j]) < 1e-12)
      }
    }
  }
}
