import Foundation
import Testing

/// The documentation's trainer in PyTorch, where there is a Python that has it: named by MIXPIPE_TORCH_PYTHON, or that
/// of 'make test-formats'.
@Suite("The documentation's trainer") struct TorchTrainerTests {
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["MIXPIPE_TORCH_PYTHON"]
    for path in [named, Program.root + "/.build/formats/bin/python"].compactMap(\.self)
    where FileManager.default.isExecutableFile(atPath: path) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = ["-c", "import torch, transformers"]
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { continue }
      process.waitUntilExit()
      if process.terminationStatus == 0 { return path }
    }
    return nil
  }()

  @Test(
    "measures at a rung what a run that ends there measures", .enabled(if: python != nil))
  func measuresAtARungWhatARunThatEndsThereMeasures() throws {
    let folder = try TemporaryFolder.withCorpus()
    let script =
      Program.root + "/Sources/mixpipe/Documentation.docc/Resources/train.py"
    func losses(_ name: String, _ tokens: Int, _ rungs: String) throws -> [[Double]] {
      let found = try Program.run(
        [
          "testbed", name, "--trainer", "'\(Self.python!)' '\(script)' {folder}", "--corpus",
          "corpus", "--sizes", "50k", "--mixtures", "1", "--seeds", "1", "--rungs", rungs,
          "--tokens", "\(tokens)", "--csv", "--quiet",
        ], in: folder.path)
      try #require(found.code == 0, "\(found.errors)")
      let rows = found.output.split(separator: "\n").map { $0.split(separator: ",") }
      let columns = rows[0].indices.filter { rows[0][$0].hasPrefix("loss_") }
      return rows.dropFirst().map { row in columns.map { Double(row[$0]) ?? .nan } }
    }
    let long = try losses("long", 16384, "0.5,1")
    let short = try losses("short", 8192, "1")
    #expect(long.count == 2 && short.count == 1)
    for (a, b) in zip(long[0], short[0]) { #expect(abs(a - b) < 1e-4 && a > 1 && a < 8) }
  }
}
