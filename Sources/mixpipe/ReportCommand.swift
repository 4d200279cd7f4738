import ArgumentParsing
import Reports
import Studies

struct ReportCommand: Command {
  static let commandName = "report"
  static let abstract = "Draw a study as one HTML page, and as Markdown."
  static let discussion = """
    Writes report.html, which needs nothing besides itself, and report.md into the folder. Both are \
    made anew from the journal each time; a study that still runs can be drawn too.
    """

  @Argument("Folder of the study.", completion: .folders)
  var folder: String

  func run() throws {
    if FidelityStudyConfiguration.exists(in: folder) {
      let record = try FidelityStudyRecord.read(folder: folder)
      let report = try FidelityStudyReport(
        record: record, commands: commands(record.configuration))
      for path in try report.write(to: folder) { try emit(path) }
      return
    }
    let record = try StudyRecord.read(folder: folder)
    let transfer =
      TransferRecord.exists(in: folder) ? try TransferRecord.read(folder: folder).result : nil
    let report = try StudyReport(
      folder: folder, commands: commands(record.configuration, transfer: transfer))
    for path in try report.write(to: folder) { try emit(path) }
  }

  /// What to type to have the same study, in full, so that later defaults do not matter.
  private func commands(
    _ configuration: StudyConfiguration, transfer: TransferResult?
  ) -> [String] {
    let searching = configuration.methods.map(\.trials).max() ?? 1
    var study = [
      "mixpipe study \(folder)", "--corpus \(configuration.corpus)",
      "--size \(configuration.scale.size)", "--tokens \(configuration.scale.tokens)",
      "--methods \(configuration.methods.map(\.name).joined(separator: ","))",
      "--trials \(searching)", "--initial-trials \(configuration.initialTrials)",
      "--lag \(configuration.lag)", "--finalists \(configuration.finalists)",
      "--confirmation-seeds \(configuration.confirmationSeeds)", "--seed \(configuration.seed)",
    ]
    study += configuration.goalWords
    if configuration.stopsWhenSure == true { study.append("--stop-when-sure") }
    if let rate = configuration.trainer["learningRate"] { study.append("--learning-rate \(rate)") }
    var lines = [study.joined(separator: " ")]
    if let transfer {
      lines.append(
        "mixpipe transfer \(folder) --sizes \(transfer.scales.map(\.size).joined(separator: ","))")
    }
    return lines + ["mixpipe report \(folder)"]
  }

  /// The same for a study of several sizes.
  private func commands(_ configuration: FidelityStudyConfiguration) -> [String] {
    let sizes = configuration.grid.levels.map { $0[0].scale.size }
    var study = [
      "mixpipe study \(folder)", "--corpus \(configuration.corpus)",
      "--sizes \(sizes.joined(separator: ","))", "--target \(configuration.targetScale.size)",
      "--budget \(configuration.budgetText)", "--methods \(configuration.method)",
      "--confirmation-seeds \(configuration.confirmationRuns)", "--lag \(configuration.lag)",
      "--seed \(configuration.seed)",
    ]
    for (option, key) in [
      ("rungs", "rungs"), ("tokens", "tokens"), ("tokens-per-parameter", "tokensPerParameter"),
      ("learning-rate", "learningRate"),
    ] {
      if let value = configuration.trainer["asked \(key)"] { study.append("--\(option) \(value)") }
    }
    if configuration.objective != .mean(of: configuration.domains) {
      study.append("--objective '\(configuration.objective.specification)'")
      study += configuration.objective.limits.map { "--guard '\($0)'" }
    }
    study += (configuration.constraints ?? []).map { "--constrain '\($0)'" }
    return [study.joined(separator: " "), "mixpipe report \(folder)"]
  }
}
