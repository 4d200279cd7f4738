import Foundation
import Mixtures
import Storage
import Testing

@testable import MixtureExports

@Suite struct ExportTests {
  static let export = MixtureExport(
    [
      .init(
        name: "books", weight: 0.5, paths: ["/data/books_text_document"], availableTokens: 1e9,
        documentTokens: 2000),
      .init(
        name: "web/news", weight: 0.3, paths: ["/data/news"], availableTokens: 5e9,
        documentTokens: 500),
      .init(
        name: "c++", weight: 0.2, paths: ["/data/cpp"], availableTokens: 1e8, documentTokens: 800),
      .init(name: "chat", weight: 0, availableTokens: 1e8, documentTokens: 10),
    ], tokens: 1e10)

  /// The lines without comments.
  private func body(_ format: ExportFormat) throws -> String {
    try Self.export.text(for: format).split(separator: "\n").filter { !$0.hasPrefix("#") }
      .joined(separator: "\n")
  }

  @Test("Megatron's words are weights and prefixes; zeros are left out")
  func megatron() throws {
    #expect(
      try Self.export.text(for: .megatron)
        == "0.5 /data/books_text_document\n0.3 /data/news\n0.2 /data/cpp\n")
    let split =
      try JSONSerialization.jsonObject(
        with: Data(Self.export.text(for: .megatronSplit).utf8)) as? [String: Any]
    #expect(
      split?["train"] as? [String] == [
        "0.5", "/data/books_text_document", "0.3", "/data/news", "0.2", "/data/cpp",
      ])
    #expect(split?.keys.sorted() == ["test", "train", "valid"])
    var blank = Self.export
    blank.domains[0].paths = ["/my data/books"]
    #expect(throws: ExportError.whiteSpaceInPath(domain: "books", path: "/my data/books")) {
      try blank.text(for: .megatron)
    }
    var several = Self.export
    several.domains[0].paths = ["a", "b", "c"]
    #expect(
      try several.text(for: .megatron).hasPrefix("0.16666667 a\n0.16666667 b\n0.16666666 c\n0.3"))
  }

  @Test(
    "formats that draw documents get probabilities of documents",
    arguments: [
      ExportFormat.huggingFace, .llamaFactory, .streaming,
    ])
  func documents(format: ExportFormat) throws {
    // .5/2000 : .3/500 : .2/800 = .00025 : .0006 : .00025
    let text = try body(format)
    #expect(text.contains("0.22727273") || text.contains("0.22727272"))
    #expect(text.contains("0.54545455") || text.contains("0.54545454"))
    var packed = Self.export
    packed.isPacked = true
    #expect(try packed.text(for: format).contains("0.3"))
    var unknown = Self.export
    unknown.domains[1].documentTokens = nil
    #expect(
      throws: ExportError.noDocumentLength(domain: "web/news", format: format.rawValue)
    ) { try unknown.text(for: format) }
    // What is not drawn needs no length.
    unknown = Self.export
    unknown.domains[3].documentTokens = nil
    _ = try unknown.text(for: format)
  }

  @Test("each format has the keys that its reader looks for")
  func keys() throws {
    let wanted: [(ExportFormat, [String])] = [
      (
        .olmoCore,
        [
          "sources:\n  - source_name: \"books\"\n    target_ratio: 0.5\n    max_repetition_ratio: 5\n"
            + "    paths:\n      - \"/data/books_text_document\"", "max_repetition_ratio: 20\n",
        ]
      ),
      (
        .nanotron,
        [
          "data_stages:\n  - name: mixture\n    start_training_step: 1\n    data:",
          "dataset_folder:\n          - \"/data/books_text_document\"\n          - \"/data/news\"",
          "dataset_weights: [0.5, 0.3, 0.2]",
        ]
      ),
      (
        .levanter,
        [
          "configs:\n  \"books\":\n    train_urls: [\"/data/books_text_document\"]",
          "train_weights:\n  \"books\": 0.5\n  \"web/news\": 0.3", "stop_strategy: restart",
        ]
      ),
      (
        .lingua,
        [
          "data:\n  root_dir: \"/data\"\n  sources:\n    \"books_text_document\": 0.5\n    \"news\": 0.3"
        ]
      ),
      (.regmix, ["train:\n  \"train_books_text_document\": 0.5", "valid:\n  \"valid_books_text"]),
      (.doremi, ["\"train_domain_weights\": {\n    \"books\": 0.5,\n    \"c++\": 0.2"]),
      (.olmix, ["mix:\n  \"books\":\n    weight: 0.5\n    repetition_factor: 5", "\"web:news\":"]),
      (
        .llamaFactory,
        ["dataset: \"/data/books", "mix_strategy: interleave_over\ninterleave_probs:"]
      ),
      (.streaming, ["streams:\n      \"books\":\n        local: \"/data/books_text_document\""]),
      (.csv, ["domain,weight,epochs\nbooks,0.5,5\nweb/news,0.3,0.6\n"]),
      (.json, ["\"domains\": [\"books\", \"web/news\", \"c++\"]", "\"epochs\": [5, 0.6, 20]"]),
    ]
    for (format, parts) in wanted {
      let text = try Self.export.text(for: format)
      for part in parts { #expect(text.contains(part), "\(format): \(text)") }
    }
  }

  @Test("notes say units, rounding, what is left out and how often each domain is seen")
  func notes() throws {
    var export = Self.export
    export.domains.append(.init(name: "tiny", weight: 1e-12))
    let notes = try export.notes(for: .olmoCore)
    #expect(notes.contains("shares of the training tokens"))
    #expect(notes.contains { $0.hasPrefix("rounded to 8 decimals") })
    #expect(notes.contains("left out, weight 0: chat"))
    #expect(notes.contains("left out, rounded to 0: tiny"))
    #expect(
      notes.contains("epochs in 10.0B tokens: books 5.00, web/news 0.600, c++ 20.0")
        || notes.contains("epochs in 10B tokens: books 5, web/news 0.6, c++ 20"))
    let text = try export.text(for: .olmoCore)
    for note in notes { #expect(text.contains("# " + note + "\n")) }
  }

  @Test("rounded weights sum to one exactly, and are nearest to what they were")
  func rounding() {
    for count in [1, 2, 3, 7, 17, 39, 400] {
      let shares = (0..<count).map { 1 / Double($0 * $0 + 3) }
      let rounded = MixtureExport.rounded(shares)
      let units = rounded.map { Int(($0 * 1e8).rounded()) }
      #expect(units.reduce(0, +) == 100_000_000)
      let sum = shares.reduce(0, +)
      #expect(zip(shares, rounded).allSatisfy { abs($0 / sum - $1) < 1e-8 })
      #expect(abs(rounded.reduce(0, +) - 1) < 1.5e-8)
    }
  }

  @Test("what is written is read back", arguments: ExportFormat.allCases)
  func whatIsWrittenIsReadBack(format: ExportFormat) throws {
    var export = Self.export
    // Names must come back from formats that hold nothing else.
    for index in export.domains.indices {
      let name = ["books", "news", "cpp", "chat"][index]
      export.domains[index].name = name
      export.domains[index].paths = ["/data/\(name)"]
    }
    export.domains[0].weight = 0.123456789
    export.domains[1].weight = 0.676543211
    let path = NSTemporaryDirectory() + "mixpipe-export-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try replaceFile(at: path, with: Data(try export.text(for: format).utf8))
    let found = try MixtureFile.read(at: path)
    for domain in export.domains where domain.weight > 0 {
      let weight = found.first { $0.domain == domain.name }?.weight
      #expect(abs((weight ?? 0) - domain.weight) < 2e-8, "\(format) \(domain.name)")
    }
  }

  @Test(
    "mixtures that others wrote are read",
    arguments: [
      ("{\"a\": 1, \"b\": 3}", ["a": 0.25, "b": 0.75]),
      (
        "{\"train_domain_weights\": {\"ArXiv\": 0.3, \"Pile-CC\": 0.7}, \"eval_domain_weights\": {}}",
        ["ArXiv": 0.3, "Pile-CC": 0.7]
      ),
      (
        "{\"mixture\": {\"domains\": [\"x\", \"c++\"], \"weights\": [0.4, 0.6]}, \"seed\": 3}",
        ["x": 0.4, "c++": 0.6]
      ),
      (
        "{\"domains\": [\"x\", \"y\"], \"weights\": [0.4, 0.6], \"finished\": 8, \"losses\": []}",
        ["x": 0.4, "y": 0.6]
      ),
      (
        "{\"train\": [\"30\", \"/p/books_text_document\", \"70\", \"/p/web\"], \"valid\": null}",
        ["books": 0.3, "web": 0.7]
      ),
      ("0.3 /p/books_text_document 0.7\n/p/web\n", ["books": 0.3, "web": 0.7]),
      (
        "model_name: tinyllama\ntrain:\n  train_the_pile_arxiv: 0.25\n  train_the_pile_cc: 0.75\nvalid:\n  v: 1.0\n",
        ["train_the_pile_arxiv": 0.25, "train_the_pile_cc": 0.75]
      ),
      (
        "data:\n  root_dir: x\n  sources:\n    dclm: 80.0\n    code: 20.0\n  seq_len: 4096\n",
        ["dclm": 0.8, "code": 0.2]
      ),
      ("run,domain,weight\n1,\"a, b\",0.5\n1,c,0.5\n", ["a, b": 0.5, "c": 0.5]),
    ] as [(String, [String: Double])])
  func others(text: String, expected: [String: Double]) throws {
    let path = NSTemporaryDirectory() + "mixpipe-export-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try replaceFile(at: path, with: Data(text.utf8))
    let found = try MixtureFile.read(at: path)
    #expect(found.count == expected.count)
    for entry in found { #expect(abs((expected[entry.domain] ?? -1) - entry.weight) < 1e-9) }
  }

  @Test(
    "what is no mixture is refused in one line",
    arguments: [
      "", "hello", "{\"a\": \"b\"}", "{\"a\": -1, \"b\": 2}", "{broken", "{\"a\": 0}",
      "domain,weight\na,0.5\na,0.5\n",
    ])
  func refusals(text: String) throws {
    let path = NSTemporaryDirectory() + "mixpipe-export-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try replaceFile(at: path, with: Data(text.utf8))
    do {
      _ = try MixtureFile.read(at: path)
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".contains("expected a mixture") && !"\(error)".contains("\n"))
    }
  }
}
