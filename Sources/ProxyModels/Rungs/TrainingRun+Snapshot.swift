extension TrainingRun {
  /// All that a run goes on from, besides its schedule, which is no part of what a decay changes.
  struct Snapshot {
    fileprivate var parameters: [Float]
    fileprivate var first: [Float]
    fileprivate var second: [Float]
    fileprivate var sampler: Sequences.State
    var state: State
  }

  /// Between two steps, when no gradients are held.
  func snapshot() -> Snapshot {
    Snapshot(
      parameters: Array(model.parameters.elements), first: Array(optimizer.first.elements),
      second: Array(optimizer.second.elements), sampler: sequences.state, state: state)
  }

  func restore(_ snapshot: Snapshot) {
    for (buffer, values) in [
      (model.parameters, snapshot.parameters), (optimizer.first, snapshot.first),
      (optimizer.second, snapshot.second),
    ] {
      _ = buffer.elements.update(fromContentsOf: values)
    }
    sequences.state = snapshot.sampler
    state = snapshot.state
    model.parametersChanged()
  }
}
