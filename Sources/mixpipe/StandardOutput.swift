import ArgumentParsing
import Foundation
import Storage

/// Standard output that reports a full disk or a closed pipe, which `print` does not. What steers a
/// terminal is shown, not sent: it may come from a file.
func emit(_ text: String, terminator: String = "\n") throws {
  let shown = printable(text, isOneLine: false)
  do throws(StorageError) {
    try writeAll(Data((shown + terminator).utf8), to: STDOUT_FILENO, path: "standard output")
  } catch .system(_, _, EBADF) {
    throw ClosedOutput()
  }
}

/// A value as programs read it, on standard output.
func emitDocument(_ value: some Encodable) throws {
  try emit(String(decoding: encodeDocument(value), as: UTF8.self), terminator: "")
}

struct ClosedOutput: Error, CustomStringConvertible {
  var description: String { "standard output is closed; open it, or send it to a file" }
}
