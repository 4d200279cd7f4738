import Foundation
import Testing

/// The built program, run as a person runs it.
struct Program {
  struct Result {
    var code: Int32
    var output: String
    var errors: String
  }

  /// Beside the test bundle.
  static let path: String = {
    let folder = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    return folder + "/mixpipe"
  }()

  /// The package's own folder, for the manifests in `corpora`.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// - Parameters:
  ///   - environment: nil for that of the tests.
  ///   - killedAfter: seconds after which the program gets SIGKILL.
  static func run(
    _ words: [String], in folder: String = NSTemporaryDirectory(),
    environment: [String: String]? = nil, killedAfter: Double? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = words
    if let environment { process.environment = environment }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    let errors = NSTemporaryDirectory() + "mixpipe-errors-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: errors, contents: nil)
    defer { try? FileManager.default.removeItem(atPath: errors) }
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    if let killedAfter {
      Thread.sleep(forTimeInterval: killedAfter)
      kill(process.processIdentifier, SIGKILL)
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(
        decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self))
  }
}

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "mixpipe-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// One with the corpus of generated text, in `corpus`.
  static func withCorpus() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let built = try Program.run(
      [
        "corpus", "build", Program.root + "/corpora/synthetic.json", "--output", "corpus",
        "--quiet",
      ], in: folder.path)
    try #require(built.code == 0, "\(built.errors)")
    return folder
  }
}
