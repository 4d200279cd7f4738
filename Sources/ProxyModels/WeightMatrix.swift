import COpenBLAS
import Kernels

/// One matrix of the model, (outputs, inputs), and its three products: forward, back to the input,
/// and the gradient of the matrix itself.
///
/// Our own kernels read the matrix from panels, packed again after each step; OpenBLAS packs at each
/// call, which only large matrices pay for.
struct WeightMatrix {
  let outputs: Int
  let inputs: Int
  let offset: Int
  /// Packed for `y = x·Wᵀ` and for `dx = dy·W`; nil where OpenBLAS does the work.
  let panels: (forward: UnsafeMutablePointer<Float>, backward: UnsafeMutablePointer<Float>)?

  init(
    outputs: Int, inputs: Int, offset: Int, kernels: KernelTable, engine: ProductEngine,
    carver: inout Carver
  ) {
    self.outputs = outputs
    self.inputs = inputs
    self.offset = offset
    if engine.packs(outputs: outputs, inputs: inputs, level: kernels.level) {
      let width = kernels.panelWidth
      func padded(_ columns: Int) -> Int { (columns + width - 1) / width * width }
      panels = (carver.take(padded(outputs) * inputs), carver.take(padded(inputs) * outputs))
    } else {
      panels = nil
    }
  }

  /// Copies the matrix into its panels.
  func pack(_ parameters: UnsafePointer<Float>, _ kernels: KernelTable) {
    guard let panels else { return }
    let weight = parameters + offset
    kernels.packPanels(inputs, outputs, weight, 1, inputs, panels.forward)
    kernels.packPanels(outputs, inputs, weight, inputs, 1, panels.backward)
  }

  /// `y = x·Wᵀ (+ addend)`: x (rows, inputs) to y (rows, outputs). `addend` has y's stride and may be
  /// y. Rows of y have room for whole vectors.
  func forward(
    _ parameters: UnsafePointer<Float>, _ kernels: KernelTable, rows: Int,
    x: UnsafePointer<Float>, xStride: Int, addend: UnsafePointer<Float>? = nil,
    y: UnsafeMutablePointer<Float>, yStride: Int
  ) {
    if let panels {
      kernels.multiplyPanels(
        rows, outputs, inputs, x, xStride, panels.forward, addend, yStride, y, yStride)
      return
    }
    if let addend, addend != UnsafePointer(y) { y.update(from: addend, count: rows * yStride) }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(outputs), blasint(inputs), 1,
      x, blasint(xStride), parameters + offset, blasint(inputs), addend == nil ? 0 : 1, y,
      blasint(yStride))
  }

  /// `dx = dy·W`: dy (rows, outputs) to dx (rows, inputs).
  func backward(
    _ parameters: UnsafePointer<Float>, _ kernels: KernelTable, rows: Int,
    dy: UnsafePointer<Float>, dyStride: Int, dx: UnsafeMutablePointer<Float>, dxStride: Int
  ) {
    if let panels {
      kernels.multiplyPanels(
        rows, inputs, outputs, dy, dyStride, panels.backward, nil, 0, dx, dxStride)
      return
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(inputs), blasint(outputs),
      1, dy, blasint(dyStride), parameters + offset, blasint(inputs), 0, dx, blasint(dxStride))
  }

  /// `dW += dyᵀ·x`.
  func accumulate(
    _ gradients: UnsafeMutablePointer<Float>, _ kernels: KernelTable, rows: Int,
    dy: UnsafePointer<Float>, dyStride: Int, x: UnsafePointer<Float>, xStride: Int
  ) {
    if panels != nil {
      kernels.accumulate(
        outputs, inputs, rows, dy, 1, dyStride, x, xStride, kernels.panelWidth, gradients + offset,
        inputs)
      return
    }
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(outputs), blasint(inputs), blasint(rows), 1,
      dy, blasint(dyStride), x, blasint(xStride), 1, gradients + offset, blasint(inputs))
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
