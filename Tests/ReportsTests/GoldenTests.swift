import Foundation
import FoundationXML
import Mixtures
import Reports
import Storage
import Studies
import Testing

/// The Markdown of each kind of report, whole, as it was read and found right. `MIXPIPE_WRITE_GOLDEN=1` writes
/// the files anew, to be read again.
@Suite("Reports as Markdown") struct ReportsAsMarkdown {
  private static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    + "/Golden"
  private static let runs =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/runs"

  static let reports: [(name: String, make: @Sendable () throws -> any Report)] = [
    (
      "study",
      {
        let study = FabricatedStudy()
        let record = study.record()
        return StudyReport(
          record: record, methods: record.analysis.methods, transfer: study.transfer,
          commands: ["mixpipe study runs/five-100k", "mixpipe transfer runs/five-100k"])
      }
    ),
    (
      "guarded",
      {
        var study = FabricatedStudy()
        study.searchTrials = 4
        study.objective = Objective(
          targets: ["reviews"], proportionalTo: [1],
          limits: [.init(domain: "code", loss: 4.62), .init(domain: "chat", loss: 4.3)])
        let record = study.record()
        return StudyReport(
          record: record, methods: record.analysis.methods, transfer: nil,
          commands: ["mixpipe study runs/five-100k --target reviews --guard 'code<=4.62'"])
      }
    ),
    ("comparison", { FabricatedComparison().report }),
    ("replay", { try #require(try storedReplay(in: folder + "/pool")) }),
    ("replay-sizes", { try #require(try storedReplay(in: folder + "/sizes")) }),
    (
      "extrapolation",
      { try #require(try storedExtrapolation(in: runs + "/extrapolation-testbed")) }
    ),
    (
      "testbed",
      { TestbedReport(name: "testbed", table: try TestbedTable(at: runs + "/testbed/runs.csv")) }
    ),
    (
      "sweep",
      {
        SweepReport(
          try SweepRecord.read(folder: runs + "/learning-rate"),
          commands: ["mixpipe sweep runs/learning-rate --sizes 50k,100k,250k,500k --rates 0.5,1,2"])
      }
    ),
  ]

  @Test("say what they said", arguments: reports.indices)
  func sayWhatTheySaid(index: Int) throws {
    let (name, make) = Self.reports[index]
    // The runs are listed by tables of hundreds of rows elsewhere; here the words count.
    let markdown = try make().markdown
    let path = Self.folder + "/\(name).md"
    if ProcessInfo.processInfo.environment["MIXPIPE_WRITE_GOLDEN"] != nil {
      try Data(markdown.utf8).write(to: URL(fileURLWithPath: path))
    }
    let golden = String(decoding: try readFile(at: path), as: UTF8.self)
    if markdown != golden {
      let pairs = zip(
        markdown.split(separator: "\n", omittingEmptySubsequences: false),
        golden.split(separator: "\n", omittingEmptySubsequences: false))
      let first = pairs.first { $0 != $1 }
      Issue.record("\(name).md: expected '\(first?.1 ?? "")', found '\(first?.0 ?? "")'")
    }
  }

  @Test("are well-formed pages too, that explain what they abbreviate", arguments: reports.indices)
  func areWellFormedPagesTooThatExplainWhatTheyAbbreviate(index: Int) throws {
    let report = try Self.reports[index].make()
    let page = try XMLDocument(
      xmlString: String(report.html.trimmingPrefix("<!DOCTYPE html>")))
    let identifiers = try page.nodes(forXPath: "//@id").compactMap(\.stringValue)
    #expect(Set(identifiers).count == identifiers.count)
    // Words of the glossary stand for these.
    for word in ["To have it again", " less uniform", "s.d.", "s.e.", "RMSE", " tells the "] {
      #expect(!report.markdown.contains(word), "\(Self.reports[index].name): \(word)")
    }
  }
}
