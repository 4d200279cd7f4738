import Foundation

/// What Linux says of the processor, in `/proc/cpuinfo`.
package struct ProcessorInformation: Sendable {
  /// Empty where there is none, as in a root without `/proc`: then no more is used than every processor has.
  package let text: String
  /// Why what is there could not be read; nil where it could, or where there is none.
  package let failure: String?

  package static let ofThisMachine = ProcessorInformation(path: "/proc/cpuinfo")

  package init(path: String) {
    var bytes: [UInt8] = []
    let error = Self.read(path, into: &bytes)
    text = error == 0 ? String(decoding: bytes, as: UTF8.self) : ""
    failure =
      error == 0 || error == ENOENT
      ? nil : "cannot read \(path): \(String(cString: strerror(error)))"
  }

  /// - Returns: 0, or an error's number.
  private static func read(_ path: String, into bytes: inout [UInt8]) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &part, part.count)
      if count > 0 {
        bytes += part[..<count]
      } else if count == 0 {
        return 0
      } else if errno != EINTR {
        return errno
      }
    }
  }
}
