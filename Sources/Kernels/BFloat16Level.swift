import CProcessor
import Foundation

/// How products in bfloat16 add up: each way has bits of its own, which its portable twin gives too.
package enum BFloat16Level: String, CaseIterable, Sendable {
  /// As VDPBF16PS does, pair after pair.
  case instructions = "bf16"
  /// The layers' and the output layer's products as TDPBF16PS does, tile after tile; those of attention
  /// pair after pair.
  case tiles = "bf16-tiles"

  /// What this processor has instructions for, the best last.
  package static let supported: [BFloat16Level] = {
    let text = ProcessorInformation.ofThisMachine.text
    // Tiles are there only for a process that asked Linux for them.
    return levels(ofProcessorInformation: text).filter {
      $0 != .tiles || mixpipe_request_tiles() != 0
    }
  }()

  /// The levels named by the flags in Linux's `/proc/cpuinfo`.
  package static func levels(ofProcessorInformation text: String) -> [BFloat16Level] {
    guard KernelLevel.level(ofProcessorInformation: text) == .avx512 else { return [] }
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let flags = Set(line.split(whereSeparator: \.isWhitespace))
    guard flags.contains("avx512_bf16") else { return [] }
    let tiles: Set<Substring> = ["amx_tile", "amx_bf16"]
    return tiles.isSubset(of: flags) ? [.instructions, .tiles] : [.instructions]
  }
}
