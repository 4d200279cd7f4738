/// A column's heading as words, and what they say of the column.
struct ColumnName: Equatable {
  /// How a loss is given.
  enum LossKind: Int, Comparable {
    case nats, bits, perplexity

    static func < (a: LossKind, b: LossKind) -> Bool { a.rawValue < b.rawValue }
  }

  enum Role: Equatable {
    /// - Parameter pattern: columns of one pattern belong together.
    case weight(pattern: String)
    case loss(LossKind, isTraining: Bool)
    case run, size, step, tokens, seed, status
    /// A number that is no loss, however it is called besides.
    case other
    case unknown
  }

  let heading: String
  /// Lower case, with their place in the heading.
  private let words: [(text: String, range: Range<String.Index>)]

  init(_ heading: String) {
    self.heading = heading
    var words: [(text: String, range: Range<String.Index>)] = []
    var index = heading.startIndex
    while index < heading.endIndex {
      guard heading[index].isLetter || heading[index].isNumber else {
        index = heading.index(after: index)
        continue
      }
      let end = heading[index...].firstIndex { !$0.isLetter && !$0.isNumber } ?? heading.endIndex
      words.append((heading[index..<end].lowercased(), index..<end))
      index = end
    }
    self.words = words
  }

  static func == (a: ColumnName, b: ColumnName) -> Bool { a.heading == b.heading }

  // MARK: Roles

  private static let weightWords: Set<String> = [
    "weight", "weights", "w", "mix", "mixture", "mixtures", "mixing", "share", "shares", "frac",
    "fraction", "fractions", "prop", "proportion", "proportions", "ratio", "ratios", "pct",
    "percent", "percentage", "train", "training", "prob", "probability", "p",
  ]
  private static let lossWords: [String: LossKind] = [
    "loss": .nats, "losses": .nats, "nll": .nats, "ce": .nats, "crossentropy": .nats,
    "crossentropyloss": .nats, "xent": .nats, "logppl": .nats, "logperplexity": .nats,
    "entropy": .nats, "bpb": .bits, "bpc": .bits, "ppl": .perplexity, "perplexity": .perplexity,
  ]
  /// Around a domain's name in the heading of its loss.
  private static let lossTrimmings: Set<String> = [
    "log", "cross", "metric", "metrics", "eval", "evaluation", "evals", "val", "valid",
    "validation", "test", "heldout", "held", "out", "lm", "final", "nats", "dev", "task", "set",
  ]
  private static let weightTrimmings: Set<String> = ["domain", "data", "dataset", "source", "the"]
  /// In headings of what is measured besides, or how far it is known.
  private static let otherWords: Set<String> = [
    "std", "stderr", "stdev", "se", "sd", "err", "error", "ci", "low", "high", "lower", "upper",
    "var", "variance", "decay", "accuracy", "acc", "epochs", "epoch", "flops", "flop", "time",
    "seconds", "hours", "runtime", "lr", "learning", "warmup", "batch", "dropout", "grad", "norm",
    "rank", "note", "notes", "comment", "date", "method", "timestamp", "cost", "norms",
  ]
  private static let runNames: Set<String> = [
    "", "index", "idx", "id", "run", "run_id", "runid", "run_name", "name", "trial", "trial_id",
    "experiment", "exp", "exp_id", "unnamed_0", "mix_id", "mixture_id", "mix_name", "mixture_name",
    "mix_idx", "mixture_idx", "mix_index", "mixture_index", "config", "key", "row",
  ]
  private static let sizeNames: Set<String> = [
    "size", "model_size", "params", "parameters", "n_params", "num_params", "n_parameters",
    "num_parameters", "model", "model_params", "model_parameters", "scale", "model_name",
    "non_embedding_params", "size_name",
  ]
  private static let stepNames: Set<String> = [
    "step", "steps", "global_step", "iteration", "iterations", "iter", "iters", "checkpoint",
    "train_step", "train_steps", "training_steps", "num_steps", "n_steps", "step_count",
  ]
  private static let tokenNames: Set<String> = [
    "tokens", "token", "n_tokens", "num_tokens", "train_tokens", "training_tokens", "tokens_seen",
    "token_count", "total_tokens", "token_budget", "budget_tokens", "tokens_trained",
  ]

  /// Units at the end of a heading: `model_size_M`, `tokens_b`.
  private static let units: [String: Double] = [
    "k": 1e3, "m": 1e6, "mm": 1e6, "b": 1e9, "bn": 1e9, "g": 1e9, "t": 1e12, "million": 1e6,
    "millions": 1e6, "billion": 1e9, "billions": 1e9,
  ]

  private var joined: String { words.map(\.text).joined(separator: "_") }
  /// The heading without a unit at its end.
  private var joinedWithoutUnit: String {
    words.count > 1 && Self.units[words.last!.text] != nil
      ? words.dropLast().map(\.text).joined(separator: "_") : joined
  }
  /// What a number in this column counts.
  var unit: Double {
    words.count > 1 ? words.last.flatMap { Self.units[$0.text] } ?? 1 : 1
  }

  var role: Role {
    let known: [(names: Set<String>, role: Role)] = [
      (Self.runNames, .run), (Self.sizeNames, .size), (Self.stepNames, .step),
      (Self.tokenNames, .tokens), (["seed", "random_seed"], .seed),
      (["status", "state", "outcome", "diverged", "failed"], .status),
    ]
    for (names, role) in known
    where names.contains(joined) || (role != .run && names.contains(joinedWithoutUnit)) {
      return role
    }
    if words.contains(where: { Self.otherWords.contains($0.text) }) { return .other }
    if let kind = lossKind {
      return .loss(
        kind, isTraining: words.contains { $0.text == "train" || $0.text == "training" })
    }
    guard let first = words.first, let last = words.last else { return .unknown }
    if words.count > 1 {
      if Self.weightWords.contains(first.text) { return .weight(pattern: first.text + "_") }
      if Self.weightWords.contains(last.text) { return .weight(pattern: "_" + last.text) }
    }
    // w0, w1, …; weight1, weight2, ….
    let stem = first.text.prefix { !$0.isNumber }
    if words.count == 1, stem.count < first.text.count, Self.weightWords.contains(String(stem)) {
      return .weight(pattern: String(stem))
    }
    return .unknown
  }

  private var lossKind: LossKind? {
    for (index, word) in words.enumerated() {
      guard let kind = Self.lossWords[word.text] else { continue }
      if word.text == "entropy", index == 0 || words[index - 1].text != "cross" { continue }
      if kind == .perplexity, index > 0, words[index - 1].text == "log" { return .nats }
      return kind
    }
    return nil
  }

  /// A loss over several domains, not of one.
  var isAggregate: Bool {
    let rest = words.map(\.text).filter {
      Self.lossWords[$0] == nil && !Self.lossTrimmings.contains($0)
    }
    return rest.allSatisfy {
      ["avg", "average", "mean", "overall", "total", "all", "macro", "micro", "objective", "agg"]
        .contains($0)
    }
  }

  // MARK: Names

  /// The words that are left once those that tell the role are taken off both ends; all of them where
  /// nothing would be left.
  func stripped(_ role: Role) -> [Substring] {
    var kept = words[...]
    func strip(_ isTrimming: (String) -> Bool) {
      while kept.count > 1, isTrimming(kept.first!.text) { kept = kept.dropFirst() }
      while kept.count > 1, isTrimming(kept.last!.text) { kept = kept.dropLast() }
    }
    switch role {
    case .weight:
      // One word tells the role; a second may be the domain's name.
      if kept.count > 1, Self.weightWords.contains(kept.first!.text) {
        kept = kept.dropFirst()
      } else if kept.count > 1, Self.weightWords.contains(kept.last!.text) {
        kept = kept.dropLast()
      }
      strip { Self.weightTrimmings.contains($0) && $0 != "the" }
    case .loss(_, let isTraining):
      strip {
        Self.lossWords[$0] != nil || Self.lossTrimmings.contains($0)
          || (isTraining && ($0 == "train" || $0 == "training"))
      }
      if kept.count == 1, Self.lossWords[kept.first!.text] != nil { kept = words[...] }
    default: break
    }
    return kept.map { heading[$0.range] }
  }

  /// The heading from the first of some of its words to the last.
  func name(spanning words: [Substring]) -> String {
    guard let first = words.first, let last = words.last else { return heading }
    return String(heading[first.startIndex..<last.endIndex])
  }
}
