import TextSources

/// Where every document of a domain went. Those that were read are the sum of all others but `repeated`.
package struct DocumentFates: Sendable, Codable, Equatable {
  /// Lines that are no document, for one reason.
  package struct Bad: Sendable, Codable, Equatable {
    package var reason: String
    package var count: Int
    package var first: String
  }

  package var read: Int
  package var training: Int
  package var heldOut: Int
  package var bad: [Bad]
  package var empty: Int
  package var tooShort: Int
  /// Left out since an earlier document of the domain has the text.
  package var copies: Int
  /// Held back from training, and not measured on either: training has the text or a part of it, or it
  /// is more than is asked for.
  package var leftOut: Int
  /// Of those read, those that an earlier one is equal to; they stand where that one stands.
  package var repeated: Int
  /// Documents with bytes that are not UTF-8, and those bytes.
  package var undecodable: Int
  package var undecodableBytes: Int
  /// Files of other kinds in the folders that were given.
  package var otherFiles: Int

  init(_ part: DomainText) {
    let counts = part.counts
    read = counts.read
    bad = counts.bad.map { Bad(reason: $0.reason, count: $0.count, first: $0.first) }
    empty = counts.empty
    tooShort = counts.tooShort
    copies = counts.copies
    training = part.training.count
    heldOut = part.heldOut.count
    leftOut = part.entries.count - training - heldOut
    repeated = part.copies
    undecodable = counts.undecodable
    undecodableBytes = counts.undecodableBytes
    otherFiles = counts.otherFiles
  }
}
