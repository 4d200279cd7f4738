/// The kernels of training in bfloat16: products of rounded factors that add up in single precision,
/// and what comes between them. What each does and expects is told beside the functions of the same
/// names in KernelsPortable/BFloat16.
package struct BFloat16Kernels: Sendable {
  package let level: BFloat16Level
  /// Columns of one panel.
  package let panelWidth: Int
  package let packPanels:
    @Sendable (
      _ depth: Int, _ columns: Int, _ source: UnsafePointer<UInt32>, _ rowStride: Int,
      _ columnStride: Int, _ panels: UnsafeMutablePointer<UInt32>
    ) -> Void
  package let roundRows:
    @Sendable (
      _ count: Int, _ source: UnsafePointer<Float>, _ words: UnsafeMutablePointer<UInt32>
    ) -> Void
  package let packRounded:
    @Sendable (
      _ depth: Int, _ columns: Int, _ source: UnsafePointer<Float>, _ isTransposed: Bool,
      _ panels: UnsafeMutablePointer<UInt32>
    ) -> Void
  package let multiplyPanels:
    @Sendable (
      _ rows: Int, _ columns: Int, _ depth: Int, _ a: UnsafePointer<UInt32>, _ aStride: Int,
      _ panels: UnsafePointer<UInt32>, _ addend: UnsafePointer<Float>?, _ addendStride: Int,
      _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) -> Void
  package let accumulate:
    @Sendable (
      _ rows: Int, _ columns: Int, _ depth: Int, _ a: UnsafePointer<UInt32>, _ aRow: Int,
      _ aColumn: Int, _ b: UnsafePointer<UInt32>, _ bRow: Int, _ bPanel: Int,
      _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) -> Void
  package let attend:
    @Sendable (
      _ positions: Int, _ headSize: Int, _ queries: UnsafePointer<Float>,
      _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ stride: Int,
      _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>,
      _ heads: UnsafeMutablePointer<UInt32>, _ headPart: Int, _ headStride: Int,
      _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
      _ rows: UnsafeMutablePointer<UInt32>, _ rowStride: Int,
      _ pairs: UnsafeMutablePointer<UInt32>, _ pairStride: Int,
      _ logSums: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<UInt32>
    ) -> Void
  package let attendBackward:
    @Sendable (
      _ positions: Int, _ headSize: Int, _ heads: UnsafePointer<UInt32>, _ headPart: Int,
      _ headStride: Int, _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>,
      _ output: UnsafePointer<Float>, _ dOutput: UnsafePointer<Float>, _ outputStride: Int,
      _ logSums: UnsafePointer<Float>, _ dRows: UnsafeMutablePointer<UInt32>, _ dRowStride: Int,
      _ dPairs: UnsafeMutablePointer<UInt32>, _ dPairStride: Int,
      _ scratch: UnsafeMutablePointer<UInt32>
    ) -> Void
  package let normalize:
    @Sendable (
      _ rows: Int, _ channels: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
      _ gain: UnsafePointer<Float>, _ epsilon: Float, _ y: UnsafeMutablePointer<UInt32>,
      _ yStride: Int, _ pairs: UnsafeMutablePointer<UInt32>?, _ pairStride: Int,
      _ inverse: UnsafeMutablePointer<Float>
    ) -> Void
  package let normalizeBackward:
    @Sendable (
      _ rows: Int, _ channels: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
      _ gain: UnsafePointer<Float>, _ inverse: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
      _ dyStride: Int, _ dx: UnsafeMutablePointer<Float>, _ dxStride: Int,
      _ dGain: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<UInt32>, _ yStride: Int,
      _ pairs: UnsafeMutablePointer<UInt32>, _ pairStride: Int
    ) -> Void
  package let gate:
    @Sendable (
      _ rows: Int, _ hidden: Int, _ gates: UnsafePointer<Float>, _ gateStride: Int,
      _ y: UnsafeMutablePointer<UInt32>, _ yStride: Int
    ) -> Void
  package let gateBackward:
    @Sendable (
      _ rows: Int, _ hidden: Int, _ gates: UnsafePointer<Float>, _ gateStride: Int,
      _ dy: UnsafePointer<Float>, _ dyStride: Int, _ dGates: UnsafeMutablePointer<UInt32>,
      _ dGateStride: Int, _ dGatePairs: UnsafeMutablePointer<UInt32>, _ dGatePairStride: Int,
      _ hiddenPairs: UnsafeMutablePointer<UInt32>, _ hiddenPairStride: Int
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
      _ entries: Int, _ firstEntry: Int, _ tokens: Int, _ terms: UnsafePointer<Float>,
      _ stride: Int, _ targets: UnsafePointer<UInt16>, _ shifts: UnsafeMutablePointer<Float>,
      _ largest: UnsafePointer<Float>, _ sums: UnsafePointer<Float>, _ scale: Float,
      _ slopes: UnsafeMutablePointer<UInt32>, _ slopeStride: Int,
      _ pairs: UnsafeMutablePointer<UInt32>, _ pairStride: Int
    ) -> Void
  package let multiplyInRegisters:
    @Sendable (
      _ times: Int, _ sums: UnsafeMutablePointer<Float>, _ factors: UnsafePointer<UInt32>
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
