import KernelsPortable

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#endif

extension KernelTable {
  /// Numbers of scratch memory that `attend` and `attendBackward` need.
  package static func attentionScratch(positions: Int, headSize: Int) -> Int {
    max(
      KernelsPortable.attendScratch(positions: positions, headSize: headSize),
      KernelsPortable.attendBackwardScratch(positions: positions, headSize: headSize))
  }

  /// The kernels of a level.
  ///
  /// - Precondition: the processor has it.
  package init(level: KernelLevel) {
    precondition(
      level <= .supported, "expected at most \(KernelLevel.supported) kernels, found \(level)")
    switch level {
    case .portable: self = .portable
    #if arch(x86_64)
      case .avx2: self = .avx2
      case .avx512: self = .avx512
    #else
      case .avx2, .avx512: self = .portable
    #endif
    }
  }

  private static let portable = KernelTable(
    level: .portable, panelWidth: KernelsPortable.panelWidth(),
    packPanels: KernelsPortable.packPanels, multiplyPanels: KernelsPortable.multiplyPanels,
    accumulate: KernelsPortable.accumulate, attend: KernelsPortable.attend,
    attendBackward: KernelsPortable.attendBackward, normalize: KernelsPortable.normalize,
    normalizeBackward: KernelsPortable.normalizeBackward, gate: KernelsPortable.gate,
    gateBackward: KernelsPortable.gateBackward, softmaxBlock: KernelsPortable.softmaxBlock,
    crossEntropy: KernelsPortable.crossEntropy, softmaxSlopes: KernelsPortable.softmaxSlopes,
    multiplyInRegisters: KernelsPortable.multiplyInRegisters,
    mergeGradients: KernelsPortable.mergeGradients, adamStep: KernelsPortable.adamStep)

  #if arch(x86_64)
    private static let avx2 = KernelTable(
      level: .avx2, panelWidth: KernelsAVX2.panelWidth(), packPanels: KernelsAVX2.packPanels,
      multiplyPanels: KernelsAVX2.multiplyPanels, accumulate: KernelsAVX2.accumulate,
      attend: KernelsAVX2.attend, attendBackward: KernelsAVX2.attendBackward,
      normalize: KernelsAVX2.normalize, normalizeBackward: KernelsAVX2.normalizeBackward,
      gate: KernelsAVX2.gate, gateBackward: KernelsAVX2.gateBackward,
      softmaxBlock: KernelsAVX2.softmaxBlock, crossEntropy: KernelsAVX2.crossEntropy,
      softmaxSlopes: KernelsAVX2.softmaxSlopes,
      multiplyInRegisters: KernelsAVX2.multiplyInRegisters,
      mergeGradients: KernelsAVX2.mergeGradients,
      adamStep: KernelsAVX2.adamStep)

    private static let avx512 = KernelTable(
      level: .avx512, panelWidth: KernelsAVX512.panelWidth(), packPanels: KernelsAVX512.packPanels,
      multiplyPanels: KernelsAVX512.multiplyPanels, accumulate: KernelsAVX512.accumulate,
      attend: KernelsAVX512.attend, attendBackward: KernelsAVX512.attendBackward,
      normalize: KernelsAVX512.normalize, normalizeBackward: KernelsAVX512.normalizeBackward,
      gate: KernelsAVX512.gate, gateBackward: KernelsAVX512.gateBackward,
      softmaxBlock: KernelsAVX512.softmaxBlock, crossEntropy: KernelsAVX512.crossEntropy,
      softmaxSlopes: KernelsAVX512.softmaxSlopes,
      multiplyInRegisters: KernelsAVX512.multiplyInRegisters,
      mergeGradients: KernelsAVX512.mergeGradients,
      adamStep: KernelsAVX512.adamStep)
  #endif
}
