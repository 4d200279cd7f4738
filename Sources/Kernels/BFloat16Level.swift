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

  /// The one that trains fastest on this processor; nil where single precision does.
  package static let fastest = fastest(
    of: supported, processorInformation: ProcessorInformation.ofThisMachine.text)

  /// Tiles, where there are any: on an Emerald Rapids they train 2.8 to 5 times as many tokens a second (.4M to 30M
  /// parameters) as VDPBF16PS, which is half as fast there as single precision's products; on AMD's processors it is
  /// faster than these.
  package static func fastest(
    of levels: [BFloat16Level], processorInformation text: String
  ) -> BFloat16Level? {
    if levels.contains(.tiles) { return .tiles }
    let isIntel = text.split(separator: "\n").first { $0.hasPrefix("vendor_id") }
      .map { $0.hasSuffix("GenuineIntel") }
    return levels.contains(.instructions) && isIntel != true ? .instructions : nil
  }

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
