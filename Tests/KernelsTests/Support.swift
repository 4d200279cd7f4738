import Kernels
import Numerics

/// Memory for a kernel with a frame around it, which no kernel may touch.
final class Guarded {
  private static let frame = 64
  private static let mark: Float = -12_345.678
  let count: Int
  private let memory: UnsafeMutablePointer<Float>

  init(_ values: [Float], room: Int = 0) {
    count = values.count
    let size = values.count + room + 2 * Self.frame
    memory = .allocate(capacity: size)
    memory.initialize(repeating: Self.mark, count: size)
    for (i, value) in values.enumerated() { memory[Self.frame + i] = value }
    end = Self.frame + values.count + room
    self.size = size
  }

  private let end: Int
  private let size: Int

  deinit { memory.deallocate() }

  var base: UnsafeMutablePointer<Float> { memory + Self.frame }
  var values: [Float] { (0..<count).map { base[$0] } }
  var isFrameWhole: Bool {
    (0..<Self.frame).allSatisfy { memory[$0] == Self.mark }
      && (end..<size).allSatisfy { memory[$0] == Self.mark }
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
