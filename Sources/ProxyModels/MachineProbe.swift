import COpenBLAS
import Dispatch
import Foundation
import Kernels

/// Something per second of the wall's clock, and per second of the process's processor time; of all
/// threads together.
struct Speed: Sendable {
  var wall = 0.0
  /// Waiting for a core is not in it, so it is what compares on a machine with other work. A thread
  /// that waits for another does not count either.
  var processor = 0.0

  /// Runs `body` on each of `threads` threads, again and again for `seconds`; `body` returns how much
  /// it did.
  ///
  /// - Parameter cores: that one call of `body` keeps busy.
  static func measure(
    threads: Int, cores: Int = 1, seconds: Double, _ body: @Sendable (_ thread: Int) -> Double
  ) -> Speed {
    let rates = UnsafeMutablePointer<(done: Double, wall: Double)>.allocate(capacity: threads)
    defer { rates.deallocate() }
    nonisolated(unsafe) let results = rates
    let processorStart = processorSeconds()
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let clock = ContinuousClock()
      let start = clock.now
      var done = 0.0
      repeat { done += body(thread) } while (clock.now - start).seconds < seconds
      results[thread] = (done, done / (clock.now - start).seconds)
    }
    let processor = processorSeconds() - processorStart
    return (0..<threads).reduce(into: Speed()) {
      $0.wall += rates[$1].wall
      $0.processor += rates[$1].done / processor * Double(threads * cores)
    }
  }

  /// Processor time of all threads.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// How fast the processor multiplies and adds at the moment where nothing comes from memory: what no
/// product can pass.
enum PeakProbe {
  /// In 10⁹ operations a second, of `threads` threads added up.
  ///
  /// - Parameter bfloat16: kernels whose instructions are timed; nil for single precision's.
  static func run(
    threads: Int, kernels: KernelTable, bfloat16: BFloat16Kernels?, seconds: Double = 0.03
  ) -> Speed {
    // Twelve lanes of at most sixteen numbers, and two of factors; sums of zero stay so.
    let memory = (0..<threads).map { _ in FloatBuffer(count: 14 * 16) }
    // A lane is half a panel; a word of bfloat16 has two numbers.
    let numbers = bfloat16.map { $0.panelWidth } ?? kernels.panelWidth / 2
    let times = 4000
    return Speed.measure(threads: threads, seconds: seconds) { thread in
      let sums = memory[thread].base
      let factors = UnsafeRawPointer(sums + 12 * 16)
      if let bfloat16 {
        bfloat16.multiplyInRegisters(times, sums, factors.assumingMemoryBound(to: UInt32.self))
      } else {
        kernels.multiplyInRegisters(times, sums, factors.assumingMemoryBound(to: Float.self))
      }
      return Double(2 * 12 * times * numbers) / 1e9
    }
  }
}

/// How fast the processor multiplies matrices at the moment: single precision, 512 x 512 x 128, by
/// OpenBLAS. The practical bound of training, and what makes speeds comparable whose minutes differ.
enum MachineProbe {
  /// In 10⁹ operations a second, of `threads` threads added up.
  static func run(threads: Int, seconds: Double = 0.1) -> Speed {
    let (m, n, k) = (512, 512, 128)
    let memory = (0..<threads).map { _ in FloatBuffer(count: m * k + k * n + m * n) }
    for buffer in memory { buffer.elements.update(repeating: 0.5) }
    return Speed.measure(threads: threads, seconds: seconds) { thread in
      let a = memory[thread].base
      let b = a + m * k
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
        blasint(k), b, blasint(n), 0, b + k * n, blasint(n))
      return Double(2 * m * n * k) / 1e9
    }
  }
}
