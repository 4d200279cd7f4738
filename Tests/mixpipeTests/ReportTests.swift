import Foundation
import Storage
import Testing

/// What the program draws and predicts from the committed runs.
@Suite("Reports of committed runs") struct ReportsOfCommittedRuns {
  static func copy(_ name: String, without files: [String] = []) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: Program.root + "/runs/\(name)", toPath: folder.path + "/\(name)")
    for file in files {
      try FileManager.default.removeItem(atPath: folder.path + "/\(name)/\(file)")
    }
    return folder
  }

  @Test(
    "each kind of folder is drawn",
    arguments: [
      ("reviews", "Gain and price on each domain"), ("sizes", "From size to size"),
      ("extrapolation-testbed", "From smaller sizes to larger ones"),
      ("extrapolation-5mix", "From smaller sizes to larger ones"),
      ("testbed", "Which runs rank mixtures as the target does"), ("equal-shares", "Settings"),
      ("learning-rate", "Settings"), ("seed-noise", "Settings"),
    ])
  func eachKindOfFolderIsDrawn(name: String, section: String) throws {
    let folder = try Self.copy(name)
    let result = try Program.run(["report", name], in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("\(name)/report.html\n\(name)/report.md\n"))
    let page = String(
      decoding: try readFile(at: folder.path + "/\(name)/report.html"), as: UTF8.self)
    let markdown = String(
      decoding: try readFile(at: folder.path + "/\(name)/report.md"), as: UTF8.self)
    #expect(page.contains("<h2>\(section)</h2>"))
    #expect(markdown.contains("\n## "))
    // Words that the glossary has others for.
    for word in ["To have it again", " less uniform", " less the mean", "promised"] {
      #expect(!markdown.contains(word), "\(word)")
    }
  }

  @Test(
    "a folder that cannot be drawn says what to do, in one line",
    arguments: ["compare"])
  func aFolderThatCannotBeDrawnSaysWhatToDoInOneLine(name: String) throws {
    let folder = try Self.copy(name)
    let result = try Program.run(["report", name], in: folder.path)
    #expect(result.code == 1)
    #expect(
      result.errors.hasPrefix("Error: \(name)") && result.errors.contains("expected")
        || result.errors.contains("report.md again"), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  private struct Prediction: Decodable {
    struct Value: Decodable {
      var mean: Double
      var low: Double
      var high: Double
    }
    struct Losses: Decodable {
      var objective: Value
      var losses: [String: Value]
    }
    struct Entry: Decodable {
      var name: String?
      var weights: [Double]
      var predicted: Losses
      var change: Losses?
      var isWithinNoise: Bool
    }
    struct Range: Decodable {
      var low: Double
      var high: Double
    }
    var recommended: [Double]
    var runNoise: Double
    var mixtures: [Entry]
    var ranges: [Range]?
  }

  @Test("a study predicts any mixture, and what it costs elsewhere")
  func aStudyPredictsAnyMixtureAndWhatItCostsElsewhere() throws {
    let mixture = "books=0.15,web=0.35,code=0.05,papers=0.05,chat=0.4"
    let result = try Program.run(
      [
        "predict", Program.root + "/runs/reviews", "--mixture", mixture, "--mixture", "uniform",
        "--json",
      ])
    #expect(result.code == 0, "\(result.errors)")
    let found = try JSONDecoder().decode(Prediction.self, from: Data(result.output.utf8))
    #expect(found.mixtures.count == 2 && found.ranges == nil)
    let (first, uniform) = (found.mixtures[0], found.mixtures[1])
    #expect(first.weights == [0.15, 0.35, 0.05, 0.05, 0.4])
    // The objective is the loss of reviews; both are the same prediction.
    #expect(first.predicted.objective.mean == first.predicted.losses["reviews"]?.mean)
    // Eight fresh seeds of equal weights had 4.2835 ± .0066; the search's seed, which the model knows,
    // 4.2996.
    #expect(abs(uniform.predicted.objective.mean - 4.2996) < 0.02)
    #expect(!uniform.isWithinNoise)
    // A twentieth of code takes most of its price away.
    #expect(try #require(first.change?.losses["code"]).mean < -1)
    let told = try Program.run(
      ["predict", Program.root + "/runs/reviews", "--mixture", mixture])
    #expect(told.output.contains("loss of code") && told.output.contains("minus recommended"))
  }

  @Test("without a mixture it says what would also do") func withoutAMixtureItSaysWhatWouldAlsoDo()
    throws
  {
    let result = try Program.run(["predict", Program.root + "/runs/reviews", "--json"])
    let found = try JSONDecoder().decode(Prediction.self, from: Data(result.output.utf8))
    let ranges = try #require(found.ranges)
    #expect(ranges.count == 5)
    for range in ranges { #expect(0 <= range.low && range.low <= range.high && range.high <= 1) }
    let names = found.mixtures.compactMap(\.name)
    #expect(names.contains("recommended") && names.contains("least price elsewhere"))
    let round = try #require(found.mixtures.first { $0.name?.hasPrefix("in steps of") == true })
    #expect(round.isWithinNoise)
    for weight in round.weights { #expect(abs(weight * 100 - (weight * 100).rounded()) < 1e-9) }
  }

  @Test("a study of several sizes predicts at each of them")
  func aStudyOfSeveralSizesPredictsAtEachOfThem() throws {
    let result = try Program.run(
      ["predict", Program.root + "/runs/sizes", "--mixture", "uniform"])
    #expect(result.code == 0, "\(result.errors)")
    for size in ["50k", "100k", "200k", "400k"] { #expect(result.output.contains("\n\(size) ")) }
    // The study knows how much text there is.
    let natural = try Program.run(
      ["predict", Program.root + "/runs/sizes", "--mixture", "natural"])
    #expect(natural.code == 0 && natural.output != result.output, "\(natural.errors)")
  }

  @Test(
    "what cannot be predicted is one line",
    arguments: [
      (["predict", "runs/reviews", "--mixture", "books=0.5,film=0.5"], "film", Int32(64)),
      (["predict", "runs/reviews", "--mixture", "books=0.5"], "sum to 0.5", 64),
      (["predict", "runs/nowhere"], "runs/nowhere", 1),
    ])
  func whatCannotBePredictedIsOneLine(
    words: [String], message: String, code: Int32
  ) throws {
    let result = try Program.run(words, in: Program.root)
    #expect(result.code == code)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}

/// A study that is looked at.
@Suite("Watching a folder") struct WatchingAFolder {
  @Test("a study says in a terminal what has ended and what is best")
  func aStudySaysInATerminalWhatHasEndedAndWhatIsBest() throws {
    let result = try Program.run(["watch", "runs/reviews", "--once"], in: Program.root)
    #expect(result.code == 0, "\(result.errors)")
    // 54 runs of the search, 48 with fresh seeds and 12 at the larger size.
    #expect(result.output.contains("114 runs have ended, 0 are under way"))
    #expect(!result.output.contains("are left"))
    #expect(result.output.contains("Best so far: 4.1624, bo "))
    #expect(result.output.contains("sobol"))
  }

  @Test("a folder without runs is one line") func aFolderWithoutRunsIsOneLine() throws {
    let result = try Program.run(["watch", "runs/compare"], in: Program.root)
    #expect(result.code == 1)
    #expect(result.errors.contains("found no journal of runs"))
  }
}
