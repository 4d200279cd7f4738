import Foundation
import Storage
import Testing

@Suite struct `The program on methods and their benchmark` {
  @Test("says where each method comes from, to people and to programs")
  func saysWhereEachMethodComesFromToPeopleAndToPrograms() throws {
    let text = try Program.run(["methods", "regmix", "mfms"])
    #expect(text.code == 0)
    for words in ["sail-sg/regmix at b004d3a", "namkoong-lab/data-recipes", "differs", "shown by"] {
      #expect(text.output.contains(words), "\(words)")
    }
    let json = try Program.run(["methods", "--json"])
    let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
    let facts = try #require((document as? [String: Any])?["methods"] as? [[String: Any]])
    #expect(facts.count > 40 && facts.allSatisfy { $0["check"] is String })
  }

  @Test(
    "refuses in one line what it cannot do",
    arguments: [
      (["methods", "regmx"], "did you mean 'regmix'?"),
      (["benchmark", "--problems", "harmfull-6"], "did you mean 'harmful-6'?"),
      (["benchmark", "--kind", "both"], "expected one-size or sizes"),
      (["benchmark", "--methods", "odm"], "not in the benchmark"),
      (["benchmark", "--entry", "true", "--name", "bo"], "the name of a built-in method"),
      (["benchmark", "--seeds", "0"], "expected at least 1"),
    ])
  func refusesInOneLineWhatItCannotDo(words: [String], message: String) throws {
    let result = try Program.run(words)
    #expect(result.code == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test("gives the same table for any number of workers and after an interruption")
  func givesTheSameTableForAnyNumberOfWorkersAndAfterAnInterruption() throws {
    let folder = try TemporaryFolder()
    func benchmark(_ name: String, _ more: [String]) throws -> String {
      let result = try Program.run(
        [
          "benchmark", folder.path + "/\(name)", "--problems", "harmful-6,pool-12", "--kind",
          "sizes", "--methods", "random,hyperband", "--seeds", "2", "-q",
        ] + more)
      #expect(result.code == 0, "\(result.errors)")
      return try String(contentsOfFile: folder.path + "/\(name)/benchmark.json", encoding: .utf8)
    }
    let one = try benchmark("one", ["--workers", "1"])
    #expect(try benchmark("two", ["--workers", "2"]) == one)
    // What a journal that was cut short lacks is searched again.
    let path = folder.path + "/two/benchmark.jsonl"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 9)
    try Data((lines.prefix(4).joined(separator: "\n") + "\n").utf8).write(
      to: URL(fileURLWithPath: path))
    #expect(try benchmark("two", []) == one)
    let page = try String(contentsOfFile: folder.path + "/two/report.html", encoding: .utf8)
    #expect(page.contains("hyperband") && page.contains("pool-12"))
  }

  @Test("runs a command beside the built-in methods")
  func runsACommandBesideTheBuiltInMethods() throws {
    let folder = try TemporaryFolder()
    let script = folder.path + "/entry.sh"
    try """
    read problem
    echo '{"hand_over": {"weights": [0, 0, 0.84, 0.14, 0.02, 0]}}'
    echo '{"run": {"weights": [0, 0, 0.84, 0.14, 0.02, 0]}}'
    read result
    echo '{"end": true}'
    """.write(toFile: script, atomically: true, encoding: .utf8)
    let result = try Program.run([
      "benchmark", "--problems", "harmful-6", "--kind", "sizes", "--methods", "random", "--seeds",
      "1", "--entry", "sh \(script)", "--name", "told", "--json",
    ])
    #expect(result.code == 0, "\(result.errors)")
    let summary = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let table = try #require((summary["tables"] as? [[String: Any]])?.first)
    let first = try #require((table["methods"] as? [[String: Any]])?.first)
    #expect(first["method"] as? String == "told")
  }
}
