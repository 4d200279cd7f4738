import Foundation
import Mixtures
import Numerics
import Testing

@testable import Corpora

@Suite("Windows of a part of a text") struct SubsampledWindowsTests {
  private func part(
    _ tokens: Int, of text: Int, context: Int, seed: UInt64 = 1, name: String = "books"
  ) -> [Int] {
    SubsampledWindows(tokens: text, contextLength: context, seed: seed, name: name)
      .places(tokens: tokens)
  }

  @Test(
    "are as many as asked for, each once, and those of a smaller part are in a larger one",
    arguments: [(900, 64), (1025, 64), (40_000, 64), (100_003, 128), (70_001, 96), (9000, 2048)],
    [UInt64(1), 7])
  func nesting(text: (tokens: Int, context: Int), seed: UInt64) {
    let windows = (text.tokens - 1) / text.context
    var smaller: Set<Int> = []
    for tokens in [1, 63, 64, 500, 1024, 5000, 20_000, text.tokens - 1, 2 * text.tokens] {
      let found = part(tokens, of: text.tokens, context: text.context, seed: seed)
      let wanted = Int((Double(tokens) / Double(text.context) + 0.5).rounded(.down))
      #expect(found.count == min(max(wanted, 1), windows))
      #expect(found == found.sorted() && Set(found).count == found.count)
      #expect(found.allSatisfy((0..<windows).contains))
      #expect(smaller.isSubset(of: found), "\(tokens) tokens")
      smaller = Set(found)
    }
    #expect(smaller.count == windows)
  }

  @Test("are of whole stretches that lie evenly over the text", arguments: [8, 20, 55])
  func evenness(stretches: Int) {
    let text = 150 * 1024 + 1
    let found = part(stretches * 1024, of: text, context: 64)
    let starts = Set(found.map { $0 * 64 / 1024 })
    #expect(starts.count == stretches && found.count == stretches * 16)
    // No gap is more than a few times the mean, as by chance it would be.
    let sorted = starts.sorted()
    let gaps =
      zip(sorted, sorted.dropFirst()).map { $1 - $0 } + [sorted[0] + 150 - sorted.last!]
    #expect(Double(gaps.max()!) <= 3 * 150 / Double(stretches), "\(gaps)")
  }

  @Test("are of the same text for models of other context lengths")
  func contexts() {
    func tokens(_ context: Int, _ count: Int) -> Set<Int> {
      Set(
        part(count, of: 64_301, context: context).flatMap {
          Array($0 * context..<($0 + 1) * context)
        })
    }
    for count in [1024, 8192, 32_768] {
      let (short, long) = (tokens(64, count), tokens(256, count))
      #expect(short == long, "\(count)")
    }
    #expect(tokens(64, 4096).isSubset(of: tokens(256, 8192)))
  }

  @Test("are others for another seed and another domain")
  func seeds() {
    let found = [
      part(5000, of: 90_000, context: 64), part(5000, of: 90_000, context: 64, seed: 2),
      part(5000, of: 90_000, context: 64, name: "web"),
    ]
    #expect(Set(found).count == 3)
    #expect(found[0] == part(5000, of: 90_000, context: 64))
  }

  @Test(
    "are read again and again, and nothing else, whatever the seed of the run",
    arguments: [0.5, 1.0, 4.0, 7.3])
  func sampling(epochs: Double) throws {
    let corpus = Corpus(
      domains: [("d0", 20_000), ("d1", 400)].map { name, count in
        (name: name, training: (0..<count).map { UInt16($0) }, heldOut: (0..<200).map { $0 })
      }, vocabularySize: 20_000)
    let subsample = TextSubsample(tokens: [4096, nil], seed: 3)
    let count = Int(epochs * 64)
    var read: [Set<UInt16>] = []
    var orders: [[UInt16]] = []
    for seed: UInt64 in [1, 2] {
      var sampler = try MixtureSampler(
        corpus: corpus, contextLength: 64, seed: seed, subsample: subsample)
      var starts: [UInt16] = []
      for _ in 0..<count {
        let (domain, tokens) = sampler.draw([1, 0], context: 64)
        #expect(domain == 0)
        starts.append(tokens[0])
      }
      #expect(abs(sampler.epochs()[0] - Double(count) / 64) < 1e-12)
      read.append(Set(starts))
      orders.append(starts)
      // Windows are read alike: none twice more than another.
      var counts: [UInt16: Int] = [:]
      for start in starts { counts[start, default: 0] += 1 }
      #expect(counts.values.max()! - (counts.count < 64 ? 0 : counts.values.min()!) <= 1)
      #expect(starts.allSatisfy { $0 % 64 == 0 })
    }
    let whole = Set(
      part(4096, of: 20_000, context: 64, seed: 3, name: "d0").map { UInt16($0 * 64) })
    #expect(read.allSatisfy { $0.isSubset(of: whole) && (epochs < 1 || $0 == whole) })
    #expect(orders[0] != orders[1])
  }
}
