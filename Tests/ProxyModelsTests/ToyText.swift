import Foundation
import Numerics
import ProxyModels

/// Text of a known law: each domain counts up by a step of its own, with a wrong token now and then.
/// A model that has learnt it reaches the law's entropy.
struct ToyText: SequenceSource, HeldOutSource {
  static let vocabulary = 19
  var contextLength: Int
  var seed: UInt64 = 0
  var state = State()

  struct State: Codable, Sendable { var counts = [0, 0] }

  /// Every fifth token is drawn at random.
  static let surprise = 0.2
  static let domains = ["ones", "threes"]

  /// The best that any model can do, in nats per token: on a token drawn at random it may also happen
  /// to be the expected one.
  static var entropy: Double {
    let v = Double(vocabulary)
    let right = 1 - surprise + surprise / v
    let wrong = surprise / v
    return -right * log(right) - (v - 1) * wrong * log(wrong)
  }

  private func fill(
    _ tokens: UnsafeMutableBufferPointer<UInt16>, domain: Int, stream: String
  ) {
    var generator = SeededGenerator(seed: seed, stream: stream)
    var token = generator.integer(below: Self.vocabulary)
    for i in tokens.indices {
      tokens[i] = UInt16(token)
      token =
        generator.uniform() < Self.surprise
        ? generator.integer(below: Self.vocabulary) : (token + 1 + 2 * domain) % Self.vocabulary
    }
  }

  mutating func next(weights: [Double], into tokens: UnsafeMutableBufferPointer<UInt16>) -> Int {
    let drawn = Double(state.counts.reduce(1, +))
    let deficits = weights.indices.map { weights[$0] * drawn - Double(state.counts[$0]) }
    let domain = deficits[1] > deficits[0] ? 1 : 0
    fill(tokens, domain: domain, stream: "train \(domain) \(state.counts[domain])")
    state.counts[domain] += 1
    return domain
  }

  var counts: [Int] { state.counts }
  func epochs() -> [Double] { state.counts.map { Double($0) / 1000 } }

  var domains: [String] { Self.domains }
  func windowCount(domain: Int) -> Int { 64 }
  func copyWindow(domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>) {
    fill(tokens, domain: domain, stream: "held out \(domain) \(window)")
  }
  func byteCount(domain: Int) -> Int { 64 * contextLength }
}
