import Foundation
import Storage

/// A file of the user's, found and not read yet.
struct TextFile {
  let path: String
  /// Relative to the folder that the glob begins in.
  let name: String
  let kind: FileKind
  let byteCount: Int

  init(path: String, name: String, kind: FileKind) throws(TextSourceError) {
    self.path = path
    self.name = name
    self.kind = kind
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .wrongContents(
        path: path, found: "no regular file",
        hint: "expected one that can be read more than once; save what the pipe gives to a file")
    }
    byteCount = Int(status.st_size)
  }

  /// The files that a path, folder or glob means, sorted by bytes, hidden ones left out. In a folder
  /// those of other kinds are passed over and counted.
  static func find(_ pattern: String, others: inout Int) throws -> [TextFile] {
    if isFolder(pattern) {
      let folder = pattern.last == "/" ? pattern : pattern + "/"
      var files: [TextFile] = []
      for (path, name) in matches(of: folder + "**/*") {
        guard let kind = FileKind(named: path) else {
          others += 1
          continue
        }
        files.append(try TextFile(path: path, name: name, kind: kind))
      }
      guard !files.isEmpty else {
        throw TextSourceError.unreadableFormat(
          path: pattern, hint: "this folder has none; name other kinds, as '\(folder)**/*.py'")
      }
      return files
    }
    return try paths(matching: pattern).map {
      try TextFile(path: $0.path, name: $0.name, kind: FileKind(ofFileNamed: $0.path))
    }
  }

  /// As `find`, for files of any kind.
  static func paths(matching pattern: String) throws -> [(path: String, name: String)] {
    guard Glob.hasWildcards(pattern), !fileExists(pattern) else {
      return fileExists(pattern) ? [(pattern, (pattern as NSString).lastPathComponent)] : []
    }
    return matches(of: pattern)
  }

  private static func matches(of pattern: String) -> [(path: String, name: String)] {
    // The parts before the first wildcard are a folder.
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    // A folder of that name may itself have signs of a pattern in its name.
    var fixedCount = parts.prefix { !Glob.hasWildcards($0) }.count
    while fixedCount < parts.count - 1,
      isFolder(parts[...fixedCount].joined(separator: "/"))
    {
      fixedCount += 1
    }
    let fixed = parts[..<fixedCount]
    let base = fixed.joined(separator: "/") + (fixed.isEmpty ? "" : "/")
    let glob = Glob(parts[fixed.count...].joined(separator: "/"))
    let isDeep = parts.contains("**")
    let depth = parts.count - fixed.count
    var names: [String] = []
    func visit(_ folder: String, _ level: Int) {
      let children =
        (try? FileManager.default.contentsOfDirectory(atPath: base + folder + ".")) ?? []
      for child in children where !child.hasPrefix(".") {
        let name = folder + child
        var status = stat()
        guard stat(base + name, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          // A link to a folder may lead in circles; `**` does not follow it.
          var own = stat()
          let isLink = lstat(base + name, &own) == 0 && own.st_mode & S_IFMT == S_IFLNK
          if isDeep ? !isLink : level + 1 < depth { visit(name + "/", level + 1) }
        } else if glob.matches(name) {
          names.append(name)
        }
      }
    }
    visit("", 0)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { (base + $0, $0) }
  }
}
