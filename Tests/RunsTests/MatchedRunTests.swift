import Foundation
import Mixtures
import Testing

@testable import Runs

@Suite("Runs whose epochs are matched") struct MatchedRunTests {
  private let matching = EpochMatching(
    target: TargetRun(tokens: 20_000, availableTokens: [10, 20, 30]), seed: 4)

  private var settings: TrainerSettings {
    TrainerSettings(
      learningRate: 0.0075, embeddingRate: 0.015, batchTokens: 1024, contextLength: 64,
      commonChannel: 1, decayShare: 0.3, weightDecay: 0.1, heldOutTokens: 65_536)
  }

  private func conditions(_ evaluator: EvaluatorIdentity) -> RunConditions {
    RunConditions(
      corpus: "0123", domains: ["books", "web", "code"], size: "50k", parameters: 50_000,
      evaluator: evaluator)
  }

  @Test("are other runs than those that read all text, of each other length too")
  func keys() {
    let mixture = Mixture.uniform(over: ["books", "web", "code"])
    func key(_ tokens: Int, _ matching: EpochMatching?) -> RunKey {
      var settings = settings
      settings.matching = matching
      return RunRequest(
        conditions: conditions(.trainer(settings)), mixture: mixture, tokens: tokens, seed: 1
      ).key
    }
    var other = matching
    other.seed = 5
    let longer = EpochMatching(target: TargetRun(tokens: 40_000), seed: 4)
    let keys = [
      key(1000, nil), key(1000, matching), key(2000, matching), key(1000, other),
      key(1000, longer),
    ]
    #expect(Set(keys).count == 5)
    #expect(keys[1].length == 1000)
    // Runs that read all text are the beginnings of longer ones, as ever.
    #expect(key(2000, nil) == keys[0] && keys[0].length == nil)
    let difference = keys[1].conditions.evaluator.firstDifference(
      from: keys[3].conditions.evaluator)
    #expect(difference?.field == "subsampleSeed" && difference?.found == "4")
    #expect(keys[0].conditions.evaluator.firstDifference(from: keys[4].conditions.evaluator) != nil)
  }

  @Test("leave what is written of all others as it was")
  func writing() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let plain = String(decoding: try encoder.encode(settings), as: UTF8.self)
    // As journals have had it before epochs could be matched.
    #expect(
      plain
        == #"{"batchTokens":1024,"commonChannel":1,"contextLength":64,"decayShare":0.3,"embeddingRate":0.015,"heldOutTokens":65536,"learningRate":0.0075,"weightDecay":0.1}"#
    )
    #expect(settings.described["matchedTokens"] == nil)
    var matched = settings
    matched.matching = matching
    let read = try JSONDecoder().decode(TrainerSettings.self, from: try encoder.encode(matched))
    #expect(read == matched)
    let own = EvaluatorIdentity.other(
      kind: "command", settings: ["trainer": "mine"].merging(matching.settings) { own, _ in own })
    #expect(own.matching == matching)
    #expect(try JSONDecoder().decode(EvaluatorIdentity.self, from: try encoder.encode(own)) == own)
    #expect(EvaluatorIdentity.other(kind: "command", settings: ["trainer": "a"]).matching == nil)
  }

  @Test(
    "of settings that no run can have are refused where they are read",
    arguments: [
      ("heldOutTokens", "0"), ("heldOutTokens", "-5"), ("batchTokens", "0"),
      ("batchTokens", "9223372036854775807"), ("contextLength", "0"), ("revision", "0"),
      ("learningRate", "0"), ("learningRate", "-0.1"), ("embeddingRate", "1e300"),
      ("decayShare", "1.5"), ("weightDecay", "-1"), ("commonChannel", "1e9"),
    ])
  func unfitSettings(name: String, value: String) throws {
    var fields = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)) as? [String: Any])
    fields[name] =
      name == "revision" || name.hasSuffix("Tokens") || name.hasSuffix("Length")
      ? Int(value)! as Any : Double(value)!
    let data = try JSONSerialization.data(withJSONObject: fields)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(EvaluatorIdentity.self, from: data)
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("found \(error as Any)")
      return
    }
    #expect(context.codingPath.last?.stringValue == name)
    #expect(context.debugDescription.hasPrefix("found "))
  }

  @Test("are kept in a journal with their lengths, and refused without")
  func journal() throws {
    let folder = TemporaryFolder()
    let asked = conditions(.other(kind: "command", settings: matching.settings))
    let request = RunRequest(
      conditions: asked, mixture: .uniform(over: asked.domains), tokens: 1000, seed: 2)
    var first = request
    first.id = 0
    var book = try RunBook(folder: folder.path)
    try book.record(.asked(first, claim(0), at: 1))
    #expect(try RunBook.ledger(folder: folder.path)[0].request == first)
    let path = folder.path + "/" + RunBook.file
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(#""length":1000"#))
    var line = RunLine(.asked(first, claim(0), at: 1)) { _ in 0 }
    line.length = nil
    #expect(throws: RunContradiction.self) { try line.event([asked]) }
  }
}
