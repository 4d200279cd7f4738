import Mixtures
import Testing

@Suite struct EvenSpreadOfMixturesTests {
  private let domains = ["books", "web", "code", "papers", "chat"]
  private let tokens = [5, 40, 30, 20, 5]

  private func spread(_ count: Int, seed: UInt64 = 1) -> [Mixture] {
    MixtureSpread.mixtures(count, over: domains, availableTokens: tokens, seed: seed)
  }

  @Test("begins with that of fewer no mixture twice") func beginsWithThatOfFewerNoMixtureTwice() {
    let all = spread(200)
    #expect(all.count == 200)
    #expect(Set(all.map(\.weights)).count == 200)
    for count in [0, 1, 7, 64, 199] { #expect(spread(count) == Array(all.prefix(count))) }
    #expect(spread(200) == all && spread(200, seed: 2) != all)
    #expect(all[0].weights == [Double](repeating: 0.2, count: 5))
    #expect(all[1].weights == [0.05, 0.4, 0.3, 0.2, 0.05])
  }

  @Test("is even inside and has mixtures near every corner and on faces")
  func isEvenInsideAndHasMixturesNearEveryCornerAndOnFaces() {
    let all = spread(128)
    for domain in domains.indices {
      let weights = all.map { $0.weights[domain] }
      #expect(weights.contains { $0 > 0.8 } && weights.contains(0))
      let mean = weights.reduce(0, +) / 128
      #expect(abs(mean - 0.2) < 0.03, "\(mean)")
    }
    let faces = all.count { $0.weights.contains(0) }
    #expect(faces >= 24 && faces <= 48)
    // As many on either side of a uniform variate's median, of those meant to be even.
    let even = all.dropFirst(8).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    for domain in domains.indices {
      let below = even.count { $0.weights[domain] < 0.1591 }
      #expect(abs(below - 30) <= 6, "\(below)")
    }
  }

  @Test("has weights in whole ten thousandths") func hasWeightsInWholeTenThousandths() {
    for mixture in spread(64) {
      let units = Mixture.tenThousandths(of: mixture.weights)
      #expect(units.reduce(0, +) == 10_000)
      for (weight, unit) in zip(mixture.weights, units) {
        #expect(abs(weight * 10_000 - Double(unit)) < 1e-6)
      }
      #expect(mixture.inTenThousandths == mixture)
    }
  }

  @Test("serves two domains and one") func servesTwoDomainsAndOne() {
    let two = MixtureSpread.mixtures(9, over: ["a", "b"], availableTokens: [1, 2], seed: 3)
    #expect(Set(two.map(\.weights)).count == 9)
    #expect(
      MixtureSpread.mixtures(1, over: ["a"], availableTokens: [1], seed: 3).map(\.weights)
        == [[1]])
  }
}
