import COpenBLAS
import Foundation
import Kernels

/// Has OpenBLAS work on one thread a call: trials run side by side, a thread each.
package func useSingleThreadedBLAS() { openblas_set_num_threads(1) }

/// Starts the program again with OpenBLAS's AVX-512 kernels where the processor has AVX-512 but
/// OpenBLAS, older than the processor, did not know it and chose lesser ones. OpenBLAS chooses when
/// it is loaded, so an environment variable set from here comes too late for this process.
///
/// To be called first thing. Returns where there is nothing to gain, or where a user chose the
/// kernels with `OPENBLAS_CORETYPE`, which also keeps this from going round in circles.
package func restartWithTunedBLAS() {
  useSingleThreadedBLAS()
  guard KernelLevel.supported == .avx512, getenv("OPENBLAS_CORETYPE") == nil,
    let name = openblas_get_corename(), ["Haswell", "Zen"].contains(String(cString: name))
  else { return }
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 1)
  setenv("OPENBLAS_NUM_THREADS", "1", 0)
  let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
  // On failure the program goes on with what it has.
  execv("/proc/self/exe", arguments)
  for argument in arguments { free(argument) }
}
