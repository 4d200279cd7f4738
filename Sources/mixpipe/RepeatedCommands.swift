import Engines
import Numerics
import Processes
import Runs
import Studies

// What to type to have the same again, in full, so that later defaults do not matter.

/// Said also where the precision was chosen by the processor, as another may choose differently.
private func trainerWords(_ settings: TrainerSettings?) -> [String] {
  guard let settings else { return [] }
  return ["--held-out-tokens \(settings.heldOutTokens)", "--precision \(settings.precision)"]
}

/// What the runs of a folder are trained on, and by whom where that is a trainer of the user's.
private func dataWords(_ corpus: String, folder: String) -> [String] {
  guard let engine = try? EngineSettings.stored(in: folder), let trainer = engine.trainer,
    let data = engine.data
  else { return ["--corpus \(corpus)"] }
  var words = ["--trainer \(shellQuoted(trainer))"]
  if let name = engine.trainerName { words.append("--trainer-name \(shellQuoted(name))") }
  if let blend = engine.blend { words.append("--blend \(blend)") }
  if data.corpus != nil { return words + ["--corpus \(corpus)"] }
  guard data.name == "--domains" else {
    return words + ["--data \(shellQuoted(data.name))"]
  }
  let domains = data.domains.map { domain in
    domain.name + (domain.tokens.map { "=\(Int(clamping: $0))" } ?? "")
  }
  let measures = data.measures.map(\.name)
  words.append("--domains \(shellQuoted(domains.joined(separator: ",")))")
  if measures != data.domains.map(\.name) {
    words.append("--held-out \(shellQuoted(measures.joined(separator: ",")))")
  }
  return words
}

extension StudyConfiguration {
  func commands(folder: String, transfer: TransferResult?) -> [String] {
    let searching = methods.map(\.trials).max() ?? 1
    var study = ["mixpipe study \(folder)"] + dataWords(corpus, folder: folder)
    study += [
      "--size \(scale.size)",
      "--tokens \(scale.tokens)", "--methods \(methods.map(\.name).joined(separator: ","))",
      "--trials \(searching)", "--initial-trials \(initialTrials)", "--lag \(lag)",
      "--finalists \(finalists)", "--confirmation-seeds \(confirmationSeeds)", "--seed \(seed)",
    ]
    study += goalWords
    study += targetWords(targetRun, trainer.matching, domains: domains)
    if stopsWhenSure == true { study.append("--stop-when-sure") }
    if let rate = trainer.trainer?.learningRate { study.append("--learning-rate \(rate)") }
    study += trainerWords(trainer.trainer)
    var lines = [study.joined(separator: " ")]
    if let transfer {
      lines.append(
        "mixpipe transfer \(folder) --sizes \(transfer.scales.map(\.size).joined(separator: ","))")
    }
    return lines + ["mixpipe report \(folder)"]
  }
}

extension FidelityStudyConfiguration {
  func commands(folder: String) -> [String] {
    let sizes = grid.levels.map { $0[0].scale.size }
    var study = ["mixpipe study \(folder)"] + dataWords(corpus, folder: folder)
    study += [
      "--sizes \(sizes.joined(separator: ","))",
      "--target-size \(targetScale.size)", "--budget \(budgetText)", "--methods \(method)",
      "--confirmation-seeds \(confirmationRuns)", "--lag \(lag)", "--seed \(seed)",
    ]
    let asked = trainer.asked
    if let rungs = asked.rungs {
      study.append("--rungs " + rungs.map { "\($0)" }.joined(separator: ","))
    }
    if let tokens = asked.tokens { study.append("--tokens \(tokens)") }
    if let ratio = asked.tokensPerParameter { study.append("--tokens-per-parameter \(ratio)") }
    if let rate = asked.learningRate { study.append("--learning-rate \(rate)") }
    study += trainerWords(trainer.sizes.values.first?.trainer)
    if objective != .mean(of: domains) {
      study.append("--objective '\(objective.specification)'")
      study += objective.limits.map { "--guard '\($0)'" }
    }
    study += (constraints ?? []).map { "--constrain '\($0)'" }
    if let front { study.append("--front \(shellQuoted(front.joined(separator: ",")))") }
    study += targetWords(targetRun, matching, domains: domains)
    return [study.joined(separator: " "), "mixpipe report \(folder)"]
  }
}

extension ComparisonRecord {
  var command: String {
    let asked = configuration
    // A corpus in the folder itself is the generated one.
    let isSmoke = asked.corpus.hasPrefix(folder + "/")
    var words = ["mixpipe compare \(folder)"]
    words +=
      isSmoke
      ? ["--smoke"]
      : dataWords(asked.corpus, folder: folder) + ["--size \(asked.scale.size)"]
    words += [
      "--tokens \(asked.scale.tokens)", "--methods \(asked.methods.joined(separator: ","))",
      "--trials \(asked.trials)", "--optimizer-seeds \(asked.replicates)",
      "--confirmation-seeds \(asked.confirmationSeeds)",
      "--checkpoints "
        + (asked.checkpoints.isEmpty
          ? "none" : asked.checkpoints.map(String.init).joined(separator: ",")),
      "--checkpoint-seeds \(asked.checkpointSeeds)", "--initial-trials \(asked.initialTrials)",
      "--lag \(asked.lag)", "--seed \(asked.seed)",
    ]
    words += asked.goalWords
    words += targetWords(asked.targetRun, asked.trainer.matching, domains: asked.domains)
    if let rate = asked.trainer.trainer?.learningRate { words.append("--learning-rate \(rate)") }
    words += trainerWords(asked.trainer.trainer)
    return words.joined(separator: " ")
  }
}
