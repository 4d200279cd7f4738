import Foundation
import Testing

@Suite struct TestbedFromTheCommandLineTests {
  private static let words = [
    "testbed", "t", "--corpus", "corpus", "--sizes", "50k,75k", "--mixtures", "9,3",
    "--replicated", "2", "--rungs", "0.25,0.5,1", "--tokens", "8192", "--held-out-tokens", "1024",
    "--quiet",
  ]

  private func run(
    _ folder: TemporaryFolder, _ name: String, workers: Int = 2
  ) throws -> Program.Result {
    try Program.run(words(name, workers: workers), in: folder.path)
  }

  private func words(_ name: String, workers: Int = 2) -> [String] {
    var words = Self.words + ["--workers", "\(workers)"]
    words[1] = name
    return words
  }

  /// The lines of a journal that tell of an event.
  private func events(
    _ kind: String, _ folder: TemporaryFolder, _ name: String
  ) throws -> [Substring] {
    try read(folder, name + "/runs.jsonl").split(separator: "\n")
      .filter { $0.contains("\"event\":\"\(kind)\"") }
  }

  private func read(_ folder: TemporaryFolder, _ name: String) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
  }

  @Test("trains each size for its own length, and takes what a size alone has been trained for")
  func trainsEachSizeForItsOwnLengthAndTakesWhatASizeAloneHasBeenTrainedFor() throws {
    let folder = try TemporaryFolder.withCorpus()
    let common = [
      "testbed", "t", "--corpus", "corpus", "--rungs", "0.5,1", "--held-out-tokens", "1024",
      "--quiet", "--workers", "2",
    ]
    let alone = try Program.run(
      common + ["--sizes", "50k", "--mixtures", "4", "--replicated", "2", "--tokens", "8192"],
      in: folder.path)
    try #require(alone.code == 0, "\(alone.errors)")
    let rows = try read(folder, "t/runs.csv").split(separator: "\n")
    #expect(rows.count == 1 + 6 * 2)
    let both = try Program.run(
      common + [
        "--sizes", "50k,75k", "--mixtures", "4,2", "--replicated", "2,0", "--lengths", "8192,4096",
      ], in: folder.path)
    try #require(both.code == 0, "\(both.errors)")
    let all = try read(folder, "t/runs.csv").split(separator: "\n")
    #expect(all.prefix(rows.count) == rows[...])
    let more = all.dropFirst(rows.count).map { $0.split(separator: ",").prefix(5).last! }
    #expect(more == ["2048", "4096", "2048", "4096"])
    #expect(try events("ended", folder, "t").count == 6 + 2)
  }

  @Test("writes a table of whole curves that replay reads")
  func writesATableOfWholeCurvesThatReplayReads() throws {
    let folder = try TemporaryFolder.withCorpus()

    let whole = try run(folder, "whole", workers: 1)
    try #require(whole.code == 0, "\(whole.errors)")
    #expect(whole.output.contains("s.d. over seeds"))
    let table = try read(folder, "whole/runs.csv")
    let rows = table.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let heading = rows[0].joined(separator: ",")
    #expect(heading.hasPrefix("run,size,parameters,step,tokens,seed,operations,w_"))
    #expect(heading.contains(",loss_reviews"))
    // (9 + 2) and (3 + 2) runs of three rungs.
    #expect(rows.count == 1 + 16 * 3)
    #expect(rows.dropFirst().filter { $0[1] == "50k" }.count == 33)
    #expect(Set(rows.dropFirst().filter { $0[0] == "75k-2-2" }.map { $0[3] }) == ["2", "4", "8"])
    #expect(
      rows.allSatisfy { $0.count == rows[0].count && !$0.contains("") && !$0.contains("nan") })

    // After half of the runs, about half of each size's.
    let asked = try events("asked", folder, "whole")
    let early = asked.prefix(8).count { $0.contains("\"name\":\"50k-") }
    #expect(asked.count == 16 && (5...6).contains(early))
    #expect(try events("ended", folder, "whole").count == 16)

    try Program.killInsideRuns(words("broken"), in: folder.path, keeping: "broken", times: 3)
    let broken = try run(folder, "broken")
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(try read(folder, "broken/runs.csv") == table)

    // A longer one takes over what is there.
    let more = try Program.run(
      Self.words.map { $0 == "t" ? "whole" : $0 == "9,3" ? "10,3" : $0 }, in: folder.path)
    try #require(more.code == 0, "\(more.errors)")
    #expect(try events("ended", folder, "whole").count == 17)

    let replay = try Program.run(
      [
        "replay", "whole/runs.csv", "--size", "50k", "--methods", "random", "--seeds", "2",
        "--budget", "6", "--json",
      ], in: folder.path)
    #expect(replay.code == 0, "\(replay.errors)")
  }
}
