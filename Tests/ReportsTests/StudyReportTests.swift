import Foundation
import FoundationXML
import Mixtures
import Numerics
import Reports
import Storage
import Studies
import Testing

@Suite struct StudyReportTests {
  /// The page as XML; throws where it is not well-formed.
  func document(_ report: StudyReport) throws -> XMLDocument {
    try XMLDocument(xmlString: String(report.html.trimmingPrefix("<!DOCTYPE html>")))
  }

  func text(_ document: XMLDocument, _ path: String) throws -> [String] {
    try document.nodes(forXPath: path).compactMap(\.stringValue)
  }

  @Test("holds the studys own numbers in page and markdown")
  func holdsTheStudysOwnNumbersInPageAndMarkdown() throws {
    let study = FabricatedStudy()
    let report = try study.report()
    let methods = report.record.analysis.methods
    let best = try #require(methods.filter { $0.differenceFromBest == nil }.first)
    let confirmed = try #require(best.confirmed)
    let page = try document(report)
    let headline = try text(page, "//*[@class='value']")
    let loss = "\(Format.loss(confirmed.mean)) ± \(Format.loss(try #require(confirmed.margin)))"
    #expect(headline.first == loss)
    #expect(report.markdown.contains(loss))
    let pick = try #require(best.pick)
    for (domain, weight) in zip(pick.domains, pick.weights) {
      #expect(
        try text(page, "//*[@class='headline']//li").contains {
          $0.contains(domain) && $0.contains(Format.share(weight))
        })
    }
    for method in methods {
      let difference = method.differenceFromBest.map { Format.difference($0.mean) } ?? "best"
      let row = try text(page, "//section[h2='Methods compared']//tr[th='\(method.method)']").first
      #expect(row?.contains(difference) == true, "\(method.method)")
      #expect(row?.contains(Format.loss(try #require(method.searchLoss))) == true)
    }
    #expect(try text(page, "//svg[@role='img']/title").contains("Losses across model sizes"))
    #expect(
      report.markdown.contains(
        report.transfer!.verdict.replacing("[", with: "\\[").replacing("]", with: "\\]")))
    #expect(report.html.contains("What the model has learned"))
    #expect(
      report.html.contains("3fd1c0ffee5e") && report.html.contains("mixpipe report runs/five-100k"))
  }

  @Test("takes differences of domains from uniform seed by seed")
  func takesDifferencesOfDomainsFromUniformSeedBySeed() throws {
    let study = FabricatedStudy()
    let record = study.record()
    let methods = record.analysis.methods
    let findings = StudyFindings(record: record, methods: methods)
    let pick = try #require(methods.first { $0.method == "bo" }?.pick)
    let column = try #require(findings.rankedMethods.firstIndex { $0.method == "bo" })
    let row = try #require(findings.domains.first { $0.domain == "docs" })
    #expect(!row.isTrained && row.objectiveWeight == nil)
    let expected =
      (UInt64(1000)..<1005).map { seed -> Double in
        func loss(_ mixture: Mixture) -> Double {
          study.result(mixture, seed: seed).losses.first { $0.domain == "docs" }!.loss
        }
        return loss(pick) - loss(.uniform(over: study.domains))
      }.reduce(0, +) / 5
    let cell = try #require(row.cells[column])
    #expect(abs(try #require(cell.difference).mean - expected) < 1e-12)
    // What seeds do to both cancels.
    let error = try #require(cell.loss.standardError)
    #expect(try #require(cell.difference?.standardError) < error)
    // One of the table's 3 × 7 differences: the quantile of 1 − .025/21 instead of .975.
    #expect(findings.domainComparisons == 21)
    let margin = try #require(cell.difference?.margin)
    let widened = StudentT(degreesOfFreedom: 4).quantile(1 - 0.025 / 21)
    #expect(abs(margin - widened * (try #require(cell.difference?.standardError))) < 1e-9)
    let uniform = try #require(findings.rankedMethods.firstIndex { $0.method == "uniform" })
    #expect(row.cells[uniform]?.difference == nil)
  }

  @Test("says whether the best can be told apart") func saysWhetherTheBestCanBeToldApart() throws {
    func verdict(_ noise: Double) -> String {
      var study = FabricatedStudy()
      study.noise = noise
      let record = study.record()
      return StudyFindings(record: record, methods: record.analysis.methods).verdict
    }
    #expect(verdict(1e-5).contains("beats the runner-up"))
    #expect(verdict(0.3).contains("cannot be told apart"))
  }

  @Test("one seed makes no interval and no claim") func oneSeedMakesNoIntervalAndNoClaim() throws {
    var study = FabricatedStudy()
    study.confirmationSeeds = 1
    let record = study.record()
    let report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: nil, commands: [])
    #expect(report.findings.verdict.contains("1 seed cannot tell"))
    #expect(
      try text(try document(report), "//*[@class='note']").first?.contains("no interval") == true)
  }

  @Test("names cannot become markup") func namesCannotBecomeMarkup() throws {
    var study = FabricatedStudy()
    study.domains = ["<script>", "a&b", "\"quoted\"", "it's", "a|b`c"]
    study.folder = "runs/<i>&"
    let record = study.record()
    let report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: study.transfer,
      commands: ["mixpipe study '<x>'"])
    let page = try document(report)
    #expect(try text(page, "//h1") == ["<i>&"])
    #expect(try page.nodes(forXPath: "//script[not(@type)]").count == 1)
    #expect(try page.nodes(forXPath: "//i | //body//script[@type]//*").isEmpty)
    #expect(try text(page, "//li/span").contains("<script>"))
    #expect(!report.markdown.contains("<i>") && report.markdown.contains("a\\|b\\`c"))
  }

  @Test("a study that still runs says what is missing") func aStudyThatStillRunsSaysWhatIsMissing()
    throws
  {
    let study = FabricatedStudy()
    let record = study.record(confirms: false, endedSearch: 6)
    let report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: nil, commands: [])
    let page = try document(report)
    let missing = try #require(try text(page, "//*[@class='missing']").first)
    #expect(missing.contains("14 of 34 search trials have ended"))
    #expect(missing.contains("No fresh seeds yet for the pick of bo, sobol, uniform, natural"))
    #expect(missing.contains("No check at other model sizes"))
    #expect(try text(page, "//h2").contains("Best so far, not confirmed"))
    #expect(report.findings.verdict.contains("not confirmed"))
  }

  @Test("a study of which every trial diverged recommends nothing")
  func aStudyOfWhichEveryTrialDivergedRecommendsNothing() throws {
    var study = FabricatedStudy()
    study.allDiverge = true
    let record = study.record(confirms: false)
    let report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: nil,
      model: try MethodInsight(of: record, methods: record.analysis.methods), commands: [])
    let page = try document(report)
    #expect(report.findings.verdict.hasPrefix("All 34 trials diverged"))
    #expect(report.findings.recommendation == nil)
    #expect(try page.nodes(forXPath: "//path[@class='diverged']").count == 35)
    #expect(try page.nodes(forXPath: "//*[@class='value']").isEmpty)
  }

  @Test("a study that has only begun renders") func aStudyThatHasOnlyBegunRenders() throws {
    let study = FabricatedStudy()
    let record = study.record(confirms: false, endedSearch: 0)
    for record in [
      record, StudyRecord(folder: "x", configuration: record.configuration, trials: []),
    ] {
      let report = StudyReport(
        record: record, methods: record.analysis.methods, transfer: nil,
        model: try MethodInsight(of: record, methods: record.analysis.methods), commands: [])
      _ = try document(report)
      #expect(report.markdown.contains("No trial has ended yet"))
    }
  }

  @Test("the page needs nothing beside it") func thePageNeedsNothingBesideIt() throws {
    let study = FabricatedStudy()
    let record = study.record()
    let report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: study.transfer, commands: [])
    let page = try document(report)
    #expect(try page.nodes(forXPath: "//link | //script[@src] | //img | //@src").isEmpty)
    #expect(try text(page, "//@href").allSatisfy { $0.hasPrefix("#") })
    let policy = try text(page, "//meta[@http-equiv='Content-Security-Policy']/@content").first
    #expect(policy?.hasPrefix("default-src 'none'") == true)
    let identifiers = try text(page, "//@id")
    #expect(Set(identifiers).count == identifiers.count)
  }

  @Test("is the same each time and is written as a whole")
  func isTheSameEachTimeAndIsWrittenAsAWhole() throws {
    let folder = NSTemporaryDirectory() + "mixpipe-report-\(getpid())"
    try makeFolder(at: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let study = FabricatedStudy()
    func make() -> StudyReport {
      let record = study.record()
      return StudyReport(
        record: record, methods: record.analysis.methods, transfer: study.transfer, commands: [])
    }
    let paths = try make().write(to: folder)
    #expect(paths == [folder + "/report.html", folder + "/report.md"])
    #expect(try readFile(at: paths[0]) == Data(make().html.utf8))
    #expect(try readFile(at: paths[1]) == Data(make().markdown.utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
  }
}
