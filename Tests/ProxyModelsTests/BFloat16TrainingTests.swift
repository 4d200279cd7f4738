import Foundation
import Kernels
import Mixtures
import Storage
import Testing

@testable import ProxyModels

private let size = ModelSize(
  name: "toy", layers: 2, width: 32, heads: 2, hiddenWidth: 48, contextLength: 24)

private func configuration(
  steps: Int = 12, precision: Precision = .bf16
) -> TrainingConfiguration {
  var c = TrainingConfiguration(
    size: size, vocabularySize: ToyText.vocabulary, tokens: 1, seed: 1, precision: precision)
  c.steps = steps
  c.batchSequences = 10
  c.gradientShards = 4
  c.microBatchSequences = 2
  c.warmupSteps = 5
  return c
}

private func trainer(
  _ configuration: TrainingConfiguration, workers: Int = 1, kernels: BFloat16Kernels? = nil
) -> Trainer<ToyText, ToyText> {
  let text = ToyText(contextLength: size.contextLength)
  return Trainer(
    sequences: text, heldOut: text, digest: "toy", schedule: ConstantWeights([0.5, 0.5]),
    configuration: configuration, workers: workers, kernels: KernelTable(level: .supported),
    bfloat16: kernels)
}

private func withFolder(_ body: (String) throws -> Void) throws {
  let path = NSTemporaryDirectory() + "mixpipe-bf16-\(UUID().uuidString)"
  try makeFolder(at: path)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}

private func exported(_ folder: String) throws -> Data {
  try readFile(at: folder + "/model.safetensors")
}

@Suite("Training in bfloat16") struct BFloat16TrainingTests {
  @Test("gives the same bits for any number of threads and after a stop")
  func givesTheSameBitsForAnyNumberOfThreadsAndAfterAStop() throws {
    try withFolder { folder in
      let whole = try trainer(configuration()).run(exportFolder: folder + "/1")
      let shared = try trainer(configuration(), workers: 3).run(exportFolder: folder + "/3")
      var step = 0
      #expect(throws: CancellationError.self) {
        try trainer(configuration()).run(
          progress: { step = $0.step }, isCancelled: { step == 5 }, checkpointFolder: folder)
      }
      #expect(Precision(ofCheckpointIn: folder) == .bf16)
      let resumed = try trainer(configuration(), workers: 2).run(
        checkpointFolder: folder, exportFolder: folder + "/2")
      #expect(shared.outcome == whole.outcome && resumed.outcome == whole.outcome)
      #expect(resumed.curve == whole.curve)
      #expect(try exported(folder + "/3") == exported(folder + "/1"))
      #expect(try exported(folder + "/2") == exported(folder + "/1"))
    }
  }

  @Test("gives the same bits by the twin of its kernels", arguments: BFloat16Level.supported)
  func givesTheSameBitsByTheTwin(level: BFloat16Level) throws {
    try withFolder { folder in
      let outcomes = try [false, true].map { isTwin in
        try trainer(
          configuration(steps: 4), kernels: BFloat16Kernels(level: level, isTwin: isTwin)
        ).run(exportFolder: folder + "/\(isTwin)").outcome
      }
      #expect(outcomes[0] == outcomes[1])
      #expect(try exported(folder + "/true") == exported(folder + "/false"))
    }
  }

  @Test("goes on only from what was trained in it")
  func goesOnOnlyFromWhatWasTrainedInIt() throws {
    try withFolder { folder in
      var step = 0
      #expect(throws: CancellationError.self) {
        try trainer(configuration(precision: .fp32)).run(
          progress: { step = $0.step }, isCancelled: { step == 2 }, checkpointFolder: folder)
      }
      // What a command that asks for none goes on with.
      #expect(Precision(ofCheckpointIn: folder) == .fp32)
      #expect(Precision(ofCheckpointIn: folder + "/none") == nil)
      for precision in [Precision.bf16, .bf16Tiles] {
        #expect {
          try trainer(configuration(precision: precision)).run(checkpointFolder: folder)
        } throws: { error in
          guard case .mismatch(_, let what, let expected, let found)? = error as? CheckpointError
          else { return false }
          return what == "kernels" && expected.hasPrefix(precision.rawValue + ",")
            && !found.hasPrefix("bf16")
        }
      }
    }
  }

  @Test("comes as near to a law of text as single precision does")
  func comesAsNearAsSinglePrecision() throws {
    // By instructions: twins would take minutes for it.
    let kinds = [.fp32] + BFloat16Level.supported.map(Precision.init)
    let losses = try kinds.map { precision -> Double in
      let result = try trainer(configuration(steps: 200, precision: precision)).run()
      guard let losses = result.outcome.result?.losses else { return .infinity }
      return losses.reduce(0) { $0 + $1.loss } / Double(losses.count)
    }
    #expect(losses[0] < ToyText.entropy + 0.35)
    #expect(losses.allSatisfy { abs($0 - losses[0]) < 0.05 }, "\(losses)")
  }

  @Test("is told apart in a configuration, where single precision goes without saying")
  func isToldApartInAConfiguration() throws {
    let (single, half) = (configuration(precision: .fp32), configuration())
    let tiles = configuration(precision: .bf16Tiles)
    #expect(single != half && half.precision == .bf16 && single.precision == .fp32)
    let text = String(decoding: try JSONEncoder().encode(single), as: UTF8.self)
    #expect(!text.contains("fp32") && !text.contains("products"))
    let read = try JSONDecoder().decode(TrainingConfiguration.self, from: Data(text.utf8))
    #expect(read == single)
    let other = try JSONDecoder().decode(
      TrainingConfiguration.self, from: JSONEncoder().encode(half))
    #expect(other == half)
    let third = try JSONDecoder().decode(
      TrainingConfiguration.self, from: JSONEncoder().encode(tiles))
    #expect(third == tiles && third != half && third.precision == .bf16Tiles)
  }
}
