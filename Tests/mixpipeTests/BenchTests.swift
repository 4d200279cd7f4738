import Foundation
import Kernels
import ProxyModels
import Testing

@testable import mixpipe

@Suite struct BenchmarkVerbTests {
  /// Quick, and with a path that a shell would split.
  private static let words = [
    "bench", "--shape", "16/1/1/16/32", "--modes", "one", "--rounds", "2", "--seconds", "0.01",
    "--json", "--output", "ä folder's bench",
  ]

  private func report(_ environment: [String: String]) throws -> BenchReport {
    let folder = try TemporaryFolder()
    let result = try Program.run(Self.words, in: folder.path, environment: environment)
    try #require(result.code == 0, "\(result.errors)")
    // Nothing but JSON is printed, and the file holds the same.
    let kept = try Data(
      contentsOf: URL(fileURLWithPath: folder.path + "/ä folder's bench/bench.json"))
    #expect(kept == Data(result.output.utf8))
    let page = try String(
      contentsOfFile: folder.path + "/ä folder's bench/bench.md", encoding: .utf8)
    #expect(page.contains("| 16/1/1/16/32 |"))
    return try JSONDecoder().decode(BenchReport.self, from: kept)
  }

  private var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_CORETYPE"] = nil
    return environment
  }

  @Test("keeps what was measured and on what") func keepsWhatWasMeasuredAndOnWhat() throws {
    let report = try report(environment)
    let found = try #require(report.measurements.first)
    // One of each precision that this processor has instructions for.
    let expected = [.fp32] + BFloat16Level.supported.map(Precision.init)
    #expect(report.measurements.map(\.precision) == expected && found.rounds == 2)
    #expect(found.trials == 1 && found.workers == 1)
    // Sixteen sequences of a shape; the hidden width is 8/3 of the width, up to the next 64.
    #expect(found.batchTokens == 256 && found.size.hiddenWidth == 64)
    #expect(found.microsecondsPerToken.keys.contains(.products))
    #expect(report.machine.cores > 0 && report.machine.blasVersion.hasPrefix("0."))
    #expect(KernelLevel(rawValue: report.machine.kernels) != nil)
  }

  @Test("starts again where OpenBLAS chose kernels that are too old for the processor")
  func startsAgainWhereOpenBLASChoseKernelsThatAreTooOldForTheProcessor() throws {
    // The words survived the new start, or there would be no report.
    let found = try report(environment).machine.blasKernels
    #expect(betterBLASKernels(than: found, on: .supported) == nil)
  }

  /// Debian 12's OpenBLAS 0.3.21 takes an Emerald Rapids for a processor of 2004.
  @Test("takes OpenBLAS's kernels for the processor's level where it chose older ones")
  func takesOpenBLASsKernelsForTheProcessorsLevelWhereItChoseOlderOnes() {
    for old in ["Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen"] {
      #expect(betterBLASKernels(than: old, on: .avx512) == "SkylakeX")
    }
    #expect(betterBLASKernels(than: "Prescott", on: .avx2) == "Haswell")
    for known in ["SkylakeX", "Cooperlake", "SapphireRapids"] {
      #expect(betterBLASKernels(than: known, on: .avx512) == nil)
    }
    #expect(betterBLASKernels(than: "Zen", on: .avx2) == nil)
    #expect(betterBLASKernels(than: "neoversen1", on: .portable) == nil)
  }

  @Test("leaves OpenBLAS the kernels that a user chose")
  func leavesOpenBLASTheKernelsThatAUserChose() throws {
    #if arch(x86_64)
      var environment = environment
      environment["OPENBLAS_CORETYPE"] = "Nehalem"
      #expect(try report(environment).machine.blasKernels == "Nehalem")
    #endif
  }

  @Test("names the processor as linux does") func namesTheProcessorAsLinuxDoes() {
    let text = "processor\t: 0\nmodel name\t: A Processor: 3000 \nmodel name\t: Other\n"
    #expect(MachineDescription.processorName(processorInformation: text) == "A Processor: 3000")
    #expect(!MachineDescription.processorName(processorInformation: "").isEmpty)
  }
}

@Suite struct BenchmarkShapeTests {
  @Test("is width layers heads context and vocabulary")
  func isWidthLayersHeadsContextAndVocabulary() throws {
    let shape = try ShapeArgument(argument: "96/3/3/128/1024")
    #expect(shape.size.width == 96 && shape.size.layers == 3 && shape.size.heads == 3)
    #expect(shape.size.contextLength == 128 && shape.vocabulary == 1024)
    // 8/3 of 96 is a multiple of 64 already; 8/3 of 128 is not.
    #expect(shape.size.hiddenWidth == 256)
    #expect(try ShapeArgument(argument: "128/4/4/128/2048").size.hiddenWidth == 384)
    #expect(try ShapeArgument(argument: "128/4/4/128/2048/320").size.hiddenWidth == 320)
    #expect(shape.argumentText == "96/3/3/128/1024")
  }

  @Test(
    "that no model can have is refused",
    arguments: [
      "", "1/2/3/4", "64/2/2/128/1024/192/1", "64/2/2/128/x", "60/2/2/128/1024", "64/0/2/128/1024",
      "64/2/0/128/1024", "64/2/2/0/1024", "64/2/2/128/1024/100", "64/2/2/128/1024/-16",
      "-64/2/2/128/1024", "64/2/-2/128/1024", "99999999999/1/1/1/2",
    ])
  func thatNoModelCanHaveIsRefused(text: String) {
    #expect(throws: (any Error).self) { try ShapeArgument(argument: text) }
  }
}
