import Foundation
import Storage

/// `driver.json`: who drives a folder's runs. It is there while somebody does; where nobody holds the folder's lock,
/// the driver was killed.
package struct DriverDocument: Codable, Sendable {
  package var process: Int32
  package var host: String
  package var since: Double

  private static func path(_ folder: String) -> String { folder + "/driver.json" }

  package static func stored(in folder: String) -> DriverDocument? {
    let path = path(folder)
    return fileExists(path) ? try? decodeDocument(DriverDocument.self, at: path) : nil
  }

  func store(in folder: String) throws {
    try replaceFile(at: Self.path(folder), with: encodeDocument(self))
  }

  static func remove(in folder: String) { unlink(path(folder)) }
}
