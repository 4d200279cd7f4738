import Reports
import Runs
import Storage
import Studies

/// The report of whatever a folder holds that the program has written, from its journal and nothing else.
///
/// - Parameters:
///   - live: how far work has come that goes on; nil where nobody is at it.
///   - isBrief: without what takes long to compute.
/// - Throws: ``UnfitFolder`` for a folder that holds nothing to draw.
func makeReport(
  ofFolder folder: String, live: LiveStatus? = nil, isBrief: Bool = false
) throws -> any Report {
  var live = live
  if live != nil, let records = try? RunGrid.ledger(of: folder).records {
    live?.nameRuns(by: records)
  }
  if FidelityStudyConfiguration.exists(in: folder) {
    let record = try FidelityStudyRecord.read(folder: folder)
    var report = FidelityStudyReport(
      record: record, commands: record.configuration.commands(folder: folder), isBrief: isBrief)
    report.live = live
    return report
  }
  if ComparisonConfiguration.exists(in: folder) {
    let record = try ComparisonRecord.read(folder: folder)
    var report = ComparisonReport(record, commands: [record.command])
    report.live = live
    return report
  }
  if let report = try storedExtrapolation(in: folder) { return report }
  if let report = try storedReplay(in: folder) { return report }
  let name = String(folder.split(separator: "/").last ?? "report")
  if StudyConfiguration.exists(in: folder) {
    let record = try StudyRecord.read(folder: folder)
    let transfer =
      TransferRecord.exists(in: folder) ? try TransferRecord.read(folder: folder) : nil
    let commands = record.configuration.commands(folder: folder, transfer: transfer?.result)
    guard isBrief else { return try StudyReport(folder: folder, commands: commands) }
    var report = StudyReport(
      record: record, methods: record.analysis.methods, transfer: transfer, commands: commands)
    var status = live
    status?.best = report.bestSoFar
    report.live = status
    return report
  }
  let grid = try RunGrid.ledger(of: folder)
  if !grid.records(of: RunGrid.testbed).isEmpty {
    let table = TestbedTable(TestbedRecord(folder: folder, of: grid))
    var report = TestbedReport(name: name, table: table)
    report.live = live
    return report
  }
  if !grid.records(of: RunGrid.sweep).isEmpty {
    var report = SweepReport(SweepRecord(folder: folder, of: grid))
    report.live = live
    return report
  }
  if fileExists(folder + "/replay.jsonl") {
    throw UnfitFolder(
      "\(folder): found the traces of a replay without replay.json, which is written with its report; give "
        + "the command at the end of its report.md again, which keeps the traces")
  }
  if fileExists(folder + "/runs.csv") {
    return TestbedReport(name: name, table: try TestbedTable(at: folder + "/runs.csv"))
  }
  // Says what a study's folder should hold.
  return try StudyReport(folder: folder, commands: [])
}

/// A folder that does not hold what a command needs.
struct UnfitFolder: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
