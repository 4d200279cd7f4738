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

  /// Rates without end would say of 1M for 1B that contrasts grew from nothing and faded into something else.
  @Test("fade and grow no more over a thousandfold than over a hundredfold", arguments: [1e3, 1e6])
  func fadeAndGrowNoMoreOverAThousandfold(factor: Double) throws {
    typealias Index = ScaleHyperparameters.Index
    let near = ScaleCell(size: log(100), length: log(100))
    let far = ScaleCell(size: log(factor), length: log(factor))
    #expect(ScaleHyperparameters.priors(over: [near]) == ScaleHyperparameters.priors)
    #expect(ScaleHyperparameters.priors(over: []) == ScaleHyperparameters.priors)
    let found = ScaleHyperparameters.priors(over: [near, far])
    for index in ScaleHyperparameters.priors.indices {
      guard case .normal(let mean, let deviation) = ScaleHyperparameters.priors[index],
        case .normal(let limited, let narrowed) = found[index]
      else {
        Issue.record("expected normal priors")
        continue
      }
      let isRate = [
        Index.sizeGrowth, Index.lengthGrowth, Index.fadingBySize, Index.fadingByLength,
      ].contains(index)
      let share = isRate ? log(100) / log(factor) : 1
      #expect(abs(limited - share * mean) < 1e-12)
      #expect(abs(narrowed - share * deviation) < 1e-12)
    }
    // Each direction by itself.
    let long = ScaleHyperparameters.priors(over: [ScaleCell(size: 0, length: log(factor))])
    #expect(long[Index.sizeGrowth] == ScaleHyperparameters.priors[Index.sizeGrowth])
    #expect(long[Index.lengthGrowth] == found[Index.lengthGrowth])
  }

  @Test("are looked for where fidelities are, seen from each other and the target")
  func areLookedForWhereFidelitiesAre() {
    func posterior(_ parameters: [Double]) -> ScalePosterior {
      let data = ScaleData(
        runs: parameters.map {
          .init(weights: [0.5, 0.5], parameters: $0, tokens: [1e9], losses: [[3]])
        }, target: .init(parameters: 1e9, tokens: 1e9), ownDomains: [nil])
      return ScalePosterior(
        inputs: ScaleInputs(data), outcomes: [data.runs.map { _ in 0 }],
        expected: Matrix(rows: data.count, columns: 1), contrasts: [data.runs.map { _ in 0 }],
        unit: 30)
    }
    let index = ScaleHyperparameters.Index.sizeGrowth
    #expect(posterior([2e7, 6e7]).priors[index] == ScaleHyperparameters.priors[index])
    #expect(posterior([1e6, 6e7]).priors[index] != ScaleHyperparameters.priors[index])
    #expect(posterior([1e8, 2e10]).priors[index] != ScaleHyperparameters.priors[index])
  }
}
