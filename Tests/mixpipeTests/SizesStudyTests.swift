import Foundation
import FoundationXML
import Testing

@Suite("A study of several sizes from the command line")
struct StudyOfSeveralSizesFromTheCommandLineTests {
  private static let options = [
    "--corpus", "corpus", "--sizes", "50k,75k", "--target", "75k", "--target", "code", "--target",
    "books=2", "--rungs", "0.25,0.5,1", "--tokens", "8192", "--confirmation-seeds", "2", "--lag",
    "3",
  ]

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("that was killed again and again ends as one that was not")
  func thatWasKilledAgainAndAgainEndsAsOneThatWasNot() throws {
    let folder = try TemporaryFolder.withCorpus()
    func study(_ name: String, _ options: [String]) throws -> Program.Result {
      try Program.run(["study", name] + options + ["--json"], in: folder.path)
    }
    let options = Self.options + ["--budget", "5", "--methods", "asha-sizes"]
    let whole = try study("whole", options + ["--workers", "1"])
    try #require(whole.code == 0, "\(whole.errors)")
    try Program.killInsideRuns(
      ["study", "broken"] + options, in: folder.path, keeping: "broken", times: 3)
    // It is known what is not said again.
    let broken = try study("broken", ["--workers", "2"])
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(
      whole.output == broken.output.replacingOccurrences(of: "\"broken\"", with: "\"whole\""))

    let summary = try json(whole.output)
    #expect(summary["target"] as? String == "75k")
    let loss = try #require(summary["loss"] as? [String: Any])
    #expect((loss["count"] as? Int).map { (2...4).contains($0) } == true)
    let levels = try #require(summary["levels"] as? [[String: Any]])
    #expect(levels.map { $0["size"] as? String } == ["50k", "75k"])
    let spent = levels.compactMap { $0["spent"] as? Double }.reduce(0, +)
    #expect(spent > 1 && spent <= 3 + 1e-9)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/whole/checkpoints"))

    let other = try study("whole", ["--seed", "9"])
    #expect(other.code == 1 && other.errors.contains("found seed 1"), "\(other.errors)")

    let report = try Program.run(["report", "whole"], in: folder.path)
    try #require(report.code == 0, "\(report.errors)")
    let page = try String(contentsOfFile: folder.path + "/whole/report.html", encoding: .utf8)
    #expect(
      try XMLDocument(xmlString: String(page.dropFirst("<!DOCTYPE html>\n".count))).rootElement()
        != nil)
    for words in ["Where the budget went", "Learning curves", "--sizes 50k,75k --target-size 75k"] {
      #expect(page.contains(words))
    }
    let text = try String(contentsOfFile: folder.path + "/whole/report.md", encoding: .utf8)
    #expect(text.contains("fresh seed"))

    // The same budget in operations.
    let operations = try study(
      "flops", Self.options + ["--budget", "2.4e11flops", "--methods", "random"])
    try #require(operations.code == 0, "\(operations.errors)")
    let budget = try #require(try json(operations.output)["budget"] as? Double)
    #expect(budget > 3 && budget < 60)
  }

  @Test(
    "says what is wrong with what it is asked",
    arguments: [
      (["--sizes", "50k,100k"], "Missing expected argument '--budget <amount>'"),
      (["--budget", "12"], "without '--sizes'"),
      (["--sizes", "50k,100k", "--budget", "12miles"], "3e14flops"),
      (["--sizes", "50k,100k", "--budget", "12", "--trials", "3"], "'--trials'"),
      (["--sizes", "50k,100k", "--budget", "12", "--rungs", "1,0.5"], "expected ascending shares"),
      (["--sizes", "50k,100k", "--budget", "12", "--methods", "randon"], "did you mean 'random'?"),
      (["--sizes", "50k,50k", "--budget", "12"], "Found a size twice"),
    ])
  func saysWhatIsWrongWithWhatItIsAsked(options: [String], message: String) throws {
    let folder = try TemporaryFolder.withCorpus()
    let result = try Program.run(
      ["study", "s", "--corpus", "corpus"] + options, in: folder.path)
    #expect(result.code == 64 && result.errors.contains(message), "\(result.errors)")
  }
}
