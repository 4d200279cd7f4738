import Foundation
import Mixtures

/// The model's loss on each domain's held-out windows.
func evaluate<HeldOut: HeldOutSource>(
  _ model: ProxyModel, on heldOut: HeldOut, workers: Int, microBatch: Int
) -> [DomainLoss] {
  var none: TokenLosses?
  return evaluate(
    model, on: heldOut, workers: workers, microBatch: microBatch, keeping: 0, in: &none)
}

/// The same, with the losses of about `keeping` tokens of each domain, spread evenly over its windows and
/// over the places in a window.
func evaluate<HeldOut: HeldOutSource>(
  _ model: ProxyModel, on heldOut: HeldOut, workers: Int, microBatch: Int, keeping: Int,
  in tokenLosses: inout TokenLosses?
) -> [DomainLoss] {
  let length = model.layout.size.contextLength
  let workspaces = (0..<workers).map { _ in
    model.workspace(sequences: microBatch, positions: length, training: false)
  }
  let predicted =
    heldOut.domains.indices.reduce(0) { $0 + heldOut.windowCount(domain: $1) } * length
  let projections = model.tokenProjections(tokens: predicted, workspace: workspaces[0])
  for workspace in workspaces { workspace.projections = projections }
  return heldOut.domains.enumerated().map { domain, name in
    let count = heldOut.windowCount(domain: domain)
    // Each window's mean loss, in the windows' order whoever computes it.
    var means = [Double](repeating: 0, count: count)
    // Every `stride`-th token of the windows one after the other; the first differs from window to
    // window as long as the stride does not divide a window.
    let stride = keeping > 0 ? max(count * length / keeping, 1) | 1 : 0
    let kept = stride > 0 ? (count * length + stride - 1) / stride : 0
    var tokens = [Double](repeating: 0, count: kept)
    means.withUnsafeMutableBufferPointer { means in
      tokens.withUnsafeMutableBufferPointer { tokens in
        nonisolated(unsafe) let means = means
        nonisolated(unsafe) let tokens = tokens
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
                let sum = losses[index * length..<(index + 1) * length].reduce(0) {
                  $0 + Double($1)
                }
                means[first + index] = sum / Double(length)
                guard stride > 0 else { continue }
                let start = (first + index) * length
                for place in (start + stride - 1) / stride..<(start + length + stride - 1) / stride
                {
                  tokens[place] = Double(losses[place * stride - first * length])
                }
              }
            }
          }
        }
      }
    }
    if stride > 0 { tokenLosses?.append(name, losses: tokens) }
    let loss = means.reduce(0, +) / Double(count)
    let variance =
      means.reduce(0) { $0 + ($1 - loss) * ($1 - loss) } / Double(max(count - 1, 1))
    let bits = loss * Double(count * length) / log(2)
    return DomainLoss(
      domain: name, loss: loss, standardError: (variance / Double(count)).squareRoot(),
      bitsPerByte: bits / Double(max(heldOut.byteCount(domain: domain), 1)))
  }
}
