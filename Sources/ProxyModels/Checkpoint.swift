import Foundation
import Kernels
import Storage

/// What must be equal for a saved run to be this one.
struct RunIdentity: Codable, Equatable {
  var configuration: TrainingConfiguration
  var digest: String
  var schedule: String
}

extension Precision {
  /// That of the interrupted run that a folder holds; nil where there is none that can be read, which is told when
  /// it is gone on with.
  package init?(ofCheckpointIn folder: String) {
    guard let file = try? SafetensorsFile(at: folder + "/checkpoint.safetensors"),
      let text = file.metadata["identity"],
      let saved = try? JSONDecoder().decode(RunIdentity.self, from: Data(text.utf8))
    else { return nil }
    self = saved.configuration.precision
  }
}

// A checkpoint is a safetensors file: parameters under their names, AdamW's moments under
// `first.` and `second.`, everything else as JSON in the metadata.
extension TrainingRun {
  func save(to path: String) throws {
    let layout = model.layout
    func tensors(_ prefix: String, _ buffer: FloatBuffer) -> [SafetensorsFile.Tensor] {
      layout.tensors.map { tensor in
        SafetensorsFile.Tensor(
          name: prefix + tensor.name, shape: tensor.shape,
          values: UnsafeBufferPointer(rebasing: buffer.elements[tensor.range]))
      }
    }
    let (state, sampler) = (try json(state), try json(sequences.state))
    try SafetensorsFile.write(
      tensors("", model.parameters) + tensors("first.", optimizer.first)
        + tensors("second.", optimizer.second),
      metadata: [
        "format": "mixpipe run", "identity": try json(identity), "state": state,
        "sampler": sampler, "kernels": model.kernelName,
        "checksum": checksum(of: state + sampler),
      ], to: path)
  }

  func restore(from path: String) throws {
    let file = try SafetensorsFile(at: path)
    let saved: RunIdentity = try value("identity", of: file)
    try requireSame(file, "model", identity.configuration.size.name, saved.configuration.size.name)
    try requireSame(file, "corpus", identity.digest, saved.digest)
    try requireSame(file, "mixture", identity.schedule, saved.schedule)
    try requireSame(
      file, "seed", "\(identity.configuration.seed)", "\(saved.configuration.seed)")
    try requireSame(
      file, "kernels", model.kernelName, file.metadata["kernels"] ?? "none")
    let state: State = try value("state", of: file)
    // While the learning rate is still the stable one, a run may be made longer or shorter: all else of
    // the two configurations is the same, so the saved one's numbers are of use once that is known.
    var asked = identity.configuration
    asked.steps = saved.configuration.steps
    try requireSame(file, "configuration", try json(asked), try json(saved.configuration))
    guard (1...TrainingConfiguration.mostSteps).contains(asked.steps) else {
      throw CheckpointError.damaged(path: path)
    }
    if state.step > min(identity.configuration.decayStart, asked.decayStart) {
      try requireSame(
        file, "steps", "\(identity.configuration.steps)", "\(saved.configuration.steps)")
    }
    // Not needed before the next step, and the file takes memory meanwhile.
    optimizer.releaseGradients()
    let layout = model.layout
    for (prefix, buffer) in [
      ("", model.parameters), ("first.", optimizer.first), ("second.", optimizer.second),
    ] {
      for tensor in layout.tensors {
        try file.read(
          prefix + tensor.name, shape: tensor.shape,
          into: UnsafeMutableBufferPointer(rebasing: buffer.elements[tensor.range]))
      }
    }
    let text = (file.metadata["state"] ?? "") + (file.metadata["sampler"] ?? "")
    guard file.metadata["checksum"] == checksum(of: text) else {
      throw CheckpointError.damaged(path: path)
    }
    let drawn: Sequences.State = try value("sampler", of: file)
    // A checksum is no proof that this program computed it.
    guard sequences.canContinue(from: drawn), isPlausible(state) else {
      throw CheckpointError.damaged(path: path)
    }
    sequences.state = drawn
    self.state = state
    if let learned = state.schedule { schedule.state = learned }
    guard hasWeights(of: sequences.counts.count) else {
      throw CheckpointError.damaged(path: path)
    }
    model.parametersChanged()
  }

  /// Whether a state that was read could be one of this run.
  private func isPlausible(_ state: State) -> Bool {
    let parts = sequences.counts.count
    let sums = state.weightSums ?? []
    let learned = (state.schedule?.numbers ?? [:]).values.flatMap { $0 }
    return (0...TrainingConfiguration.mostSteps).contains(state.step) && state.stepsLost >= 0
      && state.stepsLost <= TrainingConfiguration.mostSteps
      && (sums.isEmpty || sums.count == parts) && (sums + learned).allSatisfy { abs($0) < 1e15 }
      && (state.weights ?? []).allSatisfy { $0.weights.count == parts }
      && (state.rungs ?? []).allSatisfy { $0.steps > 0 && $0.tokensSeen.count == parts }
  }

  /// FNV-1a over the text, and by words over parameters and moments.
  private func checksum(of text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for buffer in [model.parameters, optimizer.first, optimizer.second] {
      UnsafeRawBufferPointer(buffer.elements).withMemoryRebound(to: UInt64.self) { words in
        for word in words {
          hash = (hash ^ word) &* 0x100_0000_01b3
          hash ^= hash >> 32
        }
      }
    }
    return String(hash, radix: 16)
  }

  private func requireSame(
    _ file: SafetensorsFile, _ what: String, _ expected: String, _ found: String
  ) throws(CheckpointError) {
    guard expected == found else {
      throw .mismatch(path: file.path, what: what, expected: expected, found: found)
    }
  }

  private func value<Value: Decodable>(
    _ key: String, of file: SafetensorsFile
  ) throws(CheckpointError) -> Value {
    guard file.metadata["format"] == "mixpipe run", let text = file.metadata[key],
      let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    else { throw .unreadable(path: file.path, reason: "no '\(key)' of a mixpipe run") }
    return value
  }

  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
