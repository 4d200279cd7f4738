import Foundation

/// What one model makes of single held-out tokens: the same tokens of every run of a corpus, so that the
/// predictions of several models can be mixed token by token.
///
/// Losses are kept in steps of 1/2048 nat up to 32 nats, and written as base64 of little-endian 16-bit
/// numbers: some thousand tokens of a domain then take a few kilobytes of a journal.
package struct TokenLosses: Sendable, Hashable, Codable {
  package struct Domain: Sendable, Hashable {
    package var name: String
    /// Steps of 1/2048 nat.
    var steps: [UInt16]
  }

  private static let resolution = 2048.0

  package private(set) var domains: [Domain] = []

  package init() {}

  /// - Parameter losses: nats.
  package mutating func append(_ domain: String, losses: [Double]) {
    domains.append(
      Domain(
        name: domain,
        steps: losses.map { UInt16(min(max($0 * Self.resolution, 0), 65535).rounded()) }))
  }

  /// The losses of a domain's tokens, nats; nil where they were not kept.
  package func losses(of domain: String) -> [Double]? {
    domains.first { $0.name == domain }.map { $0.steps.map { Double($0) / Self.resolution } }
  }
}

extension TokenLosses.Domain: Codable {
  private enum Key: CodingKey { case domain, losses }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    name = try fields.decode(String.self, forKey: .domain)
    let bytes = [UInt8](try fields.decode(Data.self, forKey: .losses))
    guard bytes.count % 2 == 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .losses, in: fields, debugDescription: "expected 16-bit numbers")
    }
    steps = stride(from: 0, to: bytes.count, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(name, forKey: .domain)
    try fields.encode(Data(steps.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }), forKey: .losses)
  }
}
