import Numerics
import Testing

@testable import GaussianProcesses

@Suite("What is told of a surrogate") struct ReportedVarianceTests {
  private func surrogate(parts: Int, runs: Int) throws -> CompositeSurrogate {
    let data = Landscape(parts: parts, outputs: 2, seed: 3).data(count: runs, noise: 0.01, seed: 5)
    let fit = try #require(SurrogateFit(SurrogateForm(), to: data))
    return try #require(CompositeSurrogate(data: data, fit: fit))
  }

  @Test("is wider than what a search goes by, the more domains and the fewer runs there are")
  func isWiderThanWhatASearchGoesBy() throws {
    func widening(_ parts: Int, _ runs: Int) throws -> Double {
      let own = try surrogate(parts: parts, runs: runs)
      let mixture = SobolSequence.simplexPoints(parts: parts, start: 90, count: 1, seed: 1)
      let coefficients = [0.5, 0.5]
      let (search, told) = (
        own.weightedSum(coefficients, at: mixture)[0],
        own.reported.weightedSum(coefficients, at: mixture)[0]
      )
      #expect(abs(told.mean - search.mean) < 0.1 * search.deviation)
      return told.deviation / search.deviation
    }
    #expect(try widening(4, 12) == 1)
    let (few, more) = (try widening(12, 15), try widening(12, 40))
    #expect(few > 1.05 && few < 1.4)
    #expect(more > 1 && more < few)
  }

  @Test("is widened once") func isWidenedOnce() throws {
    let own = try surrogate(parts: 8, runs: 16)
    #expect(own.reported.varianceFactor == own.varianceFactor * (1 + 1.5 * 3 / 16))
  }
}
