import ArgumentParsing
import Reports

struct ReportCommand: Command {
  static let commandName = "report"
  static let abstract = "Draw what a folder holds as one HTML page, and as Markdown."
  static let discussion = """
    Takes the folder of a study, a transfer check, a comparison, a study of several sizes, a replay, an \
    extrapolation, a testbed or a sweep. Writes report.html, which needs nothing besides itself, and \
    report.md into it. Both are made anew from the journal each time; work that still goes on can be drawn \
    too.
    """

  @Argument("Folder that the program has written.", completion: .folders)
  var folder: String

  func run() throws {
    for path in try makeReport(ofFolder: folder).write(to: folder) { try emit(path) }
  }
}
