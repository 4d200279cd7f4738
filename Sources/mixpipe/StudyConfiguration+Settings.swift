import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Storage
import Studies

/// The size and length that settings ask for.
///
/// - Throws: `ValidationError` for a size that there is not.
func scale(of settings: StudySettings, by trainer: TrainerChoice) throws -> Scale {
  try trainer.scale(
    settings[decided: \.size], tokens: settings.tokens,
    tokensPerParameter: settings.tokensPerParameter)
}

/// The whole configuration of a study.
///
/// - Parameters:
///   - asked: what was asked for now.
///   - stored: of the study that the folder holds; it stands in for what was not asked for, so that a study
///     goes on without its flags.
///   - settings: both, and the defaults.
/// - Throws: `ValidationError` for settings that the corpus does not fit.
func makeConfiguration(
  _ asked: StudySettings, stored: StudyConfiguration?, settings: StudySettings,
  trainer: TrainerChoice
) throws -> StudyConfiguration {
  let scale = try scale(of: settings, by: trainer)
  var configuration = StudyConfiguration(
    corpus: trainer.dataName, corpusDigest: trainer.digest, domains: trainer.domains,
    availableTokens: trainer.availableTokens,
    objective: try makeObjective(asked, by: trainer) ?? stored?.objective
      ?? trainer.defaultObjective,
    constraints: try asked.constraints.map(readConstraints) ?? stored?.constraints, scale: scale,
    seed: settings[decided: \.seed],
    methods: try makeMethods(asked, stored: stored, settings: settings, domains: trainer.domains),
    initialTrials: settings[decided: \.initialTrials], lag: settings[decided: \.lag],
    finalists: settings[decided: \.finalists],
    confirmationSeeds: settings[decided: \.confirmationSeeds],
    stopsWhenSure: settings.stopWhenSure, trainer: try trainer.identity(of: scale.size))
  configuration.targetRun = try settings.target(by: trainer).run
  try trainer.check(methods: configuration.methods.map(\.name))
  try trainer.check(constraints: configuration.constraints)
  do {
    _ = try configuration.feasibleMixtures()
  } catch {
    throw ValidationError(error.description)
  }
  return configuration
}

/// - Throws: `ValidationError` for words that are no constraint.
func readConstraints(_ texts: [String]) throws -> [MixtureConstraint] {
  do throws(ConstraintError) {
    return try texts.map { text throws(ConstraintError) in try MixtureConstraint(parsing: text) }
  } catch {
    throw ValidationError(error.description)
  }
}

/// Nil where nothing was said of it.
func makeObjective(_ asked: StudySettings, by trainer: TrainerChoice) throws -> Objective? {
  let targets = asked.targets ?? []
  let guards = asked.guards ?? []
  guard asked.objective != nil || !targets.isEmpty || !guards.isEmpty else { return nil }
  let heldOut = trainer.heldOut
  let targetNames = trainer.domains.allSatisfy(heldOut.contains) ? trainer.domains : heldOut
  do {
    var specification =
      try asked.objective.map(readObjective)
      ?? ObjectiveSpecification(shape: .mean, entries: [])
    if !targets.isEmpty {
      guard specification.entries.isEmpty else {
        throw ValidationError(
          "Found targets in '--objective \(asked.objective ?? "")' and in '--target'; "
            + "name them in one of the two")
      }
      try check(targets, heldOut: heldOut)
      specification.entries = targets.map { ($0.domain, $0.weight) }
      if specification.shape == .mean { specification.shape = .weighted }
    }
    return try specification.resolved(
      over: heldOut, targets: targetNames,
      limits: try guards.map { try Objective.Limit(parsing: $0) })
  } catch let error as ObjectiveError {
    throw ValidationError(error.description)
  }
}

/// An objective as it is written; `excess:FILE` takes the losses of a run's `run.json`.
private func readObjective(_ text: String) throws -> ObjectiveSpecification {
  let sides = text.split(separator: ":", maxSplits: 1).map(String.init)
  guard sides.count == 2, !sides[1].contains("="),
    let shape = ObjectiveSpecification.Shape(rawValue: sides[0]),
    shape == .excess || shape == .worstExcess
  else { return try ObjectiveSpecification(parsing: text) }
  let path = isFolder(sides[1]) ? sides[1] + "/run.json" : sides[1]
  let run = try decodeDocument(TrainSummary.self, at: path)
  guard let losses = run.result.outcome.result?.losses else {
    throw ValidationError("\(path): found a run that diverged, expected one with losses")
  }
  return ObjectiveSpecification(
    shape: shape,
    entries: losses.filter { run.mixture.domains.contains($0.domain) }.map { ($0.domain, $0.loss) })
}

private func check(_ targets: [StudySettings.Target], heldOut known: [String]) throws {
  for target in targets where !known.contains(target.domain) {
    throw ValidationError(
      MixtureError.unknown(domain: target.domain, known: known).description)
  }
  for (index, target) in targets.enumerated()
  where targets[..<index].contains(where: { $0.domain == target.domain }) {
    throw ValidationError(MixtureError.duplicate(domain: target.domain).description)
  }
}

private func makeMethods(
  _ asked: StudySettings, stored: StudyConfiguration?, settings: StudySettings,
  domains: [String]
) throws -> [StudyConfiguration.Method] {
  if asked.methods == nil, asked.trials == nil, let stored { return stored.methods }
  let names =
    asked.methods ?? stored?.methods.map(\.name)
    ?? settings[decided: \.methods].filter { fits($0, domains: domains) }
  return try names.map { name in
    guard methodNames.contains(where: { $0.name == name }) else {
      throw ValidationError(MethodError.unknown(name: name).description)
    }
    let kept = stored?.methods.first { $0.name == name }?.trials
    if handsOverTraining(name) {
      throw ValidationError(
        "Found method '\(name)', which hands over an online model, and a study seeks a mixture; "
          + "use '\(name)-static', or 'mixpipe compare'")
    }
    let isFixed = MixturePreset(rawValue: name) != nil
    return StudyConfiguration.Method(
      name: name,
      trials: isFixed ? 1 : asked.trials ?? kept ?? settings[decided: \.trials])
  }
}

/// Whether a fixed mixture can be made from these domains; a search always can.
private func fits(_ method: String, domains: [String]) -> Bool {
  guard let preset = MixturePreset(rawValue: method) else { return true }
  return (try? preset.mixture(over: domains, availableTokens: domains.map { _ in 1 })) != nil
}
