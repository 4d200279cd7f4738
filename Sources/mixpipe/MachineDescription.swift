import Foundation
import Kernels
import ProxyModels

/// What a speed depends on besides the program.
struct MachineDescription: Codable {
  var processor: String
  var cores: Int
  /// Of our own loops.
  var kernels: String
  /// OpenBLAS's choice of kernels, and its version.
  var blasKernels: String
  var blasVersion: String

  static func current(kernels: KernelLevel) -> MachineDescription {
    let blas = BLASDescription.current
    return MachineDescription(
      processor: processorName(
        processorInformation: ProcessorInformation.ofThisMachine.text),
      cores: ProcessInfo.processInfo.activeProcessorCount, kernels: kernels.rawValue,
      blasKernels: blas.kernels, blasVersion: blas.version)
  }

  /// The first `model name` of Linux's `/proc/cpuinfo`; ARM's has none, so there the architecture.
  static func processorName(processorInformation text: String) -> String {
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    if let name = line?.split(separator: ":", maxSplits: 1).last {
      return name.trimmingCharacters(in: .whitespaces)
    }
    #if arch(arm64)
      return "arm64"
    #else
      return "unknown"
    #endif
  }

  /// Ends with a newline.
  var text: String {
    "\(processor), \(cores) cores; \(kernels) kernels; OpenBLAS \(blasVersion), \(blasKernels)\n"
  }
}
