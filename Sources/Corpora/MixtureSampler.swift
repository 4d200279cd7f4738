import Mixtures
import Numerics

/// Draws training sequences so that each domain's share follows the mixture closely at every step.
///
/// A domain's tokens are cut into windows of `contextLength` + 1 that overlap by one token, so that
/// each token is predicted once an epoch; the last tokens that fill no window are left. The n-th
/// sequence of a domain is the same whatever the mixture, which takes noise out of the difference of
/// two mixtures.
///
/// Each epoch steps through the windows by the golden ratio from a place that the seed draws. Any
/// number of windows in a row then lies evenly over the shard (the three-distance theorem), so that a
/// short run sees every kind of text in its share: systematic sampling, which leaves less to chance
/// than a random order. Which code packages fill a small budget was most of the noise between seeds.
///
/// Where a run is to read a part of a text only, its windows are those of whole stretches; see ``SubsampledWindows``.
///
/// Which domain comes next is the chairman assignment problem. Taking the largest deficit strays by
/// more than one sequence from five domains on; the rule of R. Tijdeman, *The chairman assignment
/// problem*, Discrete Mathematics 32 (1980), Theorem 1, never strays by more than 1 − 1/(2k − 2).
package struct MixtureSampler: Sendable {
  /// All that a checkpoint needs to go on with the same sequences.
  package struct State: Sendable, Codable, Equatable {
    /// Sequences drawn of each training domain.
    package var counts: [Int]
    /// Each domain's sum of weights so far, less its count: how far it is behind.
    package var deficits: [Double]
  }

  /// The windows of one domain.
  private struct Windows: Sendable {
    let name: String
    let shard: TokenShard
    /// Those that are read, ascending; nil for all.
    let places: [Int]?
    let count: Int
    /// From one window to the next, modulo `count`.
    let stride: Int
    /// The epoch that `start` belongs to; -1 before the first draw.
    var epoch = -1
    /// The epoch's first window.
    var start = 0
  }

  private let contextLength: Int
  private let seed: UInt64
  private var windows: [Windows]

  /// Restoring a state makes the next draws those that followed when it was saved.
  package var state: State {
    didSet {
      precondition(
        state.counts.count == windows.count && state.deficits.count == windows.count,
        "expected the state of \(windows.count) domains, found \(state.counts.count)")
    }
  }

  /// Whether a state that was read from a file is of these domains, with numbers that can be gone on from.
  package func canContinue(from state: State) -> Bool {
    state.counts.count == windows.count && state.deficits.count == windows.count
      && state.counts.allSatisfy { (0...(1 << 50)).contains($0) }
      && state.deficits.allSatisfy { abs($0) < 1e6 }
  }

  /// Sequences drawn of each training domain.
  package var counts: [Int] { state.counts }

  /// - Parameter subsample: the part of each training domain that is read; all if nil.
  /// - Throws: ``CorpusError/tooFewTokens(domain:part:expected:found:)`` where a training domain
  ///   does not fill one window.
  package init(
    corpus: Corpus, contextLength: Int, seed: UInt64, subsample: TextSubsample? = nil
  ) throws {
    precondition(contextLength > 0, "expected a positive context length, found \(contextLength)")
    self.contextLength = contextLength
    self.seed = seed
    let domains = corpus.trainingDomains
    precondition(
      subsample.map { $0.tokens.count == domains.count } ?? true,
      "expected a part of each of \(domains.count) domains")
    windows = try domains.enumerated().map { index, domain in
      let shard = domain.training!
      guard shard.count > contextLength else {
        throw CorpusError.tooFewTokens(
          domain: domain.name, part: "training", expected: contextLength + 1, found: shard.count)
      }
      var count = (shard.count - 1) / contextLength
      var places: [Int]?
      if let subsample, let tokens = subsample.tokens[index] {
        places = SubsampledWindows(
          tokens: shard.count, contextLength: contextLength, seed: subsample.seed,
          name: domain.name
        ).places(tokens: tokens)
        count = places!.count
      }
      return Windows(
        name: domain.name, shard: shard, places: places, count: count,
        stride: goldenStride(count))
    }
    state = State(
      counts: [Int](repeating: 0, count: windows.count),
      deficits: [Double](repeating: 0, count: windows.count))
  }

  /// How many times each training domain's windows, of a part those in it, have been seen; 1.5 is once and
  /// half again.
  package func epochs() -> [Double] {
    zip(state.counts, windows).map { Double($0) / Double($1.count) }
  }

  /// Draws one sequence.
  ///
  /// - Parameters:
  ///   - weights: each training domain's share, summing to one; they may change from call to call.
  ///     A domain of weight zero is never drawn.
  ///   - tokens: filled with contextLength + 1 tokens.
  /// - Returns: the index of the sequence's domain among the training domains.
  package mutating func next(
    weights: [Double], into tokens: UnsafeMutableBufferPointer<UInt16>
  ) -> Int {
    precondition(
      tokens.count == contextLength + 1,
      "expected room for \(contextLength + 1) tokens, found \(tokens.count)")
    let domain = chooseDomain(weights)
    let start = nextWindow(of: domain) * contextLength
    windows[domain].shard.withTokens { source in
      _ = tokens.update(fromContentsOf: source[start..<start + tokens.count])
    }
    return domain
  }

  private mutating func chooseDomain(_ weights: [Double]) -> Int {
    precondition(
      weights.count == windows.count,
      "expected \(windows.count) weights, found \(weights.count)")
    var sum = 0.0
    var positive = 0
    for (index, weight) in weights.enumerated() {
      precondition(weight >= 0, "expected weights of at least zero, found \(weight)")
      sum += weight
      if weight > 0 { positive += 1 }
      state.deficits[index] += weight
    }
    precondition(abs(sum - 1) < 1e-6, "expected weights that sum to one, found \(sum)")
    // A domain is due no earlier than its deficit allows, and the one whose deficit would first
    // pass the bound goes first.
    let slack = positive > 1 ? 1 / Double(2 * positive - 2) : 0
    var chosen = -1
    var earliest = Double.infinity
    for index in weights.indices where weights[index] > 0 {
      let deficit = state.deficits[index]
      // Sums of weights are off by their last bits, which must not make a domain late.
      guard deficit >= slack - 1e-9 else { continue }
      let deadline = (1 - slack - deficit) / weights[index]
      if deadline < earliest {
        earliest = deadline
        chosen = index
      }
    }
    if chosen < 0 {
      // Only after weights have changed can all be ahead.
      for index in weights.indices
      where weights[index] > 0 && (chosen < 0 || state.deficits[index] > state.deficits[chosen]) {
        chosen = index
      }
    }
    state.deficits[chosen] -= 1
    return chosen
  }

  private mutating func nextWindow(of domain: Int) -> Int {
    let count = windows[domain].count
    let (epoch, place) = state.counts[domain].quotientAndRemainder(dividingBy: count)
    if windows[domain].epoch != epoch {
      var generator = SeededGenerator(
        seed: seed, stream: "windows of \(windows[domain].name), epoch \(epoch)")
      windows[domain].start = generator.integer(below: count)
      windows[domain].epoch = epoch
    }
    state.counts[domain] += 1
    let product = place.multipliedFullWidth(by: windows[domain].stride)
    let offset = count.dividingFullWidth(product).remainder
    let window = (windows[domain].start + offset) % count
    return windows[domain].places?[window] ?? window
  }
}

/// The number nearest `count`/φ (φ the golden ratio) that shares no factor with it: multiples of it
/// reach every place once, and any number of them in a row lie as evenly as can be.
func goldenStride(_ count: Int) -> Int {
  let ideal = Int((Double(count) * goldenRatio).rounded())
  for distance in 0..<max(count, 1) {
    for candidate in [ideal - distance, ideal + distance]
    where (1...max(count, 1)).contains(candidate)
      && greatestCommonDivisor(candidate, count) == 1
    {
      return candidate
    }
  }
  return 1
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
