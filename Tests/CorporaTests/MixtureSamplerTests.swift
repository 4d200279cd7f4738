import Corpora
import Foundation
import Numerics
import Testing

/// Domains whose tokens tell where they are: token i of domain d is i, d thousands on.
func countingCorpus(tokens counts: [Int], heldOut: Int = 200) -> Corpus {
  Corpus(
    domains: counts.enumerated().map { index, count in
      (
        name: "d\(index)", training: (0..<count).map { UInt16(1000 * index + $0) },
        heldOut: (0..<heldOut).map { UInt16(1000 * index + $0) }
      )
    }, vocabularySize: 1000 * counts.count + 1000)
}

extension MixtureSampler {
  mutating func draw(_ weights: [Double], context: Int) -> (domain: Int, tokens: [UInt16]) {
    var tokens = [UInt16](repeating: 0, count: context + 1)
    let domain = tokens.withUnsafeMutableBufferPointer { next(weights: weights, into: $0) }
    return (domain, tokens)
  }
}

func randomWeights(_ count: Int, zeros: Int, using generator: inout SeededGenerator) -> [Double] {
  var weights = (0..<count).map { _ in pow(generator.uniform(), 4) + 1e-6 }
  for index in 0..<zeros { weights[index] = 0 }
  generator.shuffle(&weights)
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}

@Suite struct MixtureSamplerTests {
  @Test(
    "does not go on from a state that is not its own",
    arguments: [
      ([1, 2, 3], [0, 0, 0]), ([1], [0]), ([1, -1], [0, 0]), ([1, .max], [0, 0]), ([1, 2], [0]),
      ([1, 2], [1e300, 0]), ([1, 2], [.nan, 0]),
    ]) func doesNotGoOnFromAStateThatIsNotItsOwn(counts: [Int], deficits: [Double]) throws
  {
    let sampler = try MixtureSampler(
      corpus: countingCorpus(tokens: [40, 60]), contextLength: 4, seed: 1)
    var state = sampler.state
    #expect(sampler.canContinue(from: state))
    state.counts = counts
    state.deficits = deficits
    #expect(!sampler.canContinue(from: state))
  }

  @Test(
    "follows the asked shares within one sequence at every step", arguments: [1, 2, 3, 5, 7, 12],
    [0, 1, 2])
  func followsTheAskedSharesWithinOneSequenceAtEveryStep(domains: Int, zeros: Int) throws {
    var generator = SeededGenerator(seed: 1, stream: "\(domains) \(zeros)")
    let corpus = countingCorpus(tokens: (0..<domains).map { 40 + 11 * $0 })
    for round in 0..<20 {
      let weights = randomWeights(domains, zeros: min(zeros, domains - 1), using: &generator)
      var sampler = try MixtureSampler(corpus: corpus, contextLength: 4, seed: UInt64(round))
      var counts = [Int](repeating: 0, count: domains)
      for step in 1...600 {
        counts[sampler.draw(weights, context: 4).domain] += 1
        for index in 0..<domains {
          #expect(abs(weights[index] * Double(step) - Double(counts[index])) < 1)
          if weights[index] == 0 { #expect(counts[index] == 0) }
        }
      }
      #expect(sampler.counts == counts)
    }
  }

  // The largest deficit would be 1.02 sequences behind here.
  @Test("keeps its bound where the largest deficit would not")
  func keepsItsBoundWhereTheLargestDeficitWouldNot() throws {
    var generator = SeededGenerator(seed: 3)
    let corpus = countingCorpus(tokens: [Int](repeating: 50, count: 7))
    var worst = 0.0
    var worstOfLargestDeficit = 0.0
    for _ in 0..<200 {
      let weights = randomWeights(7, zeros: 0, using: &generator)
      var sampler = try MixtureSampler(corpus: corpus, contextLength: 4, seed: 1)
      var deficits = [Double](repeating: 0, count: 7)
      for step in 1...400 {
        _ = sampler.draw(weights, context: 4)
        for index in 0..<7 {
          deficits[index] += weights[index]
          worst = max(worst, abs(weights[index] * Double(step) - Double(sampler.counts[index])))
        }
        deficits[deficits.indices.max { deficits[$0] < deficits[$1] }!] -= 1
        worstOfLargestDeficit = max(worstOfLargestDeficit, deficits.map(abs).max()!)
      }
    }
    #expect(worst < 1 - 1 / 12.0 + 1e-6)
    #expect(worstOfLargestDeficit > 1)
  }

  @Test("draws the same n th sequence of a domain whatever the mixture")
  func drawsTheSameNThSequenceOfADomainWhateverTheMixture() throws {
    let corpus = countingCorpus(tokens: [90, 150, 70])
    func sequences(_ weights: [Double]) throws -> [[[UInt16]]] {
      var sampler = try MixtureSampler(corpus: corpus, contextLength: 8, seed: 5)
      var result = [[[UInt16]]](repeating: [], count: 3)
      for _ in 0..<100 {
        let (domain, tokens) = sampler.draw(weights, context: 8)
        result[domain].append(tokens)
      }
      return result
    }
    let first = try sequences([0.2, 0.3, 0.5])
    let second = try sequences([0.6, 0.4, 0])
    for (a, b) in zip(first, second) {
      let shared = min(a.count, b.count)
      #expect(Array(a[..<shared]) == Array(b[..<shared]))
    }
    #expect(first[0].count == 20 && second[0].count == 60 && second[2].isEmpty)
  }

  @Test("shows each window once an epoch in another order each time")
  func showsEachWindowOnceAnEpochInAnotherOrderEachTime() throws {
    let corpus = countingCorpus(tokens: [103])
    var sampler = try MixtureSampler(corpus: corpus, contextLength: 4, seed: 2)
    var orders: [[Int]] = []
    for _ in 0..<3 {
      var order: [Int] = []
      for _ in 0..<25 {
        let (_, tokens) = sampler.draw([1], context: 4)
        #expect(tokens == (0..<5).map { tokens[0] + $0 })
        order.append(Int(tokens[0]))
      }
      #expect(order.sorted() == (0..<25).map { 4 * $0 })
      orders.append(order)
    }
    #expect(orders[0] != orders[1] && orders[1] != orders[2] && orders[0] != orders[2])
    #expect(sampler.epochs() == [3])
  }

  @Test("goes on from a saved state as if never interrupted")
  func goesOnFromASavedStateAsIfNeverInterrupted() throws {
    let corpus = countingCorpus(tokens: [90, 150, 70])
    let weights = [[0.2, 0.3, 0.5], [0.7, 0.0, 0.3]]
    var whole = try MixtureSampler(corpus: corpus, contextLength: 8, seed: 5)
    for step in 0..<53 { _ = whole.draw(weights[step / 40], context: 8) }
    let saved = try JSONEncoder().encode(whole.state)
    var resumed = try MixtureSampler(corpus: corpus, contextLength: 8, seed: 5)
    resumed.state = try JSONDecoder().decode(MixtureSampler.State.self, from: saved)
    for step in 0..<100 {
      let a = whole.draw(weights[step % 2], context: 8)
      let b = resumed.draw(weights[step % 2], context: 8)
      #expect(a == b)
    }
    #expect(whole.state == resumed.state)
  }

  @Test("follows the sum of the weights when they change on the way")
  func followsTheSumOfTheWeightsWhenTheyChangeOnTheWay() throws {
    var generator = SeededGenerator(seed: 8)
    let corpus = countingCorpus(tokens: [90, 150, 70, 60])
    var sampler = try MixtureSampler(corpus: corpus, contextLength: 8, seed: 5)
    var asked = [Double](repeating: 0, count: 4)
    var weights = randomWeights(4, zeros: 1, using: &generator)
    for step in 0..<2000 {
      if step.isMultiple(of: 37) { weights = randomWeights(4, zeros: step % 3, using: &generator) }
      let domain = sampler.draw(weights, context: 8).domain
      #expect(weights[domain] > 0)
      for index in 0..<4 {
        asked[index] += weights[index]
        // One while they hold, and as much again for what a domain was ahead when they changed.
        #expect(abs(asked[index] - Double(sampler.counts[index])) < 2)
      }
    }
  }

  @Test("refuses a domain that fills no window") func refusesADomainThatFillsNoWindow() {
    #expect(
      throws: CorpusError.tooFewTokens(domain: "d1", part: "training", expected: 65, found: 64)
    ) { try MixtureSampler(corpus: countingCorpus(tokens: [65, 64]), contextLength: 64, seed: 1) }
  }
}

@Suite struct HeldOutWindowsTests {
  @Test("are spread evenly and predict no token twice", arguments: [64, 100, 192])
  func areSpreadEvenlyAndPredictNoTokenTwice(tokens: Int) throws {
    let corpus = countingCorpus(tokens: [100, 100], heldOut: 202)
    let windows = try HeldOutWindows(corpus: corpus, contextLength: 8, tokensPerDomain: tokens)
    #expect(windows.domains == ["d0", "d1"])
    for domain in 0..<2 {
      let count = windows.windowCount(domain: domain)
      #expect(count == (tokens + 7) / 8)
      #expect(windows.byteCount(domain: domain) == 8 * count)
      var starts: [Int] = []
      for window in 0..<count {
        var copy = [UInt16](repeating: 0, count: 9)
        copy.withUnsafeMutableBufferPointer {
          windows.copyWindow(domain: domain, window: window, into: $0)
        }
        #expect(copy == (0..<9).map { copy[0] + $0 })
        starts.append(Int(copy[0]) - 1000 * domain)
      }
      #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= 8 })
      #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 <= 8 * (25 / count + 1) })
    }
  }

  @Test("a domain with fewer tokens than asked for is measured on all it has")
  func smallDomains() throws {
    let windows = try HeldOutWindows(
      corpus: countingCorpus(tokens: [100]), contextLength: 8, tokensPerDomain: 4000)
    let available = windows.windowCount(domain: 0)
    #expect(available >= HeldOutWindows.leastWindows && available * 8 < 4000)
    #expect(windows.byteCount(domain: 0) == 8 * available)
  }

  @Test("say how many tokens are missing") func sayHowManyTokensAreMissing() {
    #expect(
      throws: CorpusError.tooFewTokens(domain: "d0", part: "held-out", expected: 257, found: 200)
    ) {
      try HeldOutWindows(
        corpus: countingCorpus(tokens: [100]), contextLength: 64, tokensPerDomain: 200)
    }
  }
}
