import Mixtures
import Numerics
import Studies

/// A study for people to read: one page of HTML that needs nothing beside it, and the same as
/// Markdown. All of it is computed from the journal each time.
package struct StudyReport: Sendable, Report {
  package let record: StudyRecord
  package let methods: [MethodResult]
  /// Nil where no check of larger or smaller sizes has been run.
  package let transferRecord: TransferRecord?
  package let transfer: TransferResult?
  /// Nil where no method has a model, or it has seen too little.
  package let model: MethodInsight?
  /// What to type to reproduce the study, a command a line; none where it is not known.
  package let commands: [String]

  package let findings: StudyFindings
  /// Nil without a model, or a mixture to recommend.
  package let alternatives: Alternatives?
  package var live: LiveStatus?

  package init(
    record: StudyRecord, methods: [MethodResult], transfer: TransferRecord?,
    model: MethodInsight? = nil, commands: [String]
  ) {
    self.record = record
    self.methods = methods
    transferRecord = transfer
    self.transfer = transfer?.result
    self.model = model
    self.commands = commands
    findings = StudyFindings(record: record, methods: methods)
    alternatives = Alternatives(
      of: findings, model: model, objective: record.configuration.objective,
      seed: record.configuration.seed)
  }

  /// Reads a study's folder, and the transfer check in it where there is one.
  ///
  /// - Parameter commands: what to type to have the study again.
  /// - Throws: `StudyError` or `StorageError` where the folder holds no study or a damaged one.
  package init(folder: String, commands: [String]) throws {
    let record = try StudyRecord.read(folder: folder)
    let methods = record.analysis.methods
    self.init(
      record: record, methods: methods,
      transfer: TransferRecord.exists(in: folder)
        ? try TransferRecord.read(folder: folder) : nil,
      model: try MethodInsight(of: record, methods: methods), commands: commands)
  }

  /// The lowest loss of the search, in words; nil before the first.
  package var bestSoFar: String? {
    findings.searchTrials.filter { $0.loss != nil }.min { $0.loss! < $1.loss! }.map {
      "\(Format.loss($0.loss!)) (\($0.method), trial \($0.number)), \(Format.weights($0.mixture))"
    }
  }

  package var name: String { Self.name(ofFolder: record.folder) }
}

extension Scale {
  /// `100k parameters, 2.0M tokens`.
  var words: String { "\(size) parameters, \(Format.count(tokens)) tokens" }
}
