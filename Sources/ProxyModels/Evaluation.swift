import Foundation
import Mixtures

/// The model's loss on each domain's held-out windows.
func evaluate<HeldOut: HeldOutSource>(
  _ model: ProxyModel, on heldOut: HeldOut, workers: Int, microBatch: Int
) -> [DomainLoss] {
  let length = model.layout.size.contextLength
  let workspaces = (0..<workers).map { _ in
    Workspace(layout: model.layout, sequences: microBatch, positions: length, training: false)
  }
  return heldOut.domains.enumerated().map { domain, name in
    let count = heldOut.windowCount(domain: domain)
    // Each window's mean loss, in the windows' order whoever computes it.
    var means = [Double](repeating: 0, count: count)
    means.withUnsafeMutableBufferPointer { means in
      nonisolated(unsafe) let means = means
      let batches = (count + microBatch - 1) / microBatch
      concurrently(workers: workers, items: batches) { worker, batch in
        let first = batch * microBatch
        let size = min(microBatch, count - first)
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: size * (length + 1)) { windows in
          for index in 0..<size {
            heldOut.copyWindow(
              domain: domain, window: first + index,
              into: UnsafeMutableBufferPointer(
                rebasing: windows[index * (length + 1)..<(index + 1) * (length + 1)]))
          }
          model.evaluate(
            windows: windows.baseAddress!, sequences: size, positions: length,
            workspace: workspaces[worker]
          ) { losses in
            for index in 0..<size {
              let sum = losses[index * length..<(index + 1) * length].reduce(0) { $0 + Double($1) }
              means[first + index] = sum / Double(length)
            }
          }
        }
      }
    }
    let loss = means.reduce(0, +) / Double(count)
    let variance =
      means.reduce(0) { $0 + ($1 - loss) * ($1 - loss) } / Double(max(count - 1, 1))
    let bits = loss * Double(count * length) / log(2)
    return DomainLoss(
      domain: name, loss: loss, standardError: (variance / Double(count)).squareRoot(),
      bitsPerByte: bits / Double(max(heldOut.byteCount(domain: domain), 1)))
  }
}
