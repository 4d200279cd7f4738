import Foundation
import Mixtures
import Reports
import Studies
import Testing

/// Pages in a real browser; skipped where none is installed. `make test-pages` installs one.
@Suite("Pages in a browser", .serialized, .enabled(if: Browser.installed != nil))
struct PageTests {
  /// A page of each kind, by what it shows.
  static let pages: [(name: String, html: @Sendable () throws -> String)] =
    fabricated
    + ReportsAsMarkdown.reports.map { report in
      (name: report.name, html: { try report.make().html })
    }

  private static let fabricated: [(name: String, html: @Sendable () throws -> String)] = [
    ("a study with everything", { try FabricatedStudy().report().html }),
    (
      "names as long and odd as they come",
      {
        var study = FabricatedStudy()
        study.domains = [
          "a-domain-with-a-very-long-name-indeed", "日本語", "c \"quoted\" & <b>", "d", "e",
        ]
        study.folder = "runs/it's a <long> name that goes on and on and on without an end in sight"
        return try study.report().html
      }
    ),
    (
      "a guarded objective, which is no sum",
      {
        var study = FabricatedStudy()
        study.objective = Objective(
          targets: study.domains, proportionalTo: study.domains.map { _ in 1 }, aggregate: .worst,
          limits: [.init(domain: "docs", loss: 4.6)])
        return try study.report().html
      }
    ),
    (
      "a study under way",
      {
        var report = try FabricatedStudy().report(
          confirms: false, endedSearch: 6, hasTransfer: false)
        report.live = LiveStatus(
          phase: "searching", ended: 14, total: 34,
          running: [
            .init(name: "bo, trial 7", fraction: 0.4), .init(name: "sobol, trial 7", fraction: nil),
          ],
          best: "4.3012 (bo, trial 5)", secondsLeft: 340, writtenAt: 1_795_000_000)
        return report.html
      }
    ),
    ("a study of several sizes", { try Self.sizes().html }),
    (
      "a study of several sizes under way",
      {
        var report = try Self.sizes(isBrief: true)
        report.live = LiveStatus(
          phase: "searching", ended: 14, total: nil,
          running: [.init(name: "run 15, 200k", fraction: 0.7)], best: nil, secondsLeft: nil,
          writtenAt: 1_795_000_000)
        return report.html
      }
    ),
    ("a forecast", { try FabricatedForecast().report().html }),
    ("a table of runs", { try FabricatedTable().report().html }),
    (
      "a study of thirteen domains",
      {
        var study = FabricatedStudy()
        study.domains = [
          "essays", "novels", "scripture", "web", "papers", "chat", "documentation", "dictionary",
          "mathematics", "german", "go", "python", "systems",
        ]
        study.divergedOrdinals = []
        return try study.report().html
      }
    ),
    ("a benchmark", { FabricatedBenchmark.report.html }),
    (
      "a study that has only begun",
      { try FabricatedStudy().report(confirms: false, endedSearch: 0, hasTransfer: false).html }
    ),
  ]

  private static func sizes(isBrief: Bool = false) throws -> FidelityStudyReport {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let record = try FidelityStudyRecord.read(folder: root.path + "/runs/sizes")
    return FidelityStudyReport(
      record: record, commands: ["mixpipe study runs/sizes"], isBrief: isBrief)
  }

  @Test(
    "are right on a phone and on a desk, by day and by night", arguments: pages.indices,
    [false, true])
  func areRightOnAPhoneAndOnADeskByDayAndByNight(
    index: Int, isDark: Bool
  ) throws {
    let page = Self.pages[index]
    let faults = try #require(Browser.installed).faults(of: try page.html(), isDark: isDark)
    #expect(faults.count == 2, "\(page.name)")
    for (width, found) in faults {
      #expect(found.isEmpty, "\(page.name) at \(width), \(isDark ? "dark" : "light")")
    }
  }

  @Test("lose nothing on paper", arguments: pages.indices)
  func loseNothingOnPaper(index: Int) throws {
    let page = Self.pages[index]
    let faults = try #require(Browser.installed).faultsOnPaper(of: try page.html())
    #expect(faults.count == 2, "\(page.name)")
    for (width, found) in faults { #expect(found.isEmpty, "\(page.name) at \(width)") }
  }
}
