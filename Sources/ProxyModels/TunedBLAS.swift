import COpenBLAS
import Foundation
import Kernels

/// Has OpenBLAS work on one thread a call: trials run side by side, a thread each.
package func useSingleThreadedBLAS() { openblas_set_num_threads(1) }

/// The OpenBLAS that was loaded.
package struct BLASDescription: Sendable {
  /// The processor that its kernels are for, as it names them: `SkylakeX`, `Haswell`, `neoversen1`.
  package var kernels: String
  package var version: String

  package static var current: BLASDescription {
    let kernels = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    // "OpenBLAS 0.3.29 NO_LAPACKE DYNAMIC_ARCH …"
    let words = openblas_get_config().map { String(cString: $0) }?.split(separator: " ") ?? []
    return BLASDescription(
      kernels: kernels,
      version: words.count > 1 && words[0] == "OpenBLAS" ? String(words[1]) : "unknown")
  }
}

/// The kernels to ask OpenBLAS for on a processor of some level, where those that it chose are lesser ones: an
/// OpenBLAS older than the processor falls back to the oldest there are. Nil where there is nothing to gain.
///
/// - Parameter chosen: as OpenBLAS names it.
package func betterBLASKernels(than chosen: String, on level: KernelLevel) -> String? {
  let avx512: Set = ["SkylakeX", "Cooperlake", "SapphireRapids"]
  let avx2: Set = ["Haswell", "Zen", "Excavator"]
  switch level {
  case .avx512: return avx512.contains(chosen) ? nil : "SkylakeX"
  case .avx2: return avx512.union(avx2).contains(chosen) ? nil : "Haswell"
  case .portable: return nil
  }
}

/// Starts the program again with kernels of OpenBLAS that suit the processor where OpenBLAS did not know it and chose
/// lesser ones: results then have the same bits as on other processors of its level. OpenBLAS chooses when it is loaded,
/// so an environment variable set from here comes too late for this process.
///
/// To be called first thing. Returns where there is nothing to gain, or where a user chose the
/// kernels with `OPENBLAS_CORETYPE`, which also keeps this from going round in circles.
package func restartWithTunedBLAS() {
  useSingleThreadedBLAS()
  guard getenv("OPENBLAS_CORETYPE") == nil, let name = openblas_get_corename(),
    let better = betterBLASKernels(than: String(cString: name), on: KernelLevel.supported)
  else { return }
  setenv("OPENBLAS_CORETYPE", better, 1)
  setenv("OPENBLAS_NUM_THREADS", "1", 0)
  let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
  // On failure the program goes on with what it has.
  execv("/proc/self/exe", arguments)
  for argument in arguments { free(argument) }
}
