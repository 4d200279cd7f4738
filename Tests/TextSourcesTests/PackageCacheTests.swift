import Foundation
import Storage
import Testing

@testable import TextSources

private func sha256(_ path: String) throws -> String {
  var hash = SHA256()
  hash.update(try readFile(at: path))
  return hash.hexadecimal()
}

private func manifest(
  _ kind: ManifestSource.Kind, sha256: String, files: [String]
) -> CorpusManifest {
  let source = ManifestSource(
    kind: kind, package: "some-text", version: "1.0", sha256: sha256, files: files, rule: .markdown,
    license: "CC0-1.0", note: "Made up.")
  return CorpusManifest(
    name: "m", description: "",
    domains: [ManifestDomain(name: "d", role: .train, sources: [source])])
}

private func documents(_ manifest: CorpusManifest, _ packages: [FetchedPackage]) throws
  -> [Document]
{
  var all: [Document] = []
  try PackageDocuments(domain: manifest.domains[0], packages: packages).documents { all.append($0) }
  return all
}

@Suite(.enabled(if: (try? Subprocess.find("dpkg-deb")) != nil))
struct CacheWithADebianPackageTests {
  private let folder: Folder
  private let path: String
  private let text = String(repeating: "Many *words* in a package. ", count: 20)

  init() throws {
    folder = try Folder()
    try folder.write("tree/usr/share/some/b.md", text + "b")
    try folder.write("tree/usr/share/some/a.md", text + "a")
    try folder.write(
      "tree/DEBIAN/control",
      "Package: some-text\nVersion: 1.1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: x\n"
    )
    try makeFolder(at: folder.path + "/cache")
    path = folder.path + "/cache/some-text_1.1_all.deb"
    let result = try Subprocess.run("dpkg-deb", ["--build", folder.path + "/tree", path])
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test("needs no network for what is there") func needsNoNetworkForWhatIsThere() throws {
    let manifest = manifest(.deb, sha256: try sha256(path), files: ["usr/**/*.md"])
    let packages = try PackageCache(folder: folder.path + "/cache").fetch(manifest) { event in
      Issue.record("\(event)")
    }
    #expect(packages.map(\.path) == [path])
    let found = try documents(manifest, packages)
    #expect(
      found.map(\.splitKey) == ["some-text/usr/share/some/a.md", "some-text/usr/share/some/b.md"])
    #expect(found[0].string.hasPrefix("Many words in"))
    #expect(
      try packages[0].provenance
        == Provenance(
          name: "some-text", version: "1.0", sha256: sha256(path), license: "CC0-1.0",
          note: "Made up."))
  }

  @Test("takes a stand in again with its note") func takesAStandInAgainWithItsNote() throws {
    let wanted = String(repeating: "0", count: 64)
    try folder.write(
      "cache/some-text_1.1_all.deb.json",
      """
      {"wantedSHA256": "\(wanted)", "sha256": "\(try sha256(path))", "version": "1.1",
      "note": "Version 1.0 is gone, took 1.1."}
      """)
    var events: [SourceEvent] = []
    let packages = try PackageCache(folder: folder.path + "/cache").fetch(
      manifest(.deb, sha256: wanted, files: ["**"])
    ) { events.append($0) }
    #expect(events == [.note(package: "some-text", text: "Version 1.0 is gone, took 1.1.")])
    #expect(packages[0].version == "1.1")
    #expect(packages[0].provenance.note == "Made up. Version 1.0 is gone, took 1.1.")
  }

  @Test("tells damage by path") func tellsDamageByPath() throws {
    try folder.write("cache/some-text_1.1_all.deb", "no package")
    let manifest = manifest(.deb, sha256: try sha256(path), files: ["**"])
    let packages = try PackageCache(folder: folder.path + "/cache").fetch(manifest)
    let error = message(of: { try documents(manifest, packages) })
    #expect(error.hasPrefix("\(path): damaged ("))
    #expect(!error.contains("\n"))
  }
}

@Suite struct CacheWithAWheelTests {
  @Test("reads it as the zip file that it is") func readsItAsTheZipFileThatItIs() throws {
    let folder = try Folder()
    let path = try folder.write("Some_Text-1.0-py3-none-any.whl", Streams.zip)
    let manifest = manifest(.wheel, sha256: try sha256(path), files: ["**/packed.txt"])
    let packages = try PackageCache(folder: folder.path).fetch(manifest)
    let archive = try PackageArchive(packages[0])
    #expect(archive.names == ["folder/packed.txt", "stored.txt"])
    #expect(try archive.contents(of: 1) == Array("stored".utf8))
    // 140 characters make no document.
    #expect(try documents(manifest, packages).isEmpty)
  }
}

@Suite struct ToolsTests {
  @Test("that are missing are told with a way to get them")
  func thatAreMissingAreToldWithAWayToGetThem() {
    let error = message(of: { try Subprocess.run("no-such-tool-anywhere", []) })
    #expect(
      error
        == "no-such-tool-anywhere not found, it is needed to fetch the text; "
        + "install it with 'apt-get install no-such-tool-anywhere'")
  }

  @Test("are heard on both channels and their end is seen")
  func areHeardOnBothChannelsAndTheirEndIsSeen() throws {
    let result = try Subprocess.run(
      "sh", ["-c", "echo out; echo 'E: first' >&2; echo then >&2; pwd; exit 3"], folder: "/")
    #expect(result.status == 3)
    #expect(result.output == Array("out\n/\n".utf8))
    #expect(result.reason == "first")
    #expect(try Subprocess.run("sh", ["-c", "kill -9 $$"]).status == 137)
  }

  @Test("may write more than a pipe holds on either channel")
  func mayWriteMoreThanAPipeHoldsOnEitherChannel() throws {
    let result = try Subprocess.run(
      "sh", ["-c", "head -c 300000 /dev/zero >&2; head -c 400000 /dev/zero"])
    #expect(result.status == 0)
    #expect(result.output.count == 400_000)
    #expect(result.errors.utf8.count == 300_000)
  }

  @Test("are ended by an error in what reads them") func areEndedByAnErrorInWhatReadsThem() {
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      try Subprocess.run("sh", ["-c", "while :; do echo y; done"], output: { _ in throw Enough() })
    }
  }
}
