import Foundation
import Kernels
import Numerics
import Testing

@testable import ProxyModels

private func initialized(_ name: String, common: Double = 1) -> ProxyModel {
  var c = TrainingConfiguration(
    size: ModelSize.named(name)!, vocabularySize: 512, tokens: 1, seed: 3)
  c.commonChannel = common
  let model = ProxyModel(
    size: c.size, vocabularySize: c.vocabularySize, kernels: KernelTable(level: .portable))
  model.initialize(c)
  return model
}

/// Mean score, over pairs of random tokens, of a first-layer head at each distance, by definition.
private func meanScores(_ model: ProxyModel, head: Int, distances: Int) -> [Double] {
  let size = model.layout.size
  let (width, headSize) = (size.width, size.headSize)
  let parameters = (0..<model.layout.count).map { Double(model.parameters.base[$0]) }
  let query = model.layout.layers[0].attention + head * headSize * width
  let key = query + width * width
  func project(_ matrix: Int, token: Int, position: Int) -> [Double] {
    let row = Array(parameters[token * width..<(token + 1) * width])
    let squares = row.reduce(0) { $0 + $1 * $1 }
    let scale = (Double(width) / squares).squareRoot()
    let x = (0..<headSize).map { d -> Double in
      var sum = 0.0
      for i in 0..<width { sum += parameters[matrix + d * width + i] * row[i] * scale }
      return sum
    }
    let half = headSize / 2
    return (0..<headSize).map { d -> Double in
      let power = -Double(2 * (d % half)) / Double(headSize)
      let angle = Double(position) * pow(10_000, power)
      let partner = d < half ? -x[d + half] : x[d - half]
      return x[d] * cos(angle) + partner * sin(angle)
    }
  }
  var generator = SeededGenerator(seed: 5)
  var sums = [Double](repeating: 0, count: distances)
  for _ in 0..<200 {
    let (a, b) = (generator.integer(below: 512), generator.integer(below: 512))
    let q = project(query, token: a, position: distances)
    for distance in 0..<distances {
      let k = project(key, token: b, position: distances - distance)
      sums[distance] += zip(q, k).reduce(0) { $0 + $1.0 * $1.1 } / Double(headSize).squareRoot()
    }
  }
  return sums.map { $0 / 200 }
}

@Suite struct InitializationTests {
  @Test(
    "aims two heads of the first layer at the neighbours", arguments: ["50k", "100k", "1M", "2.5M"])
  func aimsTwoHeadsOfTheFirstLayerAtTheNeighbours(size: String) {
    let model = initialized(size)
    for head in 0..<2 {
      let scores = meanScores(model, head: head, distances: 32)
      let best = scores.indices.max { scores[$0] < scores[$1] }!
      #expect(best == head + 1, "head \(head)")
      #expect(scores[best] > scores[best + 8] + 1.5, "head \(head)")
    }
  }

  @Test("leaves the other heads without a preference for a place")
  func leavesTheOtherHeadsWithoutAPreferenceForAPlace() {
    let scores = meanScores(initialized("1M"), head: 3, distances: 32)
    #expect(scores.max()! - scores.min()! < 1)
  }

  @Test("gives all tokens one channel and draws the rest")
  func givesAllTokensOneChannelAndDrawsTheRest() {
    let model = initialized("1M")
    let width = model.layout.size.width
    let rows = (0..<512).map { t in (0..<width).map { model.parameters.base[t * width + $0] } }
    #expect(rows.allSatisfy { $0[0] == 1 })
    let drawn = rows.flatMap { $0.dropFirst().map(Double.init) }
    #expect(abs(Statistics.mean(drawn)) < 0.002)
    #expect(abs(Statistics.variance(drawn)! * Double(width) - 1) < 0.02)
  }

  @Test("draws everything where there is no common channel")
  func drawsEverythingWhereThereIsNoCommonChannel() {
    let model = initialized("100k", common: 0)
    let width = model.layout.size.width
    let first = (0..<512).map { Double(model.parameters.base[$0 * width]) }
    #expect(abs(Statistics.mean(first)) < 0.05)
    #expect(abs(Statistics.variance(first)! * Double(width) - 1) < 0.3)
  }
}
