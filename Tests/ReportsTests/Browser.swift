import Foundation

/// Chromium without a window: what a reader's browser makes of a page.
struct Browser {
  let path: String

  /// The first that is installed; nil where there is none, and tests of pages are skipped.
  static let installed: Browser? = {
    let environment = ProcessInfo.processInfo.environment
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
    let candidates =
      [environment["MIXPIPE_CHROMIUM"]].compactMap { $0 }
      + names.flatMap { name in folders.map { "\($0)/\(name)" } }
    let found = candidates.filter { FileManager.default.isExecutableFile(atPath: $0) }
    let browser = found.map(Browser.init).first(where: \.starts)
    if browser == nil, let first = found.first {
      print("Pages are not looked at: found \(first), which shows no page here")
    }
    return browser
  }()

  /// Whether it can show anything at all: it may be there without what it needs, or a wrapper that wants a
  /// session.
  private var starts: Bool {
    let folder = NSTemporaryDirectory() + "mixpipe-browser-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let page = "data:text/html,<p id=shown>here"
    let text = try? run(["--dump-dom", page], folder: folder)
    return text?.contains("here</p>") ?? false
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private static func script(_ name: String) throws -> String {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return try String(
      contentsOf: folder.appendingPathComponent("Pages/\(name)"), encoding: .utf8)
  }

  /// What is wrong with a page at each width, in one theme: see `Pages/check.js`.
  func faults(of html: String, isDark: Bool) throws -> [String: [String]] {
    try faults(of: html, widths: [390, 1200], isDark: isDark, script: "check.js")
  }

  /// What is wrong with a page on paper, upright A4 and Letter between the usual margins: see `Pages/paper.js`.
  func faultsOnPaper(of html: String) throws -> [String: [String]] {
    // A frame is no paper, so that what is for paper has to hold for it.
    let printed = html.replacing("@media print", with: "@media all")
      .replacing("@media screen", with: "@media print")
    // A scroll bar's width more.
    return try faults(
      of: printed, widths: [717 + 15, 739 + 15], isDark: false, script: "paper.js")
  }

  private func faults(
    of html: String, widths: [Int], isDark: Bool, script: String
  ) throws -> [String: [String]] {
    let watched = html.replacing(
      "<head>", with: "<head><script>\(try Self.script("watch.js"))</script>", maxReplacements: 1)
    let attribute = watched.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
    let frames = widths.map {
      "<iframe style=\"width:\($0)px;height:900px;border:0\" srcdoc=\"\(attribute)\"></iframe>"
    }
    let holder = """
      <!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
      <body style="width:1700px">\(frames.joined())<pre id="result"></pre>
      <script>\(try Self.script(script))</script>
      """
    let folder = NSTemporaryDirectory() + "mixpipe-pages-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/holder.html"
    try holder.write(toFile: file, atomically: true, encoding: .utf8)
    let text = try run(
      [
        "--window-size=1800,1000", "--virtual-time-budget=20000",
        "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)", "--dump-dom", "file://" + file,
      ], folder: folder)
    guard let start = text.range(of: "<pre id=\"result\">"),
      let end = text.range(of: "</pre>", range: start.upperBound..<text.endIndex)
    else { throw Failure(description: "found no result in \(text.suffix(300))") }
    let json = text[start.upperBound..<end.lowerBound].replacing("&lt;", with: "<")
      .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    guard !json.isEmpty else { throw Failure(description: "the checks did not end") }
    return try JSONDecoder().decode([String: [String]].self, from: Data(json.utf8))
  }

  private func run(_ arguments: [String], folder: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments =
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-extensions", "--user-data-dir=\(folder)/profile",
      ] + arguments
    // Into a file: what a pipe cannot hold would block it.
    let output = folder + "/output"
    try Data().write(to: URL(fileURLWithPath: output))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = FileHandle.nullDevice
    try process.run()
    // One that hangs is ended rather than waited for.
    let end = ContinuousClock.now + .seconds(180)
    while process.isRunning, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.02) }
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      throw Failure(description: "the browser did not end within three minutes")
    }
    return try String(contentsOfFile: output, encoding: .utf8)
  }
}
