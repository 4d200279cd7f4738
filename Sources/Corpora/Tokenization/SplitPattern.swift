/// A regular expression as the pre-tokenizers of language models have it, compiled: literals, classes,
/// `\p{…}`, groups, `(?i:…)`, alternatives, quantifiers (greedy, lazy, possessive) and looking ahead.
///
/// It works on bytes of UTF-8; a byte that is no part of it counts as a symbol of its own. The meaning is
/// that of Oniguruma, which `tokenizers` uses: the first alternative that leads to a match is taken.
struct SplitPattern: Sendable {
  /// What is wrong with a pattern, or not understood.
  struct Problem: Error {
    let reason: String
  }

  indirect enum Node: Sendable {
    case set(ScalarSet)
    case sequence([Node])
    case choice([Node])
    case repeated(Node, least: Int, most: Int, kind: Kind)
    case look(Node, isNegative: Bool)
    case end
  }

  enum Kind: Sendable { case greedy, lazy, possessive }

  enum Instruction: Sendable {
    /// One scalar of a set.
    case take(Int)
    /// As many scalars of a set as there are, from `least` to `most`; fewer if what follows fails.
    case run(set: Int, least: Int, most: Int, isPossessive: Bool)
    /// Goes on at the first; at the second if that fails.
    case fork(Int, Int)
    case jump(Int)
    /// Whether the program at `start` matches here; goes on at `next`.
    case look(start: Int, next: Int, isNegative: Bool)
    case atEnd
    case matched
  }

  let source: String
  private(set) var sets: [ScalarSet] = []
  private(set) var program: [Instruction] = []

  init(_ source: String) throws(Problem) {
    self.source = source
    var parser = Parser(source)
    let node = try parser.parse()
    try emit(node)
    program.append(.matched)
  }

  private mutating func emit(_ node: Node) throws(Problem) {
    switch node {
    case .set(let set):
      sets.append(set)
      program.append(.take(sets.count - 1))
    case .sequence(let nodes):
      for node in nodes { try emit(node) }
    case .choice(let nodes):
      var exits: [Int] = []
      for (index, node) in nodes.enumerated() {
        guard index < nodes.count - 1 else {
          try emit(node)
          break
        }
        let fork = program.count
        program.append(.fork(fork + 1, 0))
        try emit(node)
        exits.append(program.count)
        program.append(.jump(0))
        program[fork] = .fork(fork + 1, program.count)
      }
      for exit in exits { program[exit] = .jump(program.count) }
    case .repeated(.set(let set), let least, let most, let kind) where kind != .lazy:
      sets.append(set)
      program.append(
        .run(set: sets.count - 1, least: least, most: most, isPossessive: kind == .possessive))
    case .repeated(let node, let least, let most, let kind):
      try emitLoop(node, least, most, kind)
    case .look(let node, let isNegative):
      let look = program.count
      program.append(.atEnd)
      try emit(node)
      program.append(.matched)
      program[look] = .look(start: look + 1, next: program.count, isNegative: isNegative)
    case .end: program.append(.atEnd)
    }
  }

  private mutating func emitLoop(
    _ node: Node, _ least: Int, _ most: Int, _ kind: Kind
  ) throws(Problem) {
    guard kind != .possessive else { throw Problem(reason: "a possessive group") }
    guard least <= 16, most == .max || most <= 16 else {
      throw Problem(reason: "a group repeated more than 16 times")
    }
    func fork(_ inside: Int, _ outside: Int) -> Instruction {
      kind == .lazy ? .fork(outside, inside) : .fork(inside, outside)
    }
    for _ in 0..<least { try emit(node) }
    if most == .max {
      // A loop over nothing would not end.
      guard !Self.mayBeEmpty(node) else {
        throw Problem(reason: "a repeated group that may be empty")
      }
      let start = program.count
      program.append(.atEnd)
      try emit(node)
      program.append(.jump(start))
      program[start] = fork(start + 1, program.count)
    } else {
      var forks: [Int] = []
      for _ in least..<most {
        forks.append(program.count)
        program.append(.atEnd)
        try emit(node)
      }
      for start in forks { program[start] = fork(start + 1, program.count) }
    }
  }

  private static func mayBeEmpty(_ node: Node) -> Bool {
    switch node {
    case .set: false
    case .sequence(let nodes): nodes.allSatisfy(mayBeEmpty)
    case .choice(let nodes): nodes.contains(where: mayBeEmpty)
    case .repeated(let node, let least, _, _): least == 0 || mayBeEmpty(node)
    case .look, .end: true
    }
  }
}
