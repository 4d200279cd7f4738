import Foundation
import FoundationXML
import Testing

@Suite("The program's screens") struct ProgramScreensTests {
  @Test("the first screen lists the verbs") func theFirstScreenListsTheVerbs() throws {
    let result = try Program.run(["--help"])
    #expect(result.code == 0)
    for verb in ["corpus", "train", "study", "compare", "transfer", "report", "sweep"] {
      #expect(result.output.contains("\n  \(verb) "))
    }
  }

  @Test(
    "a mistake of usage is one line and exit code 64",
    arguments: [
      (["train", "--mixture", "books=0.5,web=0.45"], "sum to 0.95, expected 1"),
      (["train", "--mixture", "books=-1,web=2"], "'books' is -1"),
      (["train", "--mixture", "books"], "found 'books', expected a list such as"),
      (["train"], "Missing expected argument '--mixture <weights>'"),
      (["train", "--mixture", "uniform", "--size", "small"], "Please provide one of '50k'"),
      (["train", "--mixture", "uniform", "--size", "7k"], "no shape is within 20 %"),
      (
        ["testbed", "t", "--mixtures", "8,4"],
        "Found 2 counts in '--mixtures', expected one for each"
      ),
      (
        ["testbed", "t", "--sizes", "50k,100k,250k", "--replicated", "8,4"],
        "Found 2 counts in '--replicated', expected one for each of 3 sizes"
      ),
      (
        ["testbed", "t", "--sizes", "50k,100k", "--lengths", "1M"],
        "Found 1 counts in '--lengths', expected one for each of 2 sizes"
      ),
      (
        ["testbed", "t", "--sizes", "50k", "--mixtures", "2", "--lengths", "0"],
        "Found '--lengths 0', expected 1 to"
      ),
      (
        [
          "testbed", "t", "--sizes", "50k", "--mixtures", "2", "--lengths", "1M", "--tokens", "2M",
        ],
        "Found '--lengths' beside '--tokens'"
      ),
      (["testbed", "t", "--rungs", "0.5,0.25,1"], "expected ascending shares that end with 1"),
      (["testbed", "t", "--seeds", "0"], "Found '--seeds 0', expected at least 1"),
      (["train", "--mixture", "uniform", "--tokens", "0"], "expected at least 1"),
      (["study", "--methods", "bo,sobl"], "did you mean 'sobol'?"),
      (["study", "--trials", "0"], "Found '--trials 0', expected at least 1"),
      (["bench", "--shape", "64/2/2/128"], "expected width/layers/heads/context/vocabulary"),
      (["bench", "--shape", "64/2/3/128/1024"], "heads of a multiple of 16 channels"),
      (["bench", "--shape", "64/2/2/128/1"], "a vocabulary of 2 to 65536"),
      (["bench", "--modes", "some"], "Please provide one of 'one'"),
      (["bench", "--rounds", "0"], "Found '--rounds 0', expected at least 1"),
      (["compare", "--methods", "bo,climp"], "did you mean 'climb'?"),
      (["compare", "--methods", "bo,bo"], "Found 'bo' twice, expected each method once"),
      (["compare", "--optimizer-seeds", "0"], "Found '--optimizer-seeds 0', expected at least 1"),
      (["compare", "--smoke", "--size", "100k"], "drop '--smoke'"),
      (["transfer"], "Missing expected argument '<folder>'"),
      (["corpus", "build"], "Found neither a manifest nor '--domain'"),
      (["corpus", "build", "--domain", "books"], "expected a domain and its files"),
      (["stdy"], "Did you mean 'study'?"),
    ])
  func aMistakeOfUsageIsOneLineAndExitCode64(words: [String], message: String) throws {
    let result = try Program.run(words)
    #expect(result.code == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test(
    "what the disk does not hold is one line and exit code 1",
    arguments: [
      (["corpus", "list", "nowhere"], "nowhere"),
      (
        ["train", "--mixture", "uniform", "--corpus", "nowhere"],
        "nowhere: no corpus here; build it"
      ),
      (["study", "s", "--corpus", "nowhere"], "nowhere: no corpus here; build it"),
      (["transfer", "nowhere"], "nowhere"),
      (["report", "nowhere"], "nowhere"),
      (["corpus", "build", "missing.json"], "missing.json"),
      (["corpus", "build", "--domain", "a=none/*.txt", "--output", "c"], "none/*.txt"),
    ])
  func whatTheDiskDoesNotHoldIsOneLineAndExitCode1(
    words: [String], message: String
  ) throws {
    let folder = try TemporaryFolder()
    let result = try Program.run(words, in: folder.path)
    #expect(result.code == 1)
    #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }
}

/// From generated text to a report, with nothing from outside.
@Suite("The main job on synthetic text", .serialized) struct MainJobOnSyntheticTextTests {
  static let corpus = Result { try TemporaryFolder.withCorpus() }

  @Test("one model gets the same losses from any number of threads")
  func oneModelGetsTheSameLossesFromAnyNumberOfThreads() throws {
    let folder = try Self.corpus.get()
    var losses: [String] = []
    for workers in [1, 2] {
      let result = try Program.run(
        [
          "train", "--mixture", "books=0.5,code=0.5", "--corpus", "corpus", "--size", "50k",
          "--tokens", "20000", "--workers", "\(workers)", "--output", "run\(workers)", "--json",
        ], in: folder.path)
      try #require(result.code == 0, "\(result.errors)")
      losses.append(try lossesOnly(result.output))
    }
    #expect(losses[0] == losses[1])
    #expect(losses[0].contains("reviews"))
  }

  @Test("a domain that the corpus does not know is named with what was meant")
  func aDomainThatTheCorpusDoesNotKnowIsNamedWithWhatWasMeant() throws {
    let folder = try Self.corpus.get()
    let result = try Program.run(
      ["train", "--mixture", "books=0.5,cod=0.5", "--corpus", "corpus"], in: folder.path)
    #expect(result.code == 64)
    #expect(result.errors.contains("unknown domain 'cod'; did you mean 'code'?"))
  }

  @Test("a study that was killed again and again ends as one that was not")
  func aStudyThatWasKilledAgainAndAgainEndsAsOneThatWasNot() throws {
    let folder = try Self.corpus.get()
    func words(_ name: String) -> [String] {
      [
        "study", name, "--corpus", "corpus", "--size", "50k", "--tokens", "20000", "--methods",
        "bo,sobol,uniform", "--trials", "6", "--initial-trials", "4", "--finalists", "1",
        "--confirmation-seeds", "2", "--workers", "2", "--json",
      ]
    }
    let whole = try Program.run(words("whole"), in: folder.path)
    try #require(whole.code == 0, "\(whole.errors)")
    try Program.killInsideRuns(words("broken"), in: folder.path, keeping: "broken", times: 3)
    let broken = try Program.run(words("broken"), in: folder.path)
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(
      whole.output == broken.output.replacingOccurrences(of: "\"broken\"", with: "\"whole\""))

    let other = try Program.run(
      ["study", "whole", "--corpus", "corpus", "--seed", "9"], in: folder.path)
    #expect(other.code == 1)
    #expect(other.errors.contains("seed"))

    let options = ["--sizes", "100k", "--seeds", "2"]
    let transfer = try Program.run(["transfer", "whole"] + options + ["--json"], in: folder.path)
    try #require(transfer.code == 0, "\(transfer.errors)")
    #expect(transfer.output.contains("\"verdict\""))
    try Program.killInsideRuns(
      ["transfer", "broken"] + options, in: folder.path, keeping: "broken", times: 2)
    let again = try Program.run(["transfer", "broken", "--json"], in: folder.path)
    #expect(again.output == transfer.output, "\(again.errors)")

    // A study that was trained in another way is not compared with what is trained now.
    let path = folder.path + "/broken/study.json"
    let changed = try String(contentsOfFile: path, encoding: .utf8)
      .replacingOccurrences(of: "\"decayShare\" : 0.3", with: "\"decayShare\" : 0.2")
    try Data(changed.utf8).write(to: URL(fileURLWithPath: path))
    let mixed = try Program.run(["transfer", "broken", "--seeds", "3"], in: folder.path)
    #expect(mixed.code == 1)
    #expect(mixed.errors.contains("trained with decayShare 0.2"), "\(mixed.errors)")
    #expect(mixed.errors.split(separator: "\n").count == 1)

    let report = try Program.run(["report", "whole"], in: folder.path)
    try #require(report.code == 0, "\(report.errors)")
    let page = try String(contentsOfFile: folder.path + "/whole/report.html", encoding: .utf8)
    #expect(page.contains("<svg"))
    #expect(page.contains("--methods bo,sobol,uniform --trials 6"))
  }

  @Test("a study keeps to its constraints and minimizes what it is told to")
  func aStudyKeepsToItsConstraintsAndMinimizesWhatItIsToldTo() throws {
    let folder = try Self.corpus.get()
    func study(_ options: [String]) throws -> Program.Result {
      try Program.run(
        [
          "study", "bounded", "--corpus", "corpus", "--size", "50k", "--tokens", "20000",
          "--methods", "bo,uniform", "--trials", "5", "--initial-trials", "4", "--finalists", "1",
          "--confirmation-seeds", "1", "--json",
        ] + options, in: folder.path)
    }
    for (options, words) in [
      (["--constrain", "code<=0.1", "--constrain", "code>=0.3"], "miss each other by 0.2"),
      (["--constrain", "cod<=0.1"], "did you mean 'code'?"),
      (["--constrain", "code<0.1"], "'code<=0.3'"), (["--objective", "wurst"], "'worst'"),
      (["--guard", "code=3"], "'web<=3.95'"),
      (["--objective", "worst:books", "--target", "code"], "in one of the two"),
    ] {
      let refused = try study(options)
      #expect(refused.code == 64 && refused.errors.contains(words), "\(refused.errors)")
    }
    let result = try study([
      "--constrain", "code<=0.1", "--constrain", "domains<=3", "--objective", "worst:code,books",
      "--guard", "reviews<=20",
    ])
    try #require(result.code == 0, "\(result.errors)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let methods = try #require(summary["methods"] as? [[String: Any]])
    let domains = try #require(summary["domains"] as? [String])
    for method in methods {
      let weights = try #require(method["weights"] as? [Double])
      let isFixed = method["method"] as? String == "uniform"
      #expect((method["breaks"] != nil) == isFixed)
      if !isFixed {
        let code = try #require(domains.firstIndex(of: "code"))
        #expect(weights[code] <= 0.1 + 1e-9)
        #expect(weights.count { $0 > 0 } <= 3)
      }
    }
    // The command that the report prints is the same study.
    let report = try Program.run(["report", "bounded"], in: folder.path)
    try #require(report.code == 0, "\(report.errors)")
    let page = try String(contentsOfFile: folder.path + "/bounded/report.md", encoding: .utf8)
    #expect(page.contains("code<=0.1"))
  }

  /// The losses of `run.json`, without times.
  private func lossesOnly(_ json: String) throws -> String {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let result = try #require(object["result"] as? [String: Any])
    let outcome = try #require(result["outcome"])
    return String(
      decoding: try JSONSerialization.data(withJSONObject: outcome, options: [.sortedKeys]),
      as: UTF8.self)
  }
}

@Suite("A comparison from the command line") struct ComparisonFromTheCommandLineTests {
  @Test("runs every method on generated text and says what it found")
  func runsEveryMethodOnGeneratedTextAndSaysWhatItFound() throws {
    let folder = try TemporaryFolder()
    let first = try Program.run(["compare", "c", "--smoke", "--json"], in: folder.path)
    try #require(first.code == 0, "\(first.errors)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    let methods = try #require(summary["methods"] as? [[String: Any]])
    #expect(methods.count >= 12)
    for method in methods {
      #expect(method["loss"] is [String: Any], "\(method)")
      #expect((method["searches"] as? [Any])?.count == 2)
    }
    #expect((summary["claims"] as? [Any])?.count == 4)
    let page = try String(contentsOfFile: folder.path + "/c/report.html", encoding: .utf8)
    #expect(page.contains("Loss against compute") && page.contains("<svg"))
    #expect(
      try XMLDocument(xmlString: String(page.dropFirst("<!DOCTYPE html>\n".count))).rootElement()
        != nil)
    let text = try String(contentsOfFile: folder.path + "/c/report.md", encoding: .utf8)
    #expect(text.contains("## Laws and regressions"))

    // Nothing is left to do, and the answer is the same.
    let again = try Program.run(["compare", "c", "--smoke", "--json"], in: folder.path)
    #expect(again.code == 0 && again.output == first.output)
    let drawn = try Program.run(["report", "c"], in: folder.path)
    #expect(drawn.code == 0 && drawn.output == "c/report.html\nc/report.md\n", "\(drawn.errors)")
    #expect(try String(contentsOfFile: folder.path + "/c/report.md", encoding: .utf8) == text)
    let other = try Program.run(
      ["compare", "c", "--smoke", "--trials", "20"], in: folder.path)
    #expect(other.code == 1 && other.errors.contains("trials"), "\(other.errors)")
  }

  @Test("keeps to constraints and minimizes what it is told to")
  func keepsToConstraintsAndMinimizesWhatItIsToldTo() throws {
    let folder = try TemporaryFolder()
    func compare(_ options: [String]) throws -> Program.Result {
      try Program.run(
        [
          "compare", "c", "--smoke", "--methods", "bo,mixlaws,aioli,uniform", "--trials", "6",
          "--optimizer-seeds", "1", "--confirmation-seeds", "1", "--json",
        ] + options, in: folder.path)
    }
    for (options, words) in [
      (["--constrain", "code<=0.1", "--constrain", "code>=0.3"], "miss each other by 0.2"),
      (["--constrain", "cod<=0.1"], "did you mean 'code'?"), (["--objective", "wurst"], "'worst'"),
      (["--guard", "code=3"], "'web<=3.95'"),
    ] {
      let refused = try compare(options)
      #expect(refused.code == 64 && refused.errors.contains(words), "\(refused.errors)")
    }
    let options = [
      "--constrain", "code<=0.1", "--objective", "worst:code,books", "--guard", "reviews<=20",
    ]
    let result = try compare(options)
    try #require(result.code == 0, "\(result.errors)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let code = try #require((summary["domains"] as? [String])?.firstIndex(of: "code"))
    for method in try #require(summary["methods"] as? [[String: Any]]) {
      let search = try #require((method["searches"] as? [[String: Any]])?.first)
      let weights = try #require(search["weights"] as? [Double])
      let isFixed = method["method"] as? String == "uniform"
      #expect((search["breaks"] != nil) == isFixed)
      #expect((weights[code] <= 0.1 + 1e-9) == !isFixed, "\(method)")
    }
    let text = try String(contentsOfFile: folder.path + "/c/report.md", encoding: .utf8)
    #expect(text.contains("uniform (breaks code&lt;=0.1)"))
    #expect(text.contains("the worst held-out loss among books, code"))
    #expect(
      text.contains(
        "--objective 'worst:books,code' --guard 'reviews<=20' --constrain 'code<=0.1'"))
    // What is not said again is as it was.
    #expect(try compare([]).output == result.output)
  }

  @Test("that was killed ends as one that was not") func thatWasKilledEndsAsOneThatWasNot() throws {
    let folder = try TemporaryFolder()
    func words(_ name: String) -> [String] {
      [
        "compare", name, "--smoke", "--methods", "bo,mixlaws,climb,uniform", "--trials", "8",
        "--optimizer-seeds", "1", "--workers", "2", "--json",
      ]
    }
    let whole = try Program.run(words("whole"), in: folder.path)
    try #require(whole.code == 0, "\(whole.errors)")
    try Program.killInsideRuns(words("broken"), in: folder.path, keeping: "broken", times: 2)
    let broken = try Program.run(words("broken"), in: folder.path)
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(
      whole.output == broken.output.replacingOccurrences(of: "\"broken\"", with: "\"whole\""))
  }
}
