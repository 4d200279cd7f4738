import Foundation
import RunTables
import Storage

/// Writes a file that the program may have written before: that is replaced, and so is an empty one; what else
/// somebody has there is kept.
///
/// - Parameter isOwn: whether a file's content is an earlier result of the same kind.
/// - Throws: `RunTableError.exists` where it is not.
func replaceOwnFile(at path: String, with text: String, isOwn: (Data) -> Bool) throws {
  var status = stat()
  if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
    let data = (try? readFile(at: path)) ?? Data()
    guard isOwn(data) else {
      throw RunTableError.exists(
        path: path, lines: data.count { $0 == 10 } + 1, remedy: "give another file")
    }
  }
  try replaceFile(at: path, with: Data(text.utf8))
}
