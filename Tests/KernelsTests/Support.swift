import Foundation
import Kernels
import Numerics

/// Memory for a kernel that ends where no program may read or write, and begins behind a frame that no
/// kernel may touch; before that, too, there is a page that is not to be touched.
final class Guarded<Element> {
  private static var frame: Int { 256 }
  private static var mark: UInt8 { 0xa5 }
  let count: Int
  let base: UnsafeMutablePointer<Element>
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  init(_ values: [Element]) {
    count = values.count
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = values.count * MemoryLayout<Element>.stride
    let inner = (bytes + Self.frame + page - 1) / page * page
    length = inner + 2 * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    let memory = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
    precondition(memory != MAP_FAILED, "no memory for a test")
    mapping = memory!
    let end = mapping + page + inner
    base = (end - bytes).bindMemory(to: Element.self, capacity: max(count, 1))
    memset(mapping + page, Int32(Self.mark), inner - bytes)
    base.initialize(from: values, count: count)
    precondition(mprotect(mapping, page, PROT_NONE) == 0 && mprotect(end, page, PROT_NONE) == 0)
  }

  deinit { munmap(mapping, length) }

  var values: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Behind the memory there is nothing to be touched at all.
  var isFrameWhole: Bool {
    let frame = UnsafeRawPointer(base) - Self.frame
    return (0..<Self.frame).allSatisfy {
      frame.load(fromByteOffset: $0, as: UInt8.self) == Self.mark
    }
  }
}

func random(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
  var generator = SeededGenerator(seed: seed, stream: "kernels")
  return (0..<count).map { _ in Float(scale * generator.normal()) }
}

/// The largest difference, over the largest expected number.
func difference(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.map(abs).max() ?? 1
  var largest = 0.0
  for (a, b) in zip(found, expected) {
    let error = abs(Double(a) - b)
    // Not a number compares as nothing; it must not pass.
    guard error.isFinite else { return .infinity }
    largest = max(largest, error)
  }
  return largest / max(scale, 1e-30)
}
