import MixtureMethods
import Mixtures
import Numerics
import Runs

extension StudyConfiguration: SearchConfiguration {
  package static let currentVersion = 1
  package static let file = "study.json"
  package static let plan = "study"
  /// A study is what it was asked for first.
  package static var mayGrow: Bool { false }

  package func validate() throws(StudyError) {
    try validateSearch()
    try trainer.validateMatching(domains: domains.count)
    try StudyError.requireMethods(methods.map(\.name))
    for method in methods {
      try StudyError.requireCounts(
        ["trials of '\(method.name)'": method.trials], in: 1...100_000)
    }
    try StudyError.requireCounts(["finalists": finalists], in: 1...10_000)
    try StudyError.requireCounts(["confirmation seeds": confirmationSeeds], in: 0...10_000)
  }

  /// Seeds that no search has seen, for confirmations and transfer checks: the n-th is the same
  /// however many are asked for. They fit 32 bits, so that every reader of JSON keeps their digits.
  package func freshSeeds(_ count: Int) -> [UInt64] {
    var generator = SeededGenerator(seed: seed, stream: "confirmation")
    var seeds: [UInt64] = []
    while seeds.count < count {
      let candidate = generator.next() >> 32
      if candidate != seed, !seeds.contains(candidate) { seeds.append(candidate) }
    }
    return seeds
  }

  package typealias MethodMaker =
    @Sendable (_ name: String, _ context: MethodContext) throws -> any MixtureMethod

  /// Its searches and fresh seeds.
  ///
  /// - Throws: what `makeMethod` throws; `ConstraintError`.
  package func searchPlan(
    price: RunPrice = .bySize,
    makeMethod: @escaping MethodMaker = { try MixtureMethods.makeMethod(named: $0, context: $1) }
  ) throws -> any Plan {
    try validate()
    let context = try methodContext()
    return try SearchPlan(
      SearchDesign(
        plan: Self.plan, conditions: conditions, tokens: scale.tokens, objective: objective,
        methods: methods.map { .init(name: $0.name, budget: $0.trials) },
        replicates: [.init(number: nil, seed: seed)], lag: lag, handover: .finalists(finalists),
        freshSeeds: freshSeeds(confirmationSeeds),
        stopsWhenSureAfter: stopsWhenSure == true ? initialTrials : nil
      ) { method, _ in
        var context = context
        context.trials = method.budget
        return try makeMethod(method.name, context)
      }, price: price)
  }

  /// The first field in which a study's folder differs from what is asked for now. Where the corpus
  /// lies does not count; its digest does.
  package func firstDifference(
    from asked: StudyConfiguration
  ) -> (field: String, found: String, expected: String)? {
    let fields =
      searchFields(asked: asked) + [
        (
          "methods", list(methods.map { "\($0.name) (\($0.trials))" }),
          list(asked.methods.map { "\($0.name) (\($0.trials))" })
        ),
        ("finalists", "\(finalists)", "\(asked.finalists)"),
        ("confirmation seeds", "\(confirmationSeeds)", "\(asked.confirmationSeeds)"),
        ("stop when sure", "\(stopsWhenSure ?? false)", "\(asked.stopsWhenSure ?? false)"),
      ]
    return fields.first { $0.found != $0.expected }
      ?? trainer.firstDifference(from: asked.trainer)
  }
}

func list(_ elements: [some Any]) -> String {
  elements.map { "\($0)" }.joined(separator: ", ")
}

func describe(_ scale: Scale) -> String {
  "\(scale.size) (\(scale.parameters) parameters, \(scale.tokens) tokens)"
}
