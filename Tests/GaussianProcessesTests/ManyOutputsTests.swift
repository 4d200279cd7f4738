import Foundation
import Mixtures
import Numerics
import Testing

@testable import GaussianProcesses

@Suite("Many outputs and domains") struct ManyOutputs {
  private static let domains = 40

  /// Each output falls with its own domain and one other, by rates of its own.
  private func losses(_ w: [Double], _ generator: inout SeededGenerator) -> [Double] {
    w.indices.map { k in
      let rate = 30 + 10 * sin(Double(k))
      let other = w[(k * 7 + 3) % w.count]
      return 2 + 0.02 * Double(k) + exp(-rate * w[k] - 8 * other) + 0.01 * generator.normal()
    }
  }

  private func data(_ mixtures: [[Double]], seed: UInt64) -> SurrogateData {
    var generator = SeededGenerator(seed: seed, stream: "many outputs")
    return SurrogateData(
      mixtures: mixtures, losses: Matrix(rows: mixtures.map { losses($0, &generator) }),
      ownDomains: Array(0..<Self.domains))
  }

  @Test("are predicted as well as if each were fitted by itself") func predictedAsWell() throws {
    let k = Self.domains
    let train = data(SobolSequence.simplexPoints(parts: k, count: 48, seed: 3), seed: 1)
    let others = SobolSequence.simplexPoints(parts: k, count: 64, seed: 9)
    let truth = data(others, seed: 2).losses
    func error(alone: Int) throws -> Double {
      let fit = try #require(
        SurrogateFit.selected(for: train, size: 1, alone: alone))
      let surrogate = try #require(CompositeSurrogate(data: train, fit: fit))
      let found = surrogate.losses(at: others)
      var square = 0.0
      for x in others.indices {
        for d in 0..<k { square += pow(found[x][d].mean - truth[x, d], 2) }
      }
      return (square / Double(k * others.count)).squareRoot()
    }
    var generator = SeededGenerator(seed: 1, stream: "spread")
    let spread = Statistics.variance(losses(others[0], &generator))!.squareRoot()
    let (all, some, few) = (try error(alone: k), try error(alone: 32), try error(alone: 8))
    #expect(some < 1.03 * all && few < 1.1 * all, "\(all) \(some) \(few) of \(spread)")
  }

  @Test("up to 32 are each fitted as ever") func fewAreFittedAlone() throws {
    let train = data(SobolSequence.simplexPoints(parts: Self.domains, count: 12, seed: 3), seed: 1)
      .limited(to: Array(0..<6))
    let whole = try #require(SurrogateFit.Member(SurrogateFit.ensemble[0], to: train))
    for output in 0..<6 {
      let one = try #require(
        SurrogateFit.Member(SurrogateFit.ensemble[0], to: train.limited(to: [output])))
      #expect(one.logs[0] == whole.logs[output])
    }
    #expect((0..<10).evenly(atMost: 4) == [0, 2, 5, 7])
  }

  @Test("begin where outputs of other domains ended, each with its own domain's worth")
  func pooledStarts() {
    let form = SurrogateFit.ensemble[0]
    typealias Index = Hyperparameters.Index
    let found: [(own: Int?, logs: [Double])] = [0, 1].map { own -> (own: Int?, logs: [Double]) in
      var logs = form.priorList(parts: 4, own: own).map(\.start)
      logs[Index.noise] += own == 0 ? 1 : 2
      logs[Index.affinity(own)] += 4
      logs[Index.relevance(3, 4)] -= 0.5
      return (own: own, logs: logs)
    }
    let start = PooledStart(form, found, 4).logs(own: 2)
    let center = form.priorList(parts: 4, own: 2).map(\.start)
    let moves = zip(start, center).enumerated().filter { $1.0 != $1.1 && $1.1.isFinite }
      .map { ($0.offset, $0.element.0 - $0.element.1) }
    #expect(moves.map(\.0) == [Index.noise, Index.affinity(2), Index.relevance(3, 4)])
    #expect(zip(moves, [1.5, 4, -0.5]).allSatisfy { abs($0.1 - $1) < 1e-12 })
  }

  @Test("leave a search few pairs of domains, and those of the incumbents") func fewPairs() {
    func pairs(_ parts: Int, candidates: Int, _ incumbents: [[Double]] = []) -> [[Int]] {
      var search = MixtureSearch()
      search.candidates = candidates
      return search.pool(over: simplex(parts), exponent: 0.5, incumbents: incumbents, seed: 1)
        .filter { $0.count(where: { $0 == 0.5 }) == 2 }
        .map { mixture in mixture.indices.filter { mixture[$0] == 0.5 } }
    }
    #expect(pairs(32, candidates: 512).count == 32 * 31 / 2)
    #expect(pairs(100, candidates: 2048).count == 32 * 31 / 2)
    var incumbent = [Double](repeating: 0.4 / 99, count: 100)
    incumbent[77] = 0.6
    let few = pairs(100, candidates: 512, [incumbent])
    #expect(few.count == 16 * 15 / 2 && few.contains { $0.contains(77) })
    #expect(MixtureSearch.affordable(2048, outputs: 32, parts: 32) == 2048)
    #expect(MixtureSearch.affordable(2048, outputs: 64, parts: 32) == 1024)
    #expect(MixtureSearch.affordable(2048, outputs: 1000, parts: 1000) == 512)
    #expect(MixtureSearch.affordable(300, outputs: 1000, parts: 1000) == 300)
  }

  @Test("have the values of a search in parts, or at once") func valuesInParts() throws {
    let train = data(SobolSequence.simplexPoints(parts: Self.domains, count: 12, seed: 3), seed: 1)
    let fit = try #require(
      SurrogateFit(SurrogateFit.ensemble[0], to: train, iterations: 2))
    let surrogate = try #require(CompositeSurrogate(data: train, fit: fit))
    #expect(surrogate.isWide)
    let coefficients = [Double](repeating: 1 / 40.0, count: 40)
    let joint = try #require(
      JointObjective(
        surrogate, coefficients: coefficients, base: Array(train.mixtures.prefix(3))))
    let points = SobolSequence.simplexPoints(parts: Self.domains, count: 130, seed: 5)
    let all = joint.values(at: points)
    #expect(all.means.count == 130 && all.covariances.columns == 130)
    for x in [0, 127, 128, 129] {
      let one = joint.values(at: [points[x]])
      #expect(abs(all.means[x] - one.means[0]) < 1e-10)
      #expect(abs(all.variances[x] - one.variances[0]) < 1e-10)
      #expect(abs(all.covariances[2, x] - one.covariances[2, 0]) < 1e-10)
    }
    let sums = surrogate.weightedSum(coefficients, at: points)
    #expect(sums.count == 130)
    #expect(
      abs(sums[129].mean - surrogate.weightedSum(coefficients, at: [points[129]])[0].mean) < 1e-10)
  }
}
