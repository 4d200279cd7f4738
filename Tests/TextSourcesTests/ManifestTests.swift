import Foundation
import Testing

@testable import TextSources

private let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("corpora").path

private func read(_ json: String) throws -> CorpusManifest {
  let path = NSTemporaryDirectory() + "mixpipe-manifest-\(UUID().uuidString).json"
  try Data(json.utf8).write(to: URL(fileURLWithPath: path))
  defer { unlink(path) }
  do {
    return try CorpusManifest.read(at: path)
  } catch let error as TextSourceError {
    throw Message(description: error.description.replacingOccurrences(of: path, with: "m.json"))
  }
}

private struct Message: Error, CustomStringConvertible { let description: String }

private let valid = """
  {"name": "n", "domains": [{"name": "d", "sources": [{"kind": "deb", "package": "p",
  "version": "1", "sha256": "\(String(repeating: "0a", count: 32))", "files": ["*"],
  "rule": "html", "license": "MIT"}]}]}
  """

@Suite struct ManifestsOfTheHouseTests {
  @Test("name their domains in order") func nameTheirDomainsInOrder() throws {
    let five = try CorpusManifest.read(at: corpora + "/five.json")
    #expect(
      five.domains.map(\.name) == ["books", "web", "code", "papers", "chat", "reviews", "docs"])
    #expect(five.domains.filter { $0.role == .heldOut }.map(\.name) == ["reviews", "docs"])
    let free = try CorpusManifest.read(at: corpora + "/free.json")
    #expect(free.domains.map(\.name) == ["books", "docs", "code", "dict", "math", "german"])
    #expect(free.packages.allSatisfy { $0.kind == .deb })
  }

  @Test(
    "have a licence a digest and globs that parse for every source", arguments: ["five", "free"])
  func haveALicenceADigestAndGlobsThatParseForEverySource(name: String) throws {
    let manifest = try CorpusManifest.read(at: "\(corpora)/\(name).json")
    #expect(manifest.name == name)
    #expect(!manifest.description.isEmpty)
    for source in manifest.domains.flatMap(\.sources) {
      #expect(!source.license.isEmpty)
      #expect(source.sha256.count == 64)
      #expect(source.files.allSatisfy { !$0.hasPrefix("/") && !$0.hasPrefix("./") })
    }
  }
}

@Suite struct ManifestTests {
  @Test("may leave out what has a default") func mayLeaveOutWhatHasADefault() throws {
    let manifest = try read(valid)
    #expect(manifest.kind == .packages)
    #expect(manifest.domains[0].role == .train)
    #expect(manifest.domains[0].sources[0].cleaning == ManifestSource.Cleaning())
  }

  @Test("of a synthetic corpus needs no sources") func ofASyntheticCorpusNeedsNoSources() throws {
    let manifest = try read(
      #"{"kind": "synthetic", "name": "s", "seed": 7, "domains": {"a": 0.5}}"#)
    #expect(manifest.kind == .synthetic)
    #expect(manifest.domains.isEmpty)
  }

  @Test(
    "that is wrong is told by path and field",
    arguments: [
      (
        "\"rule\": \"html\"", "\"rule\": \"htm\"",
        "field 'domains.0.sources.0.rule': expected one of"
      ),
      ("0a0a", "0A0A", "field 'domains.0.sources.0.sha256': expected 64 hexadecimal digits"),
      (
        "\"package\": \"p\"", "\"package\": \"-p\"", "field 'domains.0.sources.0.package': expected"
      ),
      (
        "\"version\": \"1\",", "",
        "field 'domains.0.sources.0.version': expected, not found; correct the manifest"
      ),
      ("[\"*\"]", "3", "field 'domains.0.sources.0.files': expected a value of type Array"),
      ("\"name\": \"d\"", "\"name\": \"d=\"", "field 'domains.0.name': expected letters, digits"),
      (
        "\"name\": \"d\"", "\"name\": \"d\", \"role\": \"held-out\"",
        "field 'domains': expected at least"
      ),
      ("}]}]}", "}]}", "expected JSON, found something else"),
    ])
  func thatIsWrongIsToldByPathAndField(found: String, wrong: String, problem: String) {
    let error = message(of: { try read(valid.replacingOccurrences(of: found, with: wrong)) })
    #expect(error.contains("m.json: " + problem), "\(error)")
    #expect(!error.contains("\n"))
  }
}
