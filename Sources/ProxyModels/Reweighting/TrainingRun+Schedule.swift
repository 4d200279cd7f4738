import Mixtures

/// A finished model that a schedule compares losses with.
final class ReferenceModel: @unchecked Sendable {
  let model: ProxyModel
  let workspaces: [Workspace]

  init(parameters: [Float], like trained: ProxyModel, sequences: Int, workers: Int) {
    let size = trained.layout.size
    model = ProxyModel(
      size: size, vocabularySize: trained.layout.vocabularySize, kernels: trained.kernels,
      bfloat16: trained.bfloat16?.kernels)
    model.setParameters(parameters)
    let model = model
    workspaces = (0..<workers).map { _ in
      model.workspace(sequences: sequences, positions: size.contextLength, training: false)
    }
  }
}

/// What a schedule that learns is told of a batch, sequence by sequence.
struct BatchFindings {
  /// The training domain of each sequence.
  var domains: [Int]
  /// The summed loss of each sequence's tokens.
  var losses: [Double]
  /// The summed loss above the reference's, no token below zero; zeros without a reference.
  var excesses: [Double]

  init(sequences: Int) {
    domains = [Int](repeating: 0, count: sequences)
    losses = [Double](repeating: 0, count: sequences)
    excesses = [Double](repeating: 0, count: sequences)
  }

  /// By domain, in the order of the sequences whoever computed them.
  func report(
    step: Int, steps: Int, parts: Int, tokens: Int, hasReference: Bool, heldOut: [Double]?
  ) -> StepReport {
    var counts = [Int](repeating: 0, count: parts)
    var losses = [Double](repeating: 0, count: parts)
    var excesses = [Double](repeating: 0, count: parts)
    for (index, domain) in domains.enumerated() {
      counts[domain] += 1
      losses[domain] += self.losses[index]
      excesses[domain] += self.excesses[index]
    }
    func means(_ sums: [Double]) -> [Double?] {
      zip(sums, counts).map { $1 > 0 ? $0 / Double($1 * tokens) : nil }
    }
    return StepReport(
      step: step, steps: steps, sequences: counts, losses: means(losses),
      excesses: hasReference ? means(excesses) : counts.map { _ in nil }, heldOut: heldOut)
  }
}

/// A few windows of each training domain, spread over all there are: enough to judge a probe by.
struct ProbeWindows<Source: HeldOutSource>: HeldOutSource {
  let source: Source
  let parts: Int
  /// Of each domain.
  let limit: Int

  var domains: [String] { Array(source.domains.prefix(parts)) }

  func windowCount(domain: Int) -> Int { min(source.windowCount(domain: domain), limit) }

  func copyWindow(domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>) {
    let all = source.windowCount(domain: domain)
    source.copyWindow(
      domain: domain, window: window * all / windowCount(domain: domain), into: tokens)
  }

  func byteCount(domain: Int) -> Int { source.byteCount(domain: domain) }
}

extension TrainingRun {
  /// Windows of each domain that a schedule's held-out losses are measured on.
  static var probeWindows: Int { 16 }

  /// The losses that the schedule wants to know before this step; nil where it wants none.
  func heldOutLosses(parts: Int) -> [Double]? {
    guard schedule.wantsHeldOutLosses(step: state.step, of: configuration.steps) else { return nil }
    let windows = ProbeWindows(source: heldOut, parts: parts, limit: Self.probeWindows)
    return evaluate(model, on: windows, workers: workers, microBatch: microBatch).map(\.loss)
  }

  /// Tells the schedule what the step found, and keeps what it held the domains to be worth.
  func learn(_ heldOut: [Double]?) {
    let (step, steps) = (state.step, configuration.steps)
    let answer = schedule.answer(step: step, of: steps)
    let sums = state.weightSums ?? answer.map { _ in 0 }
    state.weightSums = zip(sums, answer).map { $0 + $1 }
    if step == 0 || step * 100 / steps != (step - 1) * 100 / steps {
      state.weights = (state.weights ?? []) + [WeightPoint(step: step, weights: answer)]
    }
    schedule.observe(
      findings.report(
        step: step, steps: steps, parts: answer.count, tokens: configuration.size.contextLength,
        hasReference: reference != nil, heldOut: heldOut))
    state.schedule = schedule.state
  }

  /// The mean of the answers over the steps so far; nil for weights that do not learn.
  var recommended: [Double]? {
    state.weightSums.map { sums in
      let total = sums.reduce(0, +)
      return sums.map { $0 / total }
    }
  }
}
