import ArgumentParsing
import Foundation
import Mixtures
import RunTables
import Storage
import TableSearches

struct TellCommand: Command {
  static let commandName = "tell"
  static let abstract = "Tell a session what became of a run that 'ask' handed out."
  static let discussion = """
      mixpipe tell runs/mine 1 --losses books=3.91,web=4.18,code=2.73
      mixpipe tell runs/mine 2 --state diverged
      mixpipe tell runs/mine 3 --state lost --reason 'out of memory'
      echo '{"run": 4, "losses": {"books": 3.9, "web": 4.1, "code": 2.8}}' | mixpipe tell runs/mine --from -

    A loss of nan is a divergence. What was told is on disk when the command returns; to tell the same again \
    is no error, to tell otherwise is. A run that was given up as lost may still be told of.
    """

  @OptionGroup
  var session: SessionOptions
  @Argument("The run's number, as 'ask' gave it.")
  var number: Int?
  @Option(
    "Losses (or scores) by held-out domain, separated by commas; may be given several times.",
    value: "name=loss")
  var losses: [String] = []
  @Option("What became of it, where there are no losses.", value: "state")
  var state: State?
  @Option("Why, for whoever reads the session.", value: "words")
  var reason = ""
  @Option(
    "JSON in place of these: one run or a list of runs, each with 'run' and 'losses' or 'state'; '-' for standard input.",
    value: "file", completion: .files)
  var from: String?
  @Flag("Print JSON.")
  var json = false

  enum State: String, CaseIterable, ArgumentValue { case finished, diverged, lost, cancelled }

  func validate() throws {
    if from != nil {
      guard number == nil, losses.isEmpty, state == nil else {
        throw ValidationError("Found '--from' and a run, expected one of them")
      }
      return
    }
    guard number != nil else {
      throw ValidationError("Found no run, expected its number as 'ask' gave it")
    }
    guard losses.isEmpty != (state == nil || state == .finished) else {
      throw ValidationError(
        losses.isEmpty
          ? "Found neither '--losses' nor '--state', expected what became of the run"
          : "Found '--losses' and '--state \(state!.rawValue)', expected one of them")
    }
    _ = try measured()
  }

  private func measured() throws -> [String: Double] {
    var found: [String: Double] = [:]
    for part in losses.flatMap({ NameSyntax.split($0, on: ",") }) {
      guard let sides = NameSyntax.split(part, onLast: { $0 == "=" }),
        let name = NameSyntax.name(sides.before), !name.isEmpty,
        let loss = Double(NameSyntax.trimmed(sides.after))
      else {
        throw ValidationError(
          "Found '--losses \(part)', expected names and numbers such as 'books=3.91,web=4.18'")
      }
      guard found.updateValue(loss, forKey: name) == nil else {
        throw ValidationError("Found two losses of '\(name)', expected one of each")
      }
    }
    return found
  }

  /// A run as JSON tells it.
  private struct Told: Decodable {
    var run: Int
    var losses: [String: Double?]?
    var state: String?
    var reason: String?
  }

  func run() throws {
    let told = try from.map(read) ?? [(number!, try news())]
    var kept = try Session(folder: session.folder, beginning: nil, patience: session.wait)
    var lines: [Line] = []
    for (run, news) in told {
      if case .finished(let losses) = news { try check(losses, kept) }
      lines.append(Line(run: run, isNew: try kept.tell(run, news)))
    }
    if json { return try emitDocument(Summary(runs: lines)) }
    for line in lines where !line.isNew {
      try? FileHandle.standardError.write(
        contentsOf: Data("Note: run \(line.run) was told before, and the same\n".utf8))
    }
  }

  private struct Line: Codable {
    var run: Int
    /// False where the same was told before.
    var isNew: Bool
  }

  private struct Summary: Codable {
    var version = JSONSchema.version
    var kind = "told"
    var runs: [Line]
  }

  /// The objective must have what it needs.
  private func check(_ losses: [String: Double], _ session: Session) throws {
    guard losses.values.allSatisfy(\.isFinite) else { return }
    let settings = session.settings
    for name in losses.keys.sorted() where !settings.heldOut.contains(name) {
      throw SessionError.unknownHeldOut(name: name, known: settings.heldOut)
    }
    let options = TableOptions()
    options.objective = settings.objective
    options.guard = settings.guards
    let needed = try options.objective(over: settings.emptyTable).domains
    let missing = needed.filter { losses[$0] == nil }
    if !missing.isEmpty { throw SessionError.missing(names: missing) }
  }

  private func news() throws -> Session.News {
    switch state {
    case .diverged: return .diverged(reason: reason)
    case .lost: return .lost(reason: reason)
    case .cancelled: return .cancelled
    case .finished, nil: return .finished(try measured())
    }
  }

  private func read(_ path: String) throws -> [(Int, Session.News)] {
    let data = try path == "-" ? readStandardInput() : readFile(at: path)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let told: [Told]
    do {
      told =
        try (try? decoder.decode([Told].self, from: data)) ?? [
          decoder.decode(Told.self, from: data)
        ]
    } catch {
      throw StorageError.corruptFile(
        path: path == "-" ? "standard input" : path,
        reason: "expected {\"run\": 1, \"losses\": {\"books\": 3.9, …}}, or a list of such")
    }
    return try told.map { told in
      let reason = told.reason ?? ""
      switch told.state {
      case "diverged": return (told.run, .diverged(reason: reason))
      case "lost": return (told.run, .lost(reason: reason))
      case "cancelled": return (told.run, .cancelled)
      case "finished", nil:
        // null is what JSON has for nan.
        let losses = told.losses ?? [:]
        if losses.contains(where: { $0.value == nil }) {
          return (told.run, .diverged(reason: "a loss is no number"))
        }
        return (told.run, .finished(losses.compactMapValues { $0 }))
      case let other?:
        throw ValidationError(
          "Found the state '\(other)', expected \(State.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
    }
  }
}
