import ArgumentParsing
import Reports

struct ReportCommand: Command {
  static let commandName = "report"
  static let abstract = "Draw a study as one HTML page, and as Markdown."
  static let discussion = """
    Writes report.html, which needs nothing besides itself, and report.md into the folder. Both are \
    made anew from the journal each time; a study that still runs can be drawn too.
    """

  @Argument("Folder of the study.", completion: .folders)
  var folder: String

  func run() throws {
    let report = try Report(folder: folder)
    try report.write()
    try emit("\(folder)/report.html")
    try emit("\(folder)/report.md")
  }
}
