import Foundation
import Mixtures
import Numerics
import Storage
import Studies

/// A study for people to read: one page of HTML that needs nothing beside it, and the same as
/// Markdown. All of it is computed from the journal each time.
package struct StudyReport: Sendable {
  package let record: StudyRecord
  package let methods: [MethodResult]
  /// Nil where no check of larger or smaller sizes has been run.
  package let transfer: TransferResult?
  /// What to type to have the study again, a command a line; none where it is not known.
  package let commands: [String]

  package let findings: StudyFindings

  package init(
    record: StudyRecord, methods: [MethodResult], transfer: TransferResult?, commands: [String]
  ) {
    self.record = record
    self.methods = methods
    self.transfer = transfer
    self.commands = commands
    findings = StudyFindings(record: record, methods: methods)
  }

  /// Writes `report.html` and `report.md` into a folder, each as a whole.
  ///
  /// - Returns: their paths.
  package func write(to folder: String) throws(StorageError) -> [String] {
    let files = [(folder + "/report.html", html), (folder + "/report.md", markdown)]
    for (path, text) in files { try replaceFile(at: path, with: Data(text.utf8)) }
    return files.map(\.0)
  }

  /// The study's name: that of its folder.
  var name: String {
    let name = (record.folder as NSString).standardizingPath.split(separator: "/").last
    return name.map(String.init) ?? record.folder
  }
}

extension Scale {
  /// `100k parameters, 2.0M tokens`.
  var words: String { "\(size) parameters, \(Format.count(tokens)) tokens" }
}
