import Dispatch
import Foundation

/// Encodes texts on several cores, a batch at a time, and hands the tokens over in order: the same for
/// any number of workers.
struct ParallelEncoder {
  let vocabulary: Vocabulary
  private let encoders: [WorkerEncoder]

  /// Bytes of text that each worker gets at a time.
  private static let batchBytes = 4 << 20

  init(_ vocabulary: Vocabulary, workers: Int) {
    self.vocabulary = vocabulary
    encoders = (0..<max(workers, 1)).map { _ in WorkerEncoder(vocabulary) }
  }

  /// - Parameter sink: gets the tokens of the texts, each followed by the end-of-text token where it ends.
  func encode(
    _ runs: [TextRun], of spool: TextSpool, sink: ([UInt16]) throws -> Void
  ) throws {
    var start = 0
    while start < runs.count {
      // A slice for each worker, of about equal bytes.
      var bounds = [start]
      var bytes = 0
      var end = start
      while end < runs.count, bounds.count <= encoders.count {
        bytes += runs[end].range.count
        end += 1
        if bytes >= Self.batchBytes || end == runs.count {
          bounds.append(end)
          bytes = 0
        }
      }
      let slices = bounds
      DispatchQueue.concurrentPerform(iterations: slices.count - 1) { slice in
        encoders[slice].encode(runs[slices[slice]..<slices[slice + 1]], of: spool)
      }
      for slice in 0..<slices.count - 1 { try sink(encoders[slice].tokens) }
      start = end
    }
  }
}

/// One worker's encoder, and what it made last.
private final class WorkerEncoder: @unchecked Sendable {
  private var encoder: UnitEncoder
  private let endOfText: UInt16
  private(set) var tokens: [UInt16] = []

  init(_ vocabulary: Vocabulary) {
    encoder = UnitEncoder(vocabulary)
    endOfText = UInt16(vocabulary.endOfText)
  }

  func encode(_ runs: ArraySlice<TextRun>, of spool: TextSpool) {
    tokens.removeAll(keepingCapacity: true)
    for run in runs {
      encoder.encode(spool.bytes(run.range), into: &tokens)
      if run.isEnded { tokens.append(endOfText) }
    }
  }
}
