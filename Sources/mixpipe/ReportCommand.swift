import ArgumentParsing
import Reports
import Studies

struct ReportCommand: Command {
  static let commandName = "report"
  static let abstract = "Draw a study or a comparison as one HTML page, and as Markdown."
  static let discussion = """
    Writes report.html, which needs nothing besides itself, and report.md into the folder. Both are \
    made anew from the journal each time; one that still runs can be drawn too.
    """

  @Argument("Folder of the study or comparison.", completion: .folders)
  var folder: String

  func run() throws {
    if FidelityStudyConfiguration.exists(in: folder) {
      let record = try FidelityStudyRecord.read(folder: folder)
      let report = FidelityStudyReport(
        record: record, commands: record.configuration.commands(folder: folder))
      for path in try report.write(to: folder) { try emit(path) }
      return
    }
    if ComparisonConfiguration.exists(in: folder) {
      let record = try ComparisonRecord.read(folder: folder)
      for path in try ComparisonReport(record, commands: [record.command]).write(to: folder) {
        try emit(path)
      }
      return
    }
    let record = try StudyRecord.read(folder: folder)
    let transfer =
      TransferRecord.exists(in: folder) ? try TransferRecord.read(folder: folder).result : nil
    let report = try StudyReport(
      folder: folder, commands: record.configuration.commands(folder: folder, transfer: transfer))
    for path in try report.write(to: folder) { try emit(path) }
  }
}
