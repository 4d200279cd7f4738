import Foundation
import Testing

@testable import Mixtures

@Suite("Matched epochs") struct EpochMatchingTests {
  @Test(
    "let a proxy go through each text as often as the target",
    arguments: [
      (2_000_000, 20_000_000_000), (65_536, 1_000_000), (7_340_032, 8_000_000), (1, 100),
    ])
  func epochs(tokens: Int, target: Int) {
    let text = [target / 400 + 1, target / 16 + 1, target / 2, target - 1, target, 3 * target]
    let matching = EpochMatching(target: TargetRun(tokens: target))
    let parts = matching.subsample(tokens: tokens, available: text).tokens
    for (domain, part) in parts.enumerated() {
      guard text[domain] < target else {
        // Never read twice, so that there is nothing to match.
        #expect(part == nil)
        continue
      }
      for weight in [0.01, 0.3, 1] {
        let there = weight * Double(target) / Double(text[domain])
        let here = weight * Double(tokens) / Double(part!)
        // To the rounding of a token.
        #expect(abs(here / there - 1) <= 0.5 / (Double(part!) - 0.5) + 1e-9 || part == 1)
      }
    }
  }

  @Test("read all where the proxy is as long as the target, or longer")
  func longProxies() {
    let matching = EpochMatching(target: TargetRun(tokens: 1000))
    #expect(matching.subsample(tokens: 1000, available: [10, 900]).tokens == [nil, nil])
    #expect(matching.subsample(tokens: 5000, available: [10, 900]).tokens == [nil, nil])
    #expect(matching.subsample(tokens: 999, available: [10, 900]).tokens == [nil, 899])
    // A corpus that has more than the target will is read as far as the target's text goes.
    let less = EpochMatching(target: TargetRun(tokens: 1000, availableTokens: [10, 300]))
    #expect(less.subsample(tokens: 1000, available: [10, 900]).tokens == [nil, 300])
    #expect(less.subsample(tokens: 5000, available: [10, 900]).tokens == [nil, 300])
    #expect(less.subsample(tokens: 100, available: [10, 900]).tokens == [1, 30])
  }

  @Test("go by the text that the target has, where the corpus is a sample of it")
  func samples() {
    let matching = EpochMatching(
      target: TargetRun(tokens: 20_000_000_000, availableTokens: [2_000_000_000, 100_000_000_000]))
    let available = [5_000_000, 9_000_000]
    // 2 B of 20 B tokens: a run of 10 M reads 1 M of the 5 M, and all of what is never repeated.
    #expect(
      matching.subsample(tokens: 10_000_000, available: available).tokens == [1_000_000, nil])
    #expect(matching.tooShort(tokens: 8_000_000, available: available) == [])
    // A run of 60 M would need 6 M of the first and 60 M of the second.
    #expect(
      matching.subsample(tokens: 60_000_000, available: available).tokens == [nil, nil])
    #expect(matching.tooShort(tokens: 60_000_000, available: available) == [0, 1])
  }

  @Test("never leave a domain without text")
  func least() {
    let matching = EpochMatching(target: TargetRun(tokens: 1_000_000_000_000))
    #expect(matching.subsample(tokens: 1000, available: [1000, 5]).tokens == [1, 1])
  }

  @Test("have parts that grow with the run")
  func growth() {
    let matching = EpochMatching(target: TargetRun(tokens: 1_000_000))
    let parts = stride(from: 1000, to: 1_000_000, by: 31_007).map {
      matching.subsample(tokens: $0, available: [123_456]).tokens[0]!
    }
    #expect(zip(parts, parts.dropFirst()).allSatisfy(<))
  }
}
