import Storage

/// A configuration in a file of its own, whose layout has a version.
struct LayoutVersion: Decodable {
  var version: Int

  /// - Throws: ``StudyError`` where `folder` holds no `file` or one of another version.
  static func check(_ file: String, in folder: String, expected: Int) throws -> String {
    guard isFolder(folder) else {
      guard fileExists(folder) else {
        throw StorageError.missing(path: folder, hint: "give the folder of a study")
      }
      throw StudyError.notAStudy(folder: folder, file: file)
    }
    let path = folder + "/" + file
    guard fileExists(path) else { throw StudyError.notAStudy(folder: folder, file: file) }
    let found = try decodeDocument(LayoutVersion.self, at: path).version
    guard found == expected else {
      throw StudyError.unsupportedVersion(path: path, found: found, expected: expected)
    }
    return path
  }
}
