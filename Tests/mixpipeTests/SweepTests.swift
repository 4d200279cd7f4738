import Foundation
import Testing

@Suite("A sweep from the command line") struct SweepTests {
  private static let corpus = Result { try TemporaryFolder.withCorpus() }

  private func words(_ name: String, _ more: [String] = []) -> [String] {
    [
      "sweep", name, "--corpus", "corpus", "--sizes", "50k", "--rates", "0.5,1", "--seeds", "2",
      "--tokens", "8192",
    ] + more
  }

  /// How many runs of a folder's journal have ended.
  private func ended(_ folder: TemporaryFolder, _ name: String) throws -> Int {
    try String(contentsOfFile: "\(folder.path)/\(name)/runs.jsonl", encoding: .utf8)
      .split(separator: "\n").count { $0.contains("\"event\":\"ended\"") }
  }

  private func cells(_ json: String) throws -> [[String: Any]] {
    let document = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    return try #require(document?["cells"] as? [[String: Any]])
  }

  @Test("that was killed again and again ends as one that was not")
  func killed() throws {
    let folder = try Self.corpus.get()
    let whole = try Program.run(words("whole", ["--json"]), in: folder.path)
    try #require(whole.code == 0, "\(whole.errors)")
    try Program.killInsideRuns(
      words("broken", ["--workers", "2"]), in: folder.path, keeping: "broken", times: 2)
    let broken = try Program.run(words("broken", ["--json"]), in: folder.path)
    #expect(broken.output == whole.output)
    #expect(try cells(whole.output).count == 2)
  }

  @Test("trains anew at another base rate, and nothing again that is there")
  func otherRate() throws {
    let folder = try Self.corpus.get()
    let first = try Program.run(words("rates", ["--json"]), in: folder.path)
    try #require(first.code == 0, "\(first.errors)")
    #expect(try ended(folder, "rates") == 4)

    // 0.0075 is the default: the same runs.
    let same = try Program.run(
      words("rates", ["--learning-rate", "0.0075", "--json"]), in: folder.path)
    #expect(same.output == first.output)
    #expect(try ended(folder, "rates") == 4)

    // Half of 0.015 is the default, which is there; 0.015 itself is not.
    let other = try Program.run(
      words("rates", ["--learning-rate", "0.015", "--json"]), in: folder.path)
    try #require(other.code == 0, "\(other.errors)")
    #expect(try ended(folder, "rates") == 6)
    let found = try cells(other.output)
    #expect(found.compactMap { $0["learningRate"] as? Double } == [0.0075, 0.015])
    let first1x = try cells(first.output).last?["runs"] as? NSArray
    #expect(found.first?["runs"] as? NSArray == first1x)
  }

  @Test("goes on with a journal of an earlier version")
  func earlier() throws {
    let folder = try Self.corpus.get()
    // That program knew single precision only, and its folders stay with it.
    let fresh = try Program.run(
      words("fresh", ["--json", "--precision", "fp32"]), in: folder.path)
    try #require(fresh.code == 0, "\(fresh.errors)")
    let digest =
      try #require(
        try JSONSerialization.jsonObject(
          with: Data(contentsOf: URL(fileURLWithPath: folder.path + "/corpus/corpus.json")))
          as? [String: Any])["digest"] as? String
    // What the program of before wrote: the run of half the rate and seed 1, with losses of its own.
    let domains = ["books", "web", "code", "papers", "chat", "reviews", "docs"]
    let losses = domains.map {
      #"{"bitsPerByte":1,"domain":"\#($0)","loss":7.25,"standardError":0.01}"#
    }.joined(separator: ",")
    let line =
      #"{"corpusDigest":"\#(try #require(digest))","losses":[\#(losses)],"mean":7.25,"#
      + #""parameters":56480,"rateFactor":0.5,"seconds":1,"seed":1,"size":"50k","tokens":8192,"#
      + #""tokensPerSecond":8192,"weights":[0.2,0.2,0.2,0.2,0.2]}"# + "\n"
    try FileManager.default.createDirectory(
      atPath: folder.path + "/old", withIntermediateDirectories: true)
    try Data(line.utf8).write(to: URL(fileURLWithPath: folder.path + "/old/sweep.jsonl"))

    let result = try Program.run(words("old", ["--json"]), in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    func means(_ json: String) throws -> [Double?] {
      try cells(json).flatMap {
        ($0["runs"] as? [[String: Any]] ?? []).map { $0["mean"] as? Double }
      }
    }
    let (old, new) = (try means(result.output), try means(fresh.output))
    #expect(old.count == 4 && old.first == 7.25)
    #expect(old.dropFirst() == new.dropFirst())
  }
}
