import Foundation
import Storage
import TableSearches

/// What a page of a replay is drawn from, kept beside it as `replay.json`: a replay's tables need not be at
/// hand to draw it again.
struct StoredReplay: Codable {
  struct Fact: Codable {
    var name: String
    var value: String
  }

  /// Of a replay at one size; nil otherwise.
  var summary: ReplaySummary?
  var predictions: [PredictionQuality]?
  var landscape: Landscape.Quality?
  /// Of a replay at several sizes; nil otherwise.
  var sizes: FidelitySummary?
  var emulator: [FidelityEmulator.Quality]?
  var facts: [Fact]
  var command: String
  /// For whoever keeps the folder to write: what is to be known before any figure is believed.
  var caution: String?

  static let fileName = "replay.json"
}

extension ReplayReport {
  /// Writes `report.html`, `report.md` and `replay.json`, each as a whole.
  ///
  /// - Returns: the paths of the first two.
  package func write(to folder: String) throws -> [String] {
    try makeFolder(at: folder)
    let stored = StoredReplay(
      summary: summary, predictions: predictions.isEmpty ? nil : predictions,
      landscape: landscape, facts: facts.map { .init(name: $0.name, value: $0.value) },
      command: command)
    try replaceFile(at: folder + "/" + StoredReplay.fileName, with: try encodeDocument(stored))
    return try writePages(to: folder)
  }
}

extension FidelityReport {
  /// Writes `report.html`, `report.md` and `replay.json`, each as a whole.
  ///
  /// - Returns: the paths of the first two.
  package func write(to folder: String) throws -> [String] {
    try makeFolder(at: folder)
    let stored = StoredReplay(
      sizes: summary, emulator: qualities,
      facts: facts.map { .init(name: $0.name, value: $0.value) }, command: command,
      caution: caution)
    try replaceFile(at: folder + "/" + StoredReplay.fileName, with: try encodeDocument(stored))
    return try writePages(to: folder)
  }
}

/// The report of a replay whose folder says all that it is drawn from; nil where it does not.
///
/// - Throws: `StorageError` where the file cannot be read.
package func storedReplay(in folder: String) throws -> (any Report)? {
  let path = folder + "/" + StoredReplay.fileName
  guard fileExists(path) else { return nil }
  let stored = try decodeDocument(StoredReplay.self, at: path)
  let name = ReplayReport.name(ofFolder: folder)
  let facts = stored.facts.map { (name: $0.name, value: $0.value) }
  if let sizes = stored.sizes {
    return FidelityReport(
      name: name, summary: sizes, qualities: stored.emulator, facts: facts,
      command: stored.command, caution: stored.caution)
  }
  return ReplayReport(
    name: name, summary: stored.summary, predictions: stored.predictions ?? [],
    landscape: stored.landscape, facts: facts, command: stored.command)
}

/// The report of an extrapolation. Older folders keep what was run only in their `report.md`, from which it
/// is taken over.
///
/// - Throws: `StorageError` where a file cannot be read.
package func storedExtrapolation(in folder: String) throws -> (any Report)? {
  let path = folder + "/extrapolation.json"
  guard fileExists(path) else { return nil }
  let summary = try decodeDocument(ExtrapolationSummary.self, at: path)
  let origin = fileExists(folder + "/report.md") ? try Origin(reading: folder + "/report.md") : nil
  return ExtrapolationReport(
    name: ReplayReport.name(ofFolder: folder), summary: summary, facts: origin?.facts ?? [],
    command: origin?.command ?? "")
}

/// How a page in Markdown says it was made.
private struct Origin {
  var facts: [(name: String, value: String)] = []
  var command = ""

  init(reading path: String) throws {
    let text = String(decoding: try readFile(at: path), as: UTF8.self)
    guard let start = text.range(of: "## How it was made") else { return }
    var isCode = false
    var lines: [String] = []
    for line in text[start.upperBound...].split(separator: "\n") {
      if line.hasPrefix("```") {
        if isCode { break }
        isCode = true
      } else if isCode {
        lines.append(String(line))
      } else if line.hasPrefix("- "), let colon = line.range(of: ": ") {
        facts.append(
          (
            Self.plain(line[line.index(line.startIndex, offsetBy: 2)..<colon.lowerBound]),
            Self.plain(line[colon.upperBound...])
          ))
      }
    }
    command = lines.joined(separator: "\n")
  }

  /// Without the escapes that Markdown needs.
  private static func plain(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if character == "\\" && !isEscaped {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result.replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&amp;", with: "&")
  }
}
