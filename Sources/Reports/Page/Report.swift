import Foundation
import Storage

/// Findings for people to read: a page of HTML that needs nothing beside it, and the same as Markdown.
package protocol Report {
  var name: String { get }
  var html: String { get }
  var markdown: String { get }
  /// How far the work has come; nil where it has ended or nobody works on it.
  var live: LiveStatus? { get }
  /// Writes `report.html` and `report.md` into a folder, and what they are drawn from where no journal
  /// keeps it, each as a whole.
  ///
  /// - Returns: the paths of the first two.
  func write(to folder: String) throws -> [String]
}

extension Report {
  package var live: LiveStatus? { nil }

  /// Writes `report.html` and `report.md` into a folder, each as a whole.
  ///
  /// - Returns: their paths.
  package func write(to folder: String) throws -> [String] { try writePages(to: folder) }

  func writePages(to folder: String) throws -> [String] {
    let files = [(folder + "/report.html", html), (folder + "/report.md", markdown)]
    for (path, text) in files { try replaceFile(at: path, with: Data(text.utf8)) }
    return files.map(\.0)
  }

  /// What a report is called that a folder holds.
  static func name(ofFolder path: String) -> String {
    let name = (path as NSString).standardizingPath.split(separator: "/").last
    return name.map(String.init) ?? path
  }
}
