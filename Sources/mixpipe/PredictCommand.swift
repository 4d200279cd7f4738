import ArgumentParsing
import MixtureMethods
import Mixtures
import Reports
import Studies

struct PredictCommand: Command {
  static let commandName = "predict"
  static let abstract = "Predict the losses of any mixture from a study's runs."
  static let discussion = """
    Asks the model behind the study for each mixture's loss on every held-out domain, with 95 % \
    intervals, and how that differs from the recommended mixture. Without '--mixture' it says what would \
    also do: the range of each weight within which the objective stays within the noise of one run, \
    and what some such mixtures cost. These are predictions; only runs with fresh seeds are measurements.

    A study of several sizes predicts the objective at each size, and all of this at its target.
    """

  @Argument("Folder of the study.", completion: .folders)
  var folder: String
  @Option(
    "Weights of a mixture, e.g. 'books=0.3,code=0.7', or uniform, natural, llama; may be repeated.",
    short: "m", value: "weights")
  var mixture: [MixtureSpecification] = []
  @Flag("Print the result as JSON.")
  var json = false

  func run() throws {
    if FidelityStudyConfiguration.exists(in: folder) {
      let record = try FidelityStudyRecord.read(folder: folder)
      let configuration = record.configuration
      let mixtures = try resolved(
        over: configuration.domains, availableTokens: configuration.availableTokens)
      let summary = try SizePredictionSummary(of: record, mixtures: mixtures)
      return json
        ? try emitDocument(summary, kind: "sizes-prediction")
        : try emit(summary.text, terminator: "")
    }
    let record = try StudyRecord.read(folder: folder)
    let report = try StudyReport(folder: folder, commands: [])
    guard let alternatives = report.alternatives else {
      throw UnfitFolder(
        "\(folder): found no model that could predict; expected a study with 'bo' among its methods and "
          + "four trials of it that have ended")
    }
    let mixtures = try resolved(
      over: record.configuration.domains, availableTokens: record.configuration.availableTokens)
    let summary = MixturePredictionSummary(
      of: alternatives, mixtures: mixtures, folder: folder,
      broken: { record.configuration.broken(by: $0) })
    if json {
      try emitDocument(summary, kind: "prediction")
    } else {
      try emit(summary.text, terminator: "")
    }
  }

  /// - Throws: `ValidationError` for a mixture that does not fit the study.
  private func resolved(over domains: [String], availableTokens: [Int]) throws -> [Mixture] {
    do throws(MixtureError) {
      return try mixture.map { specification throws(MixtureError) in
        try specification.resolved(
          over: domains, availableTokens: availableTokens)
      }
    } catch {
      throw ValidationError(error.description)
    }
  }
}
