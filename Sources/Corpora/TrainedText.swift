import Dispatch
import Foundation

/// What training text and held-out text have in common.
enum TrainedText {
  /// The hashes of whole documents and long paragraphs of any training side, as far as any held-out
  /// side has them too: what training has alone need not be remembered.
  static func hashes(
    in parts: [DomainText], others: [DividedText] = [], workers: Int
  ) -> Set<UInt64> {
    var wanted: Set<UInt64> = []
    for part in parts {
      for index in part.heldOut {
        wanted.insert(part.entries[index].text)
        wanted.formUnion(part.paragraphs(of: index))
      }
    }
    let found = FoundHashes()
    let slices = max(workers, 1) * 4
    let asked = wanted
    for part in parts where !part.training.isEmpty {
      DispatchQueue.concurrentPerform(iterations: slices) { slice in
        var own: Set<UInt64> = []
        let count = part.training.count
        for place in count * slice / slices..<count * (slice + 1) / slices {
          let index = part.training[place]
          if asked.contains(part.entries[index].text) { own.insert(part.entries[index].text) }
          for hash in part.paragraphs(of: index) where asked.contains(hash) { own.insert(hash) }
        }
        found.add(own)
      }
    }
    for other in others { found.add(other.trainedHashes(among: asked)) }
    return found.all
  }

  private final class FoundHashes: @unchecked Sendable {
    private let lock = NSLock()
    private var hashes: Set<UInt64> = []

    func add(_ more: Set<UInt64>) { lock.withLock { hashes.formUnion(more) } }
    var all: Set<UInt64> { lock.withLock { hashes } }
  }
}
