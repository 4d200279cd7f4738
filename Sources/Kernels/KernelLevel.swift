import Foundation

/// What the kernels may ask of the processor; each level holds those before it.
package enum KernelLevel: String, CaseIterable, Comparable, Sendable {
  /// What every processor of the architecture has.
  case portable
  /// x86-64-v3: 8 numbers at once, fused multiply-add.
  case avx2
  /// x86-64-v4: 16 numbers at once.
  case avx512

  package static func < (a: KernelLevel, b: KernelLevel) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .portable: 0
    case .avx2: 1
    case .avx512: 2
    }
  }

  /// The environment variable that asks for a lesser level than the processor has.
  package static let variable = "MIXPIPE_KERNELS"

  /// The best that this processor has.
  package static let supported = level(
    ofProcessorInformation: ProcessorInformation.ofThisMachine.text)

  /// All that this processor has, least first.
  package static var available: [KernelLevel] { allCases.filter { $0 <= supported } }

  /// The best level named by the flags in Linux's `/proc/cpuinfo`; the kernel leaves out of them
  /// what it does not save at a change of threads.
  package static func level(ofProcessorInformation text: String) -> KernelLevel {
    #if arch(x86_64)
      let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
      let flags = Set(line.split(whereSeparator: \.isWhitespace))
      let third: Set<Substring> = ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
      let fourth: Set<Substring> = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
      guard third.isSubset(of: flags) else { return .portable }
      return fourth.isSubset(of: flags) ? .avx512 : .avx2
    #else
      return .portable
    #endif
  }

  /// The level to use: the best, or what `MIXPIPE_KERNELS` asks for. A lesser one has other bits, so it is not taken because
  /// the processor's flags could not be read this once.
  package static func chosen(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    information: ProcessorInformation = .ofThisMachine
  ) throws(KernelError) -> KernelLevel {
    if let failure = information.failure { throw .unreadable(failure) }
    guard let name = environment[variable], !name.isEmpty else { return supported }
    guard let level = KernelLevel(rawValue: name) else { throw .unknown(name: name) }
    guard level <= supported else { throw .unsupported(asked: level, supported: supported) }
    return level
  }
}

package enum KernelError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String)
  case unsupported(asked: KernelLevel, supported: KernelLevel)
  case noBFloat16(BFloat16Level)
  case unreadable(String)
  case unknownBFloat16(name: String)

  package var description: String {
    let variable = KernelLevel.variable
    switch self {
    case .unknown(let name):
      let names = KernelLevel.available.map(\.rawValue).joined(separator: ", ")
      return "\(variable)=\(name): no such level; choose one of \(names), or unset it"
    case .unsupported(let asked, let supported):
      return "\(variable)=\(asked.rawValue): this processor has \(supported.rawValue) at most; "
        + "choose that, or unset it"
    case .unreadable(let failure):
      return
        "\(failure); without the processor's flags other kernels would give other bits; try again"
    case .noBFloat16(let level):
      return
        "this processor has no instructions for \(level.rawValue); use '--precision fp32', or set "
        + "\(BFloat16Kernels.variable)=portable-\(level.rawValue) for the same bits many times slower"
    case .unknownBFloat16(let name):
      let names = BFloat16Level.allCases.flatMap { [$0.rawValue, "portable-" + $0.rawValue] }
      return "\(BFloat16Kernels.variable)=\(name): no such kernels; choose one of "
        + names.joined(separator: ", ") + ", or unset it"
    }
  }
}
