import Foundation
import Storage

/// The machine's Debian or Ubuntu archive, for downloading only. Its lists are taken where the machine
/// has them; else they are fetched into a private folder, which needs no root.
struct AptArchive {
  private let folder: String
  private var isPrivate = false
  private var isReady = false

  /// - Parameter folder: an absolute path, for lists of its own.
  init(folder: String) { self.folder = folder }

  private var options: [String] {
    guard isPrivate else { return [] }
    return [
      "-o", "Dir::State=\(folder)/state", "-o", "Dir::State::status=/var/lib/dpkg/status",
      "-o", "Dir::Cache=\(folder)/cache", "-o", "Debug::NoLocking=1",
    ]
  }

  /// Makes sure of lists that know the packages.
  mutating func prepare(for packages: [String], updating: () -> Void) throws {
    if isReady { return }
    if try knows(packages) {
      isReady = true
      return
    }
    try usePrivateLists(for: packages[0], updating: updating)
  }

  private func knows(_ packages: [String]) throws -> Bool {
    let result = try Subprocess.run("apt-cache", options + ["policy"] + packages)
    let text = String(decoding: result.output, as: UTF8.self)
    let candidates = text.split(separator: "\n").filter {
      $0.contains("Candidate: ") && !$0.contains("(none)")
    }
    return candidates.count == packages.count
  }

  private mutating func usePrivateLists(for package: String, updating: () -> Void) throws {
    isPrivate = true
    updating()
    try makeFolder(at: folder + "/state/lists/partial")
    try makeFolder(at: folder + "/cache/archives/partial")
    let result = try Subprocess.run("apt-get", options + ["--quiet=2", "update"])
    // apt only warns where a list could not be fetched.
    if result.status != 0 || result.errors.contains("Failed to fetch") {
      try result.throwIfDiskIsFull(folder)
      throw TextSourceError.noNetwork(package: package, reason: result.failure)
    }
    isReady = true
  }

  /// Downloads the wanted version, else the current one.
  mutating func download(
    _ source: ManifestSource, into target: String, progress: (SourceEvent) -> Void,
    meanwhile: () -> Void
  ) throws {
    let name = source.package
    var result = try get("\(name)=\(source.version)", target, meanwhile)
    if result.status == 0 { return }
    if result.errors.contains("was not found") { result = try get(name, target, meanwhile) }
    if result.status == 0 { return }
    if !isPrivate, !result.errors.contains("Unable to locate") {
      // The machine's lists may be so old that the file they name is gone.
      try usePrivateLists(for: name) { progress(.updatingLists) }
      result = try get("\(name)=\(source.version)", target, meanwhile)
      if result.errors.contains("was not found") { result = try get(name, target, meanwhile) }
      if result.status == 0 { return }
    }
    try result.throwIfDiskIsFull(target)
    let unknown = ["Unable to locate", "No candidate", "has no installation candidate"]
    if unknown.contains(where: { result.errors.contains($0) }) {
      throw TextSourceError.unknownPackage(package: name, reason: result.failure)
    }
    throw TextSourceError.noNetwork(package: name, reason: result.failure)
  }

  private func get(
    _ package: String, _ target: String, _ meanwhile: () -> Void
  ) throws -> Subprocess.Result {
    try Subprocess.run(
      "apt-get", options + ["--quiet=2", "download", package], folder: target,
      meanwhile: meanwhile)
  }
}

extension Subprocess.Result {
  /// apt's first complaint, which is the cause; the last is a summary.
  fileprivate var failure: String {
    let line = errors.split(separator: "\n").first {
      $0.hasPrefix("E: ") || $0.hasPrefix("W: Failed")
    }
    return line.map { String($0.dropFirst(3)) } ?? reason
  }
}
