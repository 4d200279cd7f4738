/// The kernels of one level, as pointers to functions. What each does and expects is told beside the
/// functions of the same names in KernelsPortable.
package struct KernelTable: Sendable {
  package let level: KernelLevel
  /// Columns of one panel of `packPanels`.
  package let panelWidth: Int
  package let packPanels:
    @Sendable (
      _ depth: Int, _ columns: Int, _ source: UnsafePointer<Float>, _ rowStride: Int,
      _ columnStride: Int, _ panels: UnsafeMutablePointer<Float>
    ) -> Void
  package let multiplyPanels:
    @Sendable (
      _ rows: Int, _ columns: Int, _ depth: Int, _ a: UnsafePointer<Float>, _ aStride: Int,
      _ panels: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?, _ addendStride: Int,
      _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) -> Void
  package let accumulate:
    @Sendable (
      _ rows: Int, _ columns: Int, _ depth: Int, _ a: UnsafePointer<Float>, _ aRow: Int,
      _ aColumn: Int, _ b: UnsafePointer<Float>, _ bRow: Int, _ bPanel: Int,
      _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) -> Void
  package let attend:
    @Sendable (
      _ positions: Int, _ headSize: Int, _ queries: UnsafeMutablePointer<Float>,
      _ keys: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ stride: Int,
      _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>,
      _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
      _ logSums: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
    ) -> Void
  package let attendBackward:
    @Sendable (
      _ positions: Int, _ headSize: Int, _ queries: UnsafePointer<Float>,
      _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ stride: Int,
      _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>,
      _ output: UnsafePointer<Float>, _ dOutput: UnsafePointer<Float>, _ outputStride: Int,
      _ logSums: UnsafePointer<Float>, _ dQueries: UnsafeMutablePointer<Float>,
      _ dKeys: UnsafeMutablePointer<Float>, _ dValues: UnsafeMutablePointer<Float>, _ dStride: Int,
      _ scratch: UnsafeMutablePointer<Float>
    ) -> Void
  package let normalize:
    @Sendable (
      _ rows: Int, _ channels: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
      _ gain: UnsafePointer<Float>, _ epsilon: Float, _ y: UnsafeMutablePointer<Float>,
      _ yStride: Int, _ inverse: UnsafeMutablePointer<Float>
    ) -> Void
  package let normalizeBackward:
    @Sendable (
      _ rows: Int, _ channels: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
      _ gain: UnsafePointer<Float>, _ inverse: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
      _ dyStride: Int, _ dx: UnsafeMutablePointer<Float>, _ dxStride: Int,
      _ dGain: UnsafeMutablePointer<Float>
    ) -> Void
  package let gate:
    @Sendable (
      _ rows: Int, _ hidden: Int, _ gates: UnsafePointer<Float>, _ gateStride: Int,
      _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) -> Void
  package let gateBackward:
    @Sendable (
      _ rows: Int, _ hidden: Int, _ gates: UnsafeMutablePointer<Float>, _ gateStride: Int,
      _ dy: UnsafeMutablePointer<Float>, _ dyStride: Int
    ) -> Void
  package let softmaxBlock:
    @Sendable (
      _ entries: Int, _ firstEntry: Int, _ tokens: Int, _ logits: UnsafeMutablePointer<Float>,
      _ stride: Int, _ targets: UnsafePointer<UInt16>, _ reached: UnsafeMutablePointer<Float>,
      _ largest: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
      _ shifts: UnsafeMutablePointer<Float>
    ) -> Void
  package let crossEntropy:
    @Sendable (
      _ tokens: Int, _ largest: UnsafePointer<Float>, _ sums: UnsafePointer<Float>,
      _ reached: UnsafePointer<Float>, _ losses: UnsafeMutablePointer<Float>
    ) -> Void
  package let softmaxSlopes:
    @Sendable (
      _ entries: Int, _ firstEntry: Int, _ tokens: Int, _ logits: UnsafeMutablePointer<Float>,
      _ stride: Int, _ targets: UnsafePointer<UInt16>, _ shifts: UnsafeMutablePointer<Float>,
      _ largest: UnsafePointer<Float>, _ sums: UnsafePointer<Float>, _ scale: Float
    ) -> Void
  package let multiplyInRegisters:
    @Sendable (
      _ times: Int, _ sums: UnsafeMutablePointer<Float>, _ factors: UnsafePointer<Float>
    ) -> Void
  package let mergeGradients:
    @Sendable (
      _ count: Int, _ sum: UnsafeMutablePointer<Float>,
      _ others: UnsafePointer<UnsafeMutablePointer<Float>>, _ otherCount: Int, _ offset: Int
    ) -> Double
  package let adamStep:
    @Sendable (
      _ count: Int, _ parameters: UnsafeMutablePointer<Float>,
      _ gradients: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
      _ second: UnsafeMutablePointer<Float>, _ clip: Float, _ firstDecay: Float,
      _ secondDecay: Float, _ rate: Float, _ secondCorrection: Float, _ epsilon: Float,
      _ kept: Float
    ) -> Void
}
