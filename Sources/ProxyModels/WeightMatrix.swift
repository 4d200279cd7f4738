import COpenBLAS
import Kernels

/// One matrix of the model, (outputs, inputs), and its three products: forward, back to the input,
/// and the gradient of the matrix itself.
struct WeightMatrix {
  /// What multiplies.
  enum Products {
    /// Our own kernels, which read the matrix from panels for `y = x·Wᵀ` and for `dx = dy·W`, packed again
    /// after each step.
    case panels(forward: UnsafeMutablePointer<Float>, backward: UnsafeMutablePointer<Float>)
    /// The same with panels packed block by block when they are needed: those of a large matrix would take
    /// twice its memory, and packing is a fiftieth of the product's time.
    case blocks
    /// OpenBLAS, which packs at each call; only large matrices make up for that.
    case blas
  }

  let outputs: Int
  let inputs: Int
  let offset: Int
  let products: Products

  /// Elements from which no panels are kept.
  static let largeCount = 1 << 18
  /// Rows of such a matrix that are packed at once.
  static let packedRows = 256

  static func isLarge(outputs: Int, inputs: Int) -> Bool { outputs * inputs >= largeCount }

  init(
    outputs: Int, inputs: Int, offset: Int, kernels: KernelTable, engine: ProductEngine,
    carver: inout Carver
  ) {
    self.outputs = outputs
    self.inputs = inputs
    self.offset = offset
    if !engine.packs(outputs: outputs, inputs: inputs, level: kernels.level) {
      products = .blas
    } else if Self.isLarge(outputs: outputs, inputs: inputs) {
      products = .blocks
    } else {
      let width = kernels.panelWidth
      func padded(_ columns: Int) -> Int { (columns + width - 1) / width * width }
      products = .panels(
        forward: carver.take(padded(outputs) * inputs),
        backward: carver.take(padded(inputs) * outputs))
    }
  }

  /// Copies the matrix into its panels.
  func pack(_ parameters: UnsafePointer<Float>, _ kernels: KernelTable) {
    guard case .panels(let forward, let backward) = products else { return }
    let weight = parameters + offset
    kernels.packPanels(inputs, outputs, weight, 1, inputs, forward)
    kernels.packPanels(outputs, inputs, weight, inputs, 1, backward)
  }

  /// `y = x·Wᵀ (+ addend)`: x (rows, inputs) to y (rows, outputs). `addend` has y's stride and may be
  /// y. Rows of y have room for whole vectors.
  ///
  /// - Parameter scratch: room for ``packedRows`` rows of the matrix in whole panels, if it is large.
  func forward(
    _ parameters: UnsafePointer<Float>, _ kernels: KernelTable, rows: Int,
    x: UnsafePointer<Float>, xStride: Int, addend: UnsafePointer<Float>? = nil,
    y: UnsafeMutablePointer<Float>, yStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    switch products {
    case .panels(let panels, _):
      kernels.multiplyPanels(
        rows, outputs, inputs, x, xStride, panels, addend, yStride, y, yStride)
    case .blocks:
      for first in stride(from: 0, to: outputs, by: Self.packedRows) {
        let count = min(Self.packedRows, outputs - first)
        kernels.packPanels(
          inputs, count, parameters + (offset + first * inputs), 1, inputs, scratch)
        kernels.multiplyPanels(
          rows, count, inputs, x, xStride, scratch, addend.map { $0 + first }, yStride,
          y + first, yStride)
      }
    case .blas:
      if let addend, addend != UnsafePointer(y) { y.update(from: addend, count: rows * yStride) }
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(outputs), blasint(inputs),
        1, x, blasint(xStride), parameters + offset, blasint(inputs), addend == nil ? 0 : 1, y,
        blasint(yStride))
    }
  }

  /// `dx = dy·W`: dy (rows, outputs) to dx (rows, inputs).
  ///
  /// - Parameter scratch: as in ``forward(_:_:rows:x:xStride:addend:y:yStride:scratch:)``.
  func backward(
    _ parameters: UnsafePointer<Float>, _ kernels: KernelTable, rows: Int,
    dy: UnsafePointer<Float>, dyStride: Int, dx: UnsafeMutablePointer<Float>, dxStride: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    switch products {
    case .panels(_, let panels):
      kernels.multiplyPanels(rows, inputs, outputs, dy, dyStride, panels, nil, 0, dx, dxStride)
    case .blocks:
      let width = kernels.panelWidth
      for first in stride(from: 0, to: outputs, by: Self.packedRows) {
        let count = min(Self.packedRows, outputs - first)
        kernels.packPanels(
          count, inputs, parameters + (offset + first * inputs), inputs, 1, scratch)
        if first == 0 {
          kernels.multiplyPanels(
            rows, inputs, count, dy, dyStride, scratch, nil, 0, dx, dxStride)
        } else {
          kernels.accumulate(
            rows, inputs, count, dy + first, dyStride, 1, scratch, width,
            count * width, dx, dxStride)
        }
      }
    case .blas:
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(inputs),
        blasint(outputs), 1, dy, blasint(dyStride), parameters + offset, blasint(inputs), 0, dx,
        blasint(dxStride))
    }
  }

  /// `dW += dyᵀ·x`.
  func accumulate(
    _ gradients: UnsafeMutablePointer<Float>, _ kernels: KernelTable, rows: Int,
    dy: UnsafePointer<Float>, dyStride: Int, x: UnsafePointer<Float>, xStride: Int
  ) {
    if case .blas = products {
      cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, blasint(outputs), blasint(inputs), blasint(rows),
        1, dy, blasint(dyStride), x, blasint(xStride), 1, gradients + offset, blasint(inputs))
    } else {
      kernels.accumulate(
        outputs, inputs, rows, dy, 1, dyStride, x, xStride, kernels.panelWidth, gradients + offset,
        inputs)
    }
  }
}

/// Which code multiplies matrices. Results differ by rounding only.
package enum ProductEngine: String, Sendable, Codable {
  /// Our own kernels where they are faster, OpenBLAS elsewhere.
  case automatic
  case kernels
  case blas

  func packs(outputs: Int, inputs: Int, level: KernelLevel) -> Bool {
    switch self {
    case .kernels: true
    case .blas: false
    // With AVX-512 our tiles are faster at all sizes. At the other levels OpenBLAS's are the better
    // ones where what it spends on packing is small.
    case .automatic: level == .avx512 || min(outputs, inputs) < 256
    }
  }
}
