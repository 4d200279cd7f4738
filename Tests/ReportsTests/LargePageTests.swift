import Foundation
import Mixtures
import Reports
import Studies
import Testing

@Suite("Pages of ten thousand trials") struct PagesOfTenThousandTrials {
  /// Two searches of 5,000 trials each, without a model: what a page of random search looks like.
  static let html: String = {
    var study = FabricatedStudy()
    study.searchTrials = 5000
    study.confirmationSeeds = 3
    let record = study.record()
    return StudyReport(
      record: record, methods: record.analysis.methods, transfer: nil, commands: []
    ).html
  }()

  @Test("weigh less than five megabytes, with every trial in them")
  func weighLessThanFiveMegabytesWithEveryTrialInThem() throws {
    #expect(Self.html.utf8.count < 5_000_000, "\(Self.html.utf8.count)")
    #expect(Self.html.count(of: "<tr id=\"trial-") >= 10_000)
    // Marks of their own would be most of the page.
    #expect(Self.html.count(of: "class=\"dots ") >= 2)
    if let path = ProcessInfo.processInfo.environment["MIXPIPE_LARGE_PAGE"] {
      try Data(Self.html.utf8).write(to: URL(fileURLWithPath: path))
    }
  }

  @Test("of a table weigh less too, and show the best runs where all would be too many")
  func ofATableWeighLessTooAndShowTheBestRunsWhereAllWouldBeTooMany() throws {
    var table = FabricatedTable()
    table.moreRows = 10_000
    let html = try table.report().html
    #expect(html.utf8.count < 5_000_000, "\(html.utf8.count)")
    #expect(html.count(of: "<tr id=\"trial-") >= 10_000)
    table.study.heldOutOnly = (0..<20).map { "benchmark \($0)" } + ["reviews"]
    let wide = try table.report().html
    #expect(wide.utf8.count < 5_000_000, "\(wide.utf8.count)")
    #expect(wide.contains("of the lowest objectives of"))
  }

  @Test("are right in a browser too", .enabled(if: Browser.installed != nil))
  func areRightInABrowserToo() throws {
    let faults = try #require(Browser.installed).faults(of: Self.html, isDark: false)
    for (width, found) in faults { #expect(found.isEmpty, "at \(width)") }
  }
}

extension String {
  fileprivate func count(of text: String) -> Int {
    components(separatedBy: text).count - 1
  }
}
