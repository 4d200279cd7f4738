import Foundation
import KernelsBFloat16Portable

#if arch(x86_64)
  import KernelsBFloat16AMX
  import KernelsBFloat16AVX512
#endif

extension BFloat16Kernels {
  /// Words of scratch memory that `attend` and `attendBackward` need.
  package static func attentionScratch(positions: Int, headSize: Int) -> Int {
    max(
      KernelsBFloat16Portable.attendScratch(positions: positions, headSize: headSize),
      KernelsBFloat16Portable.attendBackwardScratch(positions: positions, headSize: headSize))
  }

  /// The kernels of a level, or their portable twin: the same bits on any processor, many times slower.
  ///
  /// - Precondition: the processor has the level, if it is not the twin that is asked for.
  package init(level: BFloat16Level, isTwin: Bool) {
    precondition(
      isTwin || BFloat16Level.supported.contains(level),
      "expected one of \(BFloat16Level.supported), found \(level)")
    #if arch(x86_64)
      switch level {
      case .instructions: self = isTwin ? .portable : .instructions
      case .tiles: self = isTwin ? .portableTiles : .tiles
      }
    #else
      switch level {
      case .instructions: self = .portable
      case .tiles: self = .portableTiles
      }
    #endif
  }

  /// The environment variable that asks for a level where nothing else does, or with `portable-` before it for
  /// portable twins in place of instructions.
  package static let variable = "MIXPIPE_BF16"

  /// What `MIXPIPE_BF16` asks for; nil where it is not set.
  ///
  /// - Throws: `KernelError` for what is no level's name.
  package static func asked(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(KernelError) -> (level: BFloat16Level, isTwin: Bool)? {
    guard let asked = environment[variable], !asked.isEmpty else { return nil }
    let prefix = "portable-"
    let isTwin = asked.hasPrefix(prefix)
    let name = isTwin ? String(asked.dropFirst(prefix.count)) : asked
    guard let level = BFloat16Level(rawValue: name) else { throw .unknownBFloat16(name: asked) }
    return (level, isTwin)
  }

  /// The kernels of a level, or their twin where `MIXPIPE_BF16` asks for one.
  ///
  /// - Throws: `KernelError` where the processor has no instructions for it.
  package static func chosen(
    _ level: BFloat16Level,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(KernelError) -> BFloat16Kernels {
    let isTwin = try asked(environment: environment)?.isTwin ?? false
    guard isTwin || BFloat16Level.supported.contains(level) else { throw .noBFloat16(level) }
    return BFloat16Kernels(level: level, isTwin: isTwin)
  }

  /// The kernels of a level, or their twin where the processor has no instructions: the same bits on any machine.
  package static func standard(_ level: BFloat16Level = .instructions) -> BFloat16Kernels {
    BFloat16Kernels(level: level, isTwin: !BFloat16Level.supported.contains(level))
  }

  private static let portable = BFloat16Kernels(
    level: .instructions,
    panelWidth: KernelsBFloat16Portable.panelWidth(),
    packPanels: KernelsBFloat16Portable.packPanels,
    roundRows: KernelsBFloat16Portable.roundRows,
    packRounded: KernelsBFloat16Portable.packRounded,
    multiplyPanels: KernelsBFloat16Portable.multiplyPanels,
    accumulate: KernelsBFloat16Portable.accumulate,
    attend: KernelsBFloat16Portable.attend,
    attendBackward: KernelsBFloat16Portable.attendBackward,
    normalize: KernelsBFloat16Portable.normalize,
    normalizeBackward: KernelsBFloat16Portable.normalizeBackward,
    gate: KernelsBFloat16Portable.gate,
    gateBackward: KernelsBFloat16Portable.gateBackward,
    softmaxBlock: KernelsBFloat16Portable.softmaxBlock,
    crossEntropy: KernelsBFloat16Portable.crossEntropy,
    softmaxSlopes: KernelsBFloat16Portable.softmaxSlopes,
    multiplyInRegisters: KernelsBFloat16Portable.multiplyInRegisters,
    mergeGradients: KernelsBFloat16Portable.mergeGradients,
    adamStep: KernelsBFloat16Portable.adamStep)

  private static let portableTiles = BFloat16Kernels(
    level: .tiles,
    panelWidth: KernelsBFloat16Portable.panelWidth(),
    packPanels: KernelsBFloat16Portable.packPanels,
    roundRows: KernelsBFloat16Portable.roundRows,
    packRounded: KernelsBFloat16Portable.packRounded,
    multiplyPanels: KernelsBFloat16Portable.multiplyPanelsByTiles,
    accumulate: KernelsBFloat16Portable.accumulateByTiles,
    attend: KernelsBFloat16Portable.attend,
    attendBackward: KernelsBFloat16Portable.attendBackward,
    normalize: KernelsBFloat16Portable.normalize,
    normalizeBackward: KernelsBFloat16Portable.normalizeBackward,
    gate: KernelsBFloat16Portable.gate,
    gateBackward: KernelsBFloat16Portable.gateBackward,
    softmaxBlock: KernelsBFloat16Portable.softmaxBlock,
    crossEntropy: KernelsBFloat16Portable.crossEntropy,
    softmaxSlopes: KernelsBFloat16Portable.softmaxSlopes,
    multiplyInRegisters: KernelsBFloat16Portable.multiplyInRegisters,
    mergeGradients: KernelsBFloat16Portable.mergeGradients,
    adamStep: KernelsBFloat16Portable.adamStep)

  #if arch(x86_64)
    private static let instructions = BFloat16Kernels(
      level: .instructions,
      panelWidth: KernelsBFloat16AVX512.panelWidth(),
      packPanels: KernelsBFloat16AVX512.packPanels,
      roundRows: KernelsBFloat16AVX512.roundRows,
      packRounded: KernelsBFloat16AVX512.packRounded,
      multiplyPanels: KernelsBFloat16AVX512.multiplyPanels,
      accumulate: KernelsBFloat16AVX512.accumulate,
      attend: KernelsBFloat16AVX512.attend,
      attendBackward: KernelsBFloat16AVX512.attendBackward,
      normalize: KernelsBFloat16AVX512.normalize,
      normalizeBackward: KernelsBFloat16AVX512.normalizeBackward,
      gate: KernelsBFloat16AVX512.gate,
      gateBackward: KernelsBFloat16AVX512.gateBackward,
      softmaxBlock: KernelsBFloat16AVX512.softmaxBlock,
      crossEntropy: KernelsBFloat16AVX512.crossEntropy,
      softmaxSlopes: KernelsBFloat16AVX512.softmaxSlopes,
      multiplyInRegisters: KernelsBFloat16AVX512.multiplyInRegisters,
      mergeGradients: KernelsBFloat16AVX512.mergeGradients,
      adamStep: KernelsBFloat16AVX512.adamStep)

    private static let tiles = BFloat16Kernels(
      level: .tiles,
      panelWidth: KernelsBFloat16AMX.panelWidth(),
      packPanels: KernelsBFloat16AMX.packPanels,
      roundRows: KernelsBFloat16AMX.roundRows,
      packRounded: KernelsBFloat16AMX.packRounded,
      multiplyPanels: KernelsBFloat16AMX.multiplyPanelsByTiles,
      accumulate: KernelsBFloat16AMX.accumulateByTiles,
      attend: KernelsBFloat16AMX.attend,
      attendBackward: KernelsBFloat16AMX.attendBackward,
      normalize: KernelsBFloat16AMX.normalize,
      normalizeBackward: KernelsBFloat16AMX.normalizeBackward,
      gate: KernelsBFloat16AMX.gate,
      gateBackward: KernelsBFloat16AMX.gateBackward,
      softmaxBlock: KernelsBFloat16AMX.softmaxBlock,
      crossEntropy: KernelsBFloat16AMX.crossEntropy,
      softmaxSlopes: KernelsBFloat16AMX.softmaxSlopes,
      multiplyInRegisters: KernelsBFloat16AMX.multiplyInTiles,
      mergeGradients: KernelsBFloat16AMX.mergeGradients,
      adamStep: KernelsBFloat16AMX.adamStep)
  #endif
}
