import Foundation
import Storage

/// A folder of fetched packages. What is there and right is not fetched again; what is not comes under
/// a temporary name, is checked and then renamed, so that an interrupted run goes on where it was.
///
/// Nothing is installed, no code of a package is run, and nothing needs to be root.
package struct PackageCache: Sendable {
  package let folder: String

  /// Tools that work in folders of their own get to see this path too, so it is made absolute.
  package init(folder: String) {
    self.folder =
      folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
  }

  /// Fetches all packages of a manifest, one after the other.
  ///
  /// Wheels must have the manifest's digest. Of Debian packages the archives keep only the current
  /// version: that one is taken where the manifest's is gone, and noted.
  ///
  /// - Throws: `TextSourceError`, `StorageError`.
  package func fetch(
    _ manifest: CorpusManifest, progress: (SourceEvent) -> Void = { _ in }
  ) throws -> [FetchedPackage] {
    try makeFolder(at: folder)
    let sources = manifest.packages
    var apt = AptArchive(folder: folder + "/apt")
    return try sources.enumerated().map { i, source in
      if let package = try cached(source) {
        package.note.map { progress(.note(package: source.package, text: $0)) }
        return package
      }
      let number = i + 1
      progress(
        .fetching(package: source.package, number: number, of: sources.count, bytes: 0))
      // A lone folder for what comes, so that its name need not be known beforehand.
      let temporary = "\(folder)/partial.\(getpid())"
      try? FileManager.default.removeItem(atPath: temporary)
      try makeFolder(at: temporary)
      defer { try? FileManager.default.removeItem(atPath: temporary) }
      var last = 0
      let meanwhile = {
        let bytes = byteCount(below: temporary)
        if bytes == last { return }
        last = bytes
        progress(
          .fetching(package: source.package, number: number, of: sources.count, bytes: bytes))
      }
      switch source.kind {
      case .deb:
        let later = sources[i...].filter { $0.kind == .deb }.map(\.package)
        try apt.prepare(for: later) { progress(.updatingLists) }
        try apt.download(source, into: temporary, progress: progress, meanwhile: meanwhile)
      case .wheel: try downloadWheel(source, into: temporary, meanwhile: meanwhile)
      }
      let package = try keep(source, from: temporary)
      package.note.map { progress(.note(package: source.package, text: $0)) }
      progress(
        .fetched(
          package: source.package, number: number, of: sources.count, bytes: package.byteCount))
      return package
    }
  }

  // MARK: What is in the cache

  /// Kept beside a package that is not the manifest's own: for which wish it was taken.
  private struct Stand: Codable {
    /// The digest in the manifest for which this file stands.
    let wantedSHA256: String
    let sha256: String
    let version: String
    let note: String
  }

  private func standPath(_ path: String) -> String { path + ".json" }

  private func files(of source: ManifestSource, in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
      switch source.kind {
      case .deb: return name.hasPrefix(source.package + "_") && name.hasSuffix(".deb")
      case .wheel:
        // Wheel names have '_' for every run of '-', '_' and '.', in any case.
        let parts = name.split(separator: "-")
        return name.hasSuffix(".whl") && parts.count >= 5
          && normalized(String(parts[0])) == normalized(source.package)
          && parts[1] == source.version
      }
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { folder + "/" + $0 }
  }

  private func normalized(_ name: String) -> String {
    name.lowercased().replacingOccurrences(of: "-", with: "_").replacingOccurrences(
      of: ".", with: "_")
  }

  private func cached(_ source: ManifestSource) throws -> FetchedPackage? {
    var standIn: FetchedPackage?
    for path in files(of: source, in: folder) {
      let (sha256, byteCount) = try digest(path)
      if sha256 == source.sha256 {
        return FetchedPackage(
          source: source, path: path, version: source.version, sha256: sha256,
          byteCount: byteCount, note: nil)
      }
      if fileExists(standPath(path)),
        let stand = try? decodeDocument(Stand.self, at: standPath(path)),
        stand.wantedSHA256 == source.sha256, stand.sha256 == sha256
      {
        standIn = FetchedPackage(
          source: source, path: path, version: stand.version, sha256: sha256, byteCount: byteCount,
          note: stand.note)
      }
    }
    return standIn
  }

  private func digest(_ path: String) throws -> (sha256: String, byteCount: Int) {
    try MappedFile(at: path).withBytes { bytes in
      var hash = SHA256()
      hash.update(bytes)
      return (hash.hexadecimal(), bytes.count)
    }
  }

  /// Checks what came and gives it its name.
  private func keep(_ source: ManifestSource, from temporary: String) throws -> FetchedPackage {
    guard let path = files(of: source, in: temporary).first else {
      throw TextSourceError.toolFailed(
        command: "fetching \(source.package)", status: 0,
        reason: "nothing came; check the machine's package sources")
    }
    let (sha256, byteCount) = try digest(path)
    let target = folder + "/" + (path as NSString).lastPathComponent
    var version = source.version
    var note: String?
    if sha256 != source.sha256 {
      guard source.kind == .deb else {
        throw TextSourceError.wrongHash(
          package: source.package, expected: source.sha256, found: sha256)
      }
      let result = try Subprocess.run("dpkg-deb", ["--field", path, "Version"])
      guard result.status == 0 else {
        throw TextSourceError.damaged(path: target, reason: result.reason)
      }
      version = String(decoding: result.output, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let text =
        version == source.version
        ? "Version \(version) is another build than the manifest's; results will differ."
        : "Version \(source.version) is gone, took \(version); results will differ."
      note = text
      try replaceFile(
        at: standPath(target),
        with: encodeDocument(
          Stand(wantedSHA256: source.sha256, sha256: sha256, version: version, note: text)))
    }
    guard rename(path, target) == 0 else {
      throw StorageError.system(action: "rename", path: path, code: errno)
    }
    try syncFolder(of: target)
    return FetchedPackage(
      source: source, path: target, version: version, sha256: sha256, byteCount: byteCount,
      note: note)
  }

  // MARK: Wheels

  /// pip checks the digest itself and refuses what would have to be built.
  private func downloadWheel(
    _ source: ManifestSource, into folder: String, meanwhile: () -> Void
  ) throws {
    let requirements = folder + "/requirements.txt"
    try replaceFile(
      at: requirements,
      with: Data("\(source.package)==\(source.version) --hash=sha256:\(source.sha256)\n".utf8))
    let result = try Subprocess.run(
      "python3",
      [
        "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", requirements,
        "--dest", folder,
      ],
      // pip unpacks and collects in a folder of its own.
      environment: ["TMPDIR": folder], meanwhile: meanwhile)
    guard result.status != 0 else { return }
    try result.throwIfDiskIsFull(folder)
    let errors = result.errors
    if errors.contains("No module named pip") {
      throw TextSourceError.missingTool(
        tool: "pip for python3", install: "install it with 'apt-get install python3-pip'")
    }
    if errors.contains("DO NOT MATCH THE HASHES") {
      let found = errors.split(separator: "\n").last { $0.contains("Got") }
      throw TextSourceError.wrongHash(
        package: source.package, expected: source.sha256,
        found: found?.split(separator: " ").last.map(String.init) ?? "another")
    }
    // Without a network pip ends by saying that the package is unknown, too.
    let isCutOff = [
      "Failed to establish a new connection", "ConnectionError", "ProxyError", "Timeout",
      "Temporary failure in name resolution",
    ].contains { errors.contains($0) }
    if isCutOff {
      throw TextSourceError.noNetwork(
        package: source.package, reason: "pip cannot reach its package index")
    }
    throw TextSourceError.toolFailed(
      command: "pip download \(source.package)==\(source.version)", status: result.status,
      reason: result.reason + "; check the package index that pip uses")
  }
}

/// The bytes of all files below a folder.
private func byteCount(below folder: String) -> Int {
  guard let names = FileManager.default.enumerator(atPath: folder) else { return 0 }
  var total = 0
  for case let name as String in names {
    var status = stat()
    if lstat(folder + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      total += Int(status.st_size)
    }
  }
  return total
}
