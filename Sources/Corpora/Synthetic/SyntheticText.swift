import Foundation
import Numerics
import Storage
import TextSources

/// Made-up text whose domains help each other in a planted way: `corpora/synthetic.json`.
///
/// A topic is a small language: its own words, frequent ones as Zipf's law has it, and for each word
/// a few that like to follow it. A domain draws each sentence from one topic. Domains that share
/// topics help each other, and how much is the planted matrix. Topics differ in how many words there
/// are to learn and how far the next one can be told at all, so that text is worth more in some
/// domains than in others and neither equal shares nor a single domain is best.
package struct SyntheticText: Codable, Sendable, Equatable {
  package struct Topic: Codable, Sendable, Equatable {
    package var name: String
    /// Number of words.
    package var words: Int
    /// Exponent s of Zipf's law: the word of rank r has weight r^-s.
    package var exponent: Double
    /// Words that like to follow each word.
    package var successors: Int
    /// How often one of them does; otherwise any word follows, by its frequency.
    package var predictability: Double
  }

  package struct Domain: Codable, Sendable, Equatable {
    package var name: String
    package var role: ManifestDomain.Role
    /// Share of its sentences from each topic, (topics); they sum to one. A row of the planted matrix.
    package var shares: [Double]
  }

  package var kind: CorpusManifest.Kind
  package var name: String
  package var description: String
  package var seed: UInt64
  package var bytesPerDomain: Int
  /// Documents are about this long.
  package var bytesPerDocument: Int
  package var topics: [Topic]
  package var domains: [Domain]

  /// - Throws: `StorageError`, or ``CorpusError/generator(path:found:)`` where a value is off.
  package static func read(at path: String) throws -> SyntheticText {
    let text = try decodeDocument(SyntheticText.self, at: path)
    func refuse(_ found: String) -> CorpusError { .generator(path: path, found: found) }
    guard text.kind == .synthetic else {
      throw refuse("found kind 'packages', expected 'synthetic'")
    }
    guard text.bytesPerDomain > 0, text.bytesPerDocument > 0 else {
      throw refuse("found a length of zero or less, expected bytes")
    }
    // A document is held in memory as a whole.
    guard text.bytesPerDocument <= mostDocumentBytes else {
      throw refuse(
        "found documents of \(text.bytesPerDocument) bytes, expected \(mostDocumentBytes) at most")
    }
    guard text.bytesPerDomain <= mostDomainBytes else {
      throw refuse(
        "found domains of \(text.bytesPerDomain) bytes, expected \(mostDomainBytes) at most")
    }
    for topic in text.topics {
      let isSound =
        (1...Self.mostWords).contains(topic.words) && topic.exponent >= 0 && topic.exponent <= 4
        && (1...64).contains(topic.successors) && (0...1).contains(topic.predictability)
      guard isSound else {
        throw refuse(
          "topic '\(topic.name)' has a value out of range, expected words from 1 to "
            + "\(Self.mostWords), an exponent up to 4, 1 to 64 successors, a predictability up to 1"
        )
      }
    }
    for domain in text.domains {
      guard domain.shares.count == text.topics.count else {
        throw refuse(
          "domain '\(domain.name)' has \(domain.shares.count) shares, expected "
            + "\(text.topics.count), one for each topic")
      }
      let sum = domain.shares.reduce(0, +)
      guard abs(sum - 1) < 1e-6, domain.shares.allSatisfy({ $0 >= 0 }) else {
        throw refuse("the shares of domain '\(domain.name)' sum to \(sum), expected 1")
      }
    }
    return text
  }

  /// About as long as the longest books; 64 MiB.
  static let mostDocumentBytes = 1 << 26
  /// More than is trained on anywhere, 1 PiB: what lies above is a slip.
  static let mostDomainBytes = 1 << 50

  /// Enough to be unlearnable, few enough for three syllables.
  static let mostWords = 20_000

  /// What ``CorpusBuilder`` reads.
  package func source(of domain: Int) -> some DocumentSource {
    SyntheticSource(text: self, domain: domain)
  }
}

extension CorpusBuilder {
  package init(_ synthetic: SyntheticText, settings: CorpusSettings = CorpusSettings()) {
    self.init(
      name: synthetic.name, description: synthetic.description,
      domains: synthetic.domains.indices.map { index in
        Domain(
          name: synthetic.domains[index].name,
          isTrained: synthetic.domains[index].role == .train, source: synthetic.source(of: index))
      }, settings: settings)
    self.synthetic = synthetic
  }
}
