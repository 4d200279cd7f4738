import Foundation
import RunTables

/// Files that are gone after the test.
final class TableFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "tables-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ text: String) throws -> String {
    let path = path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }
}

/// A table of one file.
func table(
  _ text: String, name: String = "runs.csv", columns: RunTable.Columns = .init()
) throws -> RunTable {
  let folder = try TableFolder()
  return try RunTable(at: [folder.file(name, text)], columns: columns)
}

/// The line that is shown for what `body` throws.
func message<Result>(of body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
