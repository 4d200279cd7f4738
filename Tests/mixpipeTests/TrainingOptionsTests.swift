import Foundation
import ProxyModels
import Testing

@testable import mixpipe

@Suite struct TrainingOptionsTests {
  private func configuration(_ size: String, learningRate: Double?) throws -> TrainingConfiguration
  {
    TrainingConfiguration(
      size: try #require(ModelSize.named(size)), vocabularySize: 1024, tokens: nil,
      tokensPerParameter: 20, seed: 1, learningRate: learningRate)
  }

  @Test(
    "scales a base rate to the size as it does the default",
    arguments: ["50k", "100k", "250k", "1M", "25M"])
  func scalesABaseRateToTheSizeAsItDoesTheDefault(size: String) throws {
    let usual = try configuration(size, learningRate: nil)
    let base = TrainingConfiguration.baseLearningRate
    #expect(try configuration(size, learningRate: base) == usual)
    let double = try configuration(size, learningRate: 2 * base)
    #expect(double.learningRate == 2 * usual.learningRate)
    #expect(double.embeddingRate == 2 * usual.embeddingRate)
  }

  @Test("lowers the rate of larger models by the cube root")
  func lowersTheRateOfLargerModelsByTheCubeRoot() throws {
    let (small, base) = try (
      configuration("50k", learningRate: nil), configuration("100k", learningRate: nil)
    )
    #expect(small.learningRate == 7.5e-3 && base.learningRate == 7.5e-3)
    #expect(base.embeddingRate == 1.5e-2)
    let large = try configuration("1M", learningRate: nil)
    let parameters = large.size.parameterCount(vocabularySize: 1024)
    let expected = 7.5e-3 * Foundation.pow(105_000 / Double(parameters), 1.0 / 3)
    #expect(abs(large.learningRate - expected) < 1e-12 && expected < 3.8e-3)
  }

  @Test(
    "counts tokens in the same units everywhere",
    arguments: [
      ("200M", 200_000_000), ("20B", 20_000_000_000), ("1.5k", 1500), ("2e9", 2_000_000_000),
      ("499712", 499_712),
    ])
  func countsTokensInTheSameUnitsEverywhere(text: String, count: Int) throws {
    #expect(try TokenCount(argument: text).value == count)
  }

  @Test("takes no part of a token", arguments: ["0.5", "1.2345k", "M", "200X", "-", ""])
  func takesNoPartOfAToken(text: String) {
    #expect(throws: (any Error).self) { try TokenCount(argument: text) }
  }
}
