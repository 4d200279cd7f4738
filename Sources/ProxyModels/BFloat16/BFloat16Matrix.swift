import Kernels

/// One matrix of the model, (outputs, inputs), and its three products in bfloat16: forward, back to the
/// input, and the gradient of the matrix itself, which is of single precision as the matrix is.
struct BFloat16Matrix {
  let outputs: Int
  let inputs: Int
  let offset: Int
  let kernels: BFloat16Kernels
  /// Panels for `y = x·Wᵀ` and for `dx = dy·W`, packed again after each step; nil for a matrix so large
  /// that panels are packed block by block when they are needed.
  private let panels:
    (forward: UnsafeMutablePointer<UInt32>, backward: UnsafeMutablePointer<UInt32>)?

  /// Elements from which no panels are kept.
  static let largeCount = 3 << 19
  /// Rows of such a matrix that are packed at once.
  static let packedRows = 256

  static func isLarge(outputs: Int, inputs: Int) -> Bool { outputs * inputs >= largeCount }

  /// Columns in whole panels of any level.
  static func padded(_ columns: Int) -> Int { (columns + 31) / 32 * 32 }

  init(
    outputs: Int, inputs: Int, offset: Int, kernels: BFloat16Kernels, carver: inout Carver
  ) {
    self.outputs = outputs
    self.inputs = inputs
    self.offset = offset
    self.kernels = kernels
    panels =
      Self.isLarge(outputs: outputs, inputs: inputs)
      ? nil
      : (
        carver.takeWords(Self.padded(outputs) * inputs / 2),
        carver.takeWords(Self.padded(inputs) * outputs / 2)
      )
  }

  /// Rounds the matrix into its panels.
  func pack(_ parameters: UnsafePointer<Float>) {
    guard let panels else { return }
    kernels.packRounded(inputs, outputs, parameters + offset, true, panels.forward)
    kernels.packRounded(outputs, inputs, parameters + offset, false, panels.backward)
  }

  /// `y = x·Wᵀ (+ addend)`: x (rows, inputs/2) words to y (rows, outputs). `addend` has y's stride and may
  /// be y. Rows of y have room for whole vectors.
  ///
  /// - Parameter scratch: room for ``packedRows`` rows of the matrix in whole panels, if it is large.
  func forward(
    _ parameters: UnsafePointer<Float>, rows: Int, x: UnsafePointer<UInt32>, xStride: Int,
    addend: UnsafePointer<Float>? = nil, y: UnsafeMutablePointer<Float>, yStride: Int,
    scratch: UnsafeMutablePointer<UInt32>
  ) {
    if let panels {
      kernels.multiplyPanels(
        rows, outputs, inputs / 2, x, xStride, panels.forward, addend, yStride, y, yStride)
      return
    }
    for first in stride(from: 0, to: outputs, by: Self.packedRows) {
      let count = min(Self.packedRows, outputs - first)
      kernels.packRounded(inputs, count, parameters + (offset + first * inputs), true, scratch)
      kernels.multiplyPanels(
        rows, count, inputs / 2, x, xStride, scratch, addend.map { $0 + first }, yStride,
        y + first, yStride)
    }
  }

  /// `dx = dy·W`: dy (rows, outputs/2) words to dx (rows, inputs).
  ///
  /// - Parameter scratch: as in ``forward(_:rows:x:xStride:addend:y:yStride:scratch:)``.
  func backward(
    _ parameters: UnsafePointer<Float>, rows: Int, dy: UnsafePointer<UInt32>, dyStride: Int,
    dx: UnsafeMutablePointer<Float>, dxStride: Int, scratch: UnsafeMutablePointer<UInt32>
  ) {
    if let panels {
      kernels.multiplyPanels(
        rows, inputs, outputs / 2, dy, dyStride, panels.backward, nil, 0, dx, dxStride)
      return
    }
    let width = kernels.panelWidth
    for first in stride(from: 0, to: outputs, by: Self.packedRows) {
      let count = min(Self.packedRows, outputs - first)
      kernels.packRounded(count, inputs, parameters + (offset + first * inputs), false, scratch)
      if first == 0 {
        kernels.multiplyPanels(
          rows, inputs, count / 2, dy, dyStride, scratch, nil, 0, dx, dxStride)
      } else {
        kernels.accumulate(
          rows, inputs, count / 2, dy + first / 2, dyStride, 1, scratch, width, count / 2 * width,
          dx, dxStride)
      }
    }
  }

  /// `dW += dyᵀ·x` from pairs of rows, (rows/2, outputs) and (rows/2, inputs) words.
  func accumulate(
    _ gradients: UnsafeMutablePointer<Float>, rows: Int, dy: UnsafePointer<UInt32>, dyStride: Int,
    x: UnsafePointer<UInt32>, xStride: Int
  ) {
    kernels.accumulate(
      outputs, inputs, (rows + 1) / 2, dy, 1, dyStride, x, xStride, kernels.panelWidth,
      gradients + offset, inputs)
  }
}

extension Carver {
  /// `count` words of 32 bits that begin at a cache line.
  mutating func takeWords(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(take(count)).assumingMemoryBound(to: UInt32.self)
  }
}
