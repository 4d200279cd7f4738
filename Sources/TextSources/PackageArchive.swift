import Foundation
import Storage

/// The files in a fetched package. Nothing is unpacked to disk.
struct PackageArchive {
  private enum Contents {
    case tar(TarArchive)
    case zip(ZipArchive, MappedFile)
  }

  private let contents: Contents
  private let limits: ReadingLimits
  /// Sorted by bytes.
  let names: [String]
  private let indices: [Int]

  /// Debian packages are opened by `dpkg-deb`, which knows all compressions in use; wheels are zip
  /// files.
  init(_ package: FetchedPackage, limits: ReadingLimits = ReadingLimits()) throws {
    do {
      switch package.source.kind {
      case .deb:
        let result = try Subprocess.run(
          "dpkg-deb", ["--fsys-tarfile", package.path], limit: limits.packageBytes)
        guard result.status == 0 else {
          throw TextSourceError.damaged(path: package.path, reason: result.reason)
        }
        try self.init(tar: result.output, limits: limits)
      case .wheel:
        let file = try MappedFile(at: package.path)
        let zip = try file.withBytes { try ZipArchive($0) }
        let total = zip.entries.reduce(0) { $0 + $1.count }
        guard total <= limits.packageBytes else {
          throw InflateError.tooLarge(limits.packageBytes)
        }
        self.init(.zip(zip, file), zip.entries.map(\.name), limits)
      }
    } catch let error as InflateError {
      throw TextSourceError.damaged(path: package.path, reason: error.description)
    }
  }

  init(tar bytes: [UInt8], limits: ReadingLimits = ReadingLimits()) throws {
    let tar = try TarArchive(bytes)
    self.init(.tar(tar), tar.entries.map(\.name), limits)
  }

  private init(_ contents: Contents, _ names: [String], _ limits: ReadingLimits) {
    self.limits = limits
    self.contents = contents
    indices = names.indices.sorted {
      names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8)
    }
    self.names = indices.map { names[$0] }
  }

  func contents(of index: Int) throws -> [UInt8] {
    switch contents {
    case .tar(let tar):
      let range = tar.entries[indices[index]].range
      guard range.count <= limits.entryBytes else {
        throw InflateError.tooLarge(limits.entryBytes)
      }
      return Array(tar.bytes[range])
    case .zip(let zip, let file):
      return try file.withBytes { _ in
        try zip.contents(of: zip.entries[indices[index]], limit: limits.entryBytes)
      }
    }
  }
}

/// A file in a package that a source takes.
struct PackageFile {
  /// The path inside the package.
  let name: String
  var limits = ReadingLimits()
  let read: () throws -> [UInt8]

  /// The contents, decompressed where the name says that they are compressed.
  func contents() throws -> [UInt8] {
    let bytes = try read()
    return name.hasSuffix(".gz") || name.hasSuffix(".dz")
      ? try gunzip(bytes, limit: limits.entryBytes) : bytes
  }
}
