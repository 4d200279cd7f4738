import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Studies

/// The whole configuration of a study from what was asked for.
///
/// - Parameter stored: of the study that the folder holds; it stands in for what was not asked for, so
///   that a study goes on without its flags.
/// - Throws: `ValidationError` for settings that the corpus does not fit.
func makeConfiguration(
  _ asked: StudySettings, stored: StudyConfiguration?, corpus: Corpus, evaluator: ProxyEvaluator
) throws -> StudyConfiguration {
  let sizeName = asked.size ?? stored?.scale.size ?? StudyDefaults.size
  guard let size = ModelSize.named(sizeName) else {
    throw ValidationError(UnknownSize(name: sizeName).description)
  }
  let domains = corpus.trainingDomains.map(\.name)
  let seed = asked.seed ?? stored?.seed ?? 1
  let hasBudget = asked.tokens != nil || asked.tokensPerParameter != nil
  let training = TrainingConfiguration(
    size: size, vocabularySize: corpus.vocabularySize,
    tokens: asked.tokens
      ?? (hasBudget || asked.size != nil && stored?.scale.size != asked.size
        ? nil : stored?.scale.tokens),
    tokensPerParameter: asked.tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter,
    seed: seed, learningRate: nil)
  return StudyConfiguration(
    corpus: corpus.folder, corpusDigest: corpus.digest, domains: domains,
    availableTokens: corpus.trainingDomains.map { $0.training?.count ?? 0 },
    objective: try makeObjective(asked.targets, corpus: corpus) ?? stored?.objective
      ?? .mean(of: domains),
    scale: Scale(
      size: size.name,
      parameters: size.parameterCount(vocabularySize: corpus.vocabularySize),
      tokens: training.tokens),
    seed: seed, methods: try makeMethods(asked, stored: stored, domains: domains),
    initialTrials: asked.initialTrials ?? stored?.initialTrials ?? StudyDefaults.initialTrials,
    lag: asked.lag ?? stored?.lag ?? StudyDefaults.lag,
    finalists: asked.finalists ?? stored?.finalists ?? StudyDefaults.finalists,
    confirmationSeeds: asked.confirmationSeeds ?? stored?.confirmationSeeds
      ?? StudyDefaults.confirmationSeeds,
    trainer: evaluator.description(of: size))
}

private func makeObjective(
  _ targets: [StudySettings.Target]?, corpus: Corpus
) throws -> Objective? {
  guard let targets, !targets.isEmpty else { return nil }
  let known = corpus.domains.map(\.name)
  for target in targets where !known.contains(target.domain) {
    throw ValidationError(
      MixtureError.unknown(domain: target.domain, known: known).description)
  }
  for (index, target) in targets.enumerated()
  where targets[..<index].contains(where: { $0.domain == target.domain }) {
    throw ValidationError(MixtureError.duplicate(domain: target.domain).description)
  }
  // In the corpus's order, so that the same targets are the same objective however they were listed.
  let ordered = known.compactMap { name in targets.first { $0.domain == name } }
  return Objective(
    targets: ordered.map(\.domain), proportionalTo: ordered.map(\.weight))
}

private func makeMethods(
  _ asked: StudySettings, stored: StudyConfiguration?, domains: [String]
) throws -> [StudyConfiguration.Method] {
  if asked.methods == nil, asked.trials == nil, let stored { return stored.methods }
  let names =
    asked.methods ?? stored?.methods.map(\.name)
    ?? StudyDefaults.methods.filter { fits($0, domains: domains) }
  return try names.map { name in
    guard methodNames.contains(where: { $0.name == name }) else {
      throw ValidationError(MethodError.unknown(name: name).description)
    }
    let isFixed = MixturePreset(rawValue: name) != nil
    let trials =
      asked.trials ?? stored?.methods.first { $0.name == name }?.trials ?? StudyDefaults.trials
    return StudyConfiguration.Method(name: name, trials: isFixed ? 1 : trials)
  }
}

/// Whether a fixed mixture can be made from these domains; a search always can.
private func fits(_ method: String, domains: [String]) -> Bool {
  guard let preset = MixturePreset(rawValue: method) else { return true }
  return (try? preset.mixture(over: domains, availableTokens: domains.map { _ in 1 })) != nil
}
