import ArgumentParsing
import Foundation
import Storage

/// For people, on standard output, with a full disk or a closed pipe reported, which `print` does not. What
/// steers a terminal is shown, not sent: it may come from a file.
func emit(_ text: String, terminator: String = "\n") throws {
  try emitData(printable(text, isOneLine: false) + terminator)
}

/// For programs and files, on standard output: byte for byte, carriage returns among them.
func emitData(_ text: String) throws {
  do throws(StorageError) {
    try writeAll(Data(text.utf8), to: STDOUT_FILENO, path: "standard output")
  } catch .system(_, _, EBADF) {
    throw ClosedOutput()
  }
}

/// A value as programs read it, on standard output.
func emitDocument(_ value: some Encodable) throws {
  try emitData(String(decoding: encodeDocument(value), as: UTF8.self))
}

struct ClosedOutput: Error, CustomStringConvertible {
  var description: String { "standard output is closed; open it, or send it to a file" }
}
