/// A package on disk, with its digest taken.
package struct FetchedPackage: Sendable, Equatable {
  package let source: ManifestSource
  package let path: String
  /// The one that was found, which may not be the manifest's.
  package let version: String
  package let sha256: String
  package let byteCount: Int
  /// How it differs from the manifest's; nil where it does not.
  package let note: String?

  package init(
    source: ManifestSource, path: String, version: String, sha256: String, byteCount: Int,
    note: String?
  ) {
    self.source = source
    self.path = path
    self.version = version
    self.sha256 = sha256
    self.byteCount = byteCount
    self.note = note
  }

  package var provenance: Provenance {
    let notes = [source.note, note].compactMap(\.self)
    return Provenance(
      name: source.package, version: version, sha256: sha256, license: source.license,
      note: notes.isEmpty ? nil : notes.joined(separator: " "))
  }

  func isOf(_ source: ManifestSource) -> Bool {
    self.source.kind == source.kind && self.source.package == source.package
  }
}
