import Foundation
import ProxyModels
import Storage
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

  /// A study keeps what its runs were measured on, whatever the default has become, and says it where it tells how to
  /// reproduce it.
  @Test(
    "a study keeps its number of held-out tokens",
    arguments: [
      [
        "--size", "50k", "--tokens", "4096", "--methods", "sobol", "--trials", "3",
        "--initial-trials", "2", "--confirmation-seeds", "1",
      ],
      [
        "--sizes", "50k,75k", "--tokens", "8192", "--rungs", "0.5,1", "--budget", "3",
        "--confirmation-seeds", "1",
      ],
    ])
  func aStudyKeepsItsNumberOfHeldOutTokens(words: [String]) throws {
    let folder = try TemporaryFolder.withCorpus()
    let made = try Program.run(
      ["study", "s", "--corpus", "corpus", "--held-out-tokens", "256", "-q"] + words,
      in: folder.path)
    #expect(made.code == 0, "\(made.errors)")
    let again = try Program.run(["study", "s", "-q"], in: folder.path)
    #expect(again.code == 0 && again.output == made.output, "\(again.errors)")
    let report = try Program.run(["report", "s"], in: folder.path)
    #expect(report.code == 0)
    let page = String(decoding: try readFile(at: folder.path + "/s/report.md"), as: UTF8.self)
    #expect(page.contains(" --held-out-tokens 256 "))
    let other = try Program.run(["study", "s", "--held-out-tokens", "512"], in: folder.path)
    #expect(other.code == 1 && other.errors.contains("heldOutTokens"), "\(other.errors)")
  }
}
