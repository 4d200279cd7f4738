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

  func run() throws {
    let told = try from.map(read) ?? [(number!, try news())]
    var kept = try Session(folder: session.folder, beginning: nil, patience: session.wait)
    var lines: [Line] = []
    // All or nothing, as far as that can be known before.
    for (run, news) in told {
      try kept.requireHandedOut(run)
      if case .finished(let losses) = news { try check(losses, kept) }
    }
    for (run, news) in told { lines.append(Line(run: run, isNew: try kept.tell(run, news))) }
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
    let text = [UInt8](try path == "-" ? readStandardInput() : readFile(at: path))
    let source = path == "-" ? "standard input" : path
    var values: [JSONValue] = []
    do throws(JSONValue.Problem) {
      values = [try JSONValue.parse(text)]
    } catch {
      // An object a line.
      let lines = text.split(separator: 10).filter { line in line.contains { $0 > 32 } }
      guard lines.count > 1 else { throw ToldError(source: source, found: error.reason) }
      for line in lines {
        do throws(JSONValue.Problem) {
          values.append(try JSONValue.parse(Array(line)))
        } catch {
          throw ToldError(source: source, found: error.reason)
        }
      }
    }
    if values.count == 1, case .array(let list) = values[0] { values = list }
    return try values.map { try news(of: $0, source) }
  }

  private func news(of told: JSONValue, _ source: String) throws -> (Int, Session.News) {
    func wrong(_ found: String) -> ToldError { ToldError(source: source, found: found) }
    guard case .object = told else { throw wrong("found a value that is no object") }
    let number: Double? =
      switch told["run"] {
      case .number(let number)?: number
      case .string(let text)?: Double(text)
      default: nil
      }
    guard let number, let run = Int(exactly: number) else {
      throw wrong("found no 'run' that is a whole number")
    }
    var reason = ""
    if case .string(let text)? = told["reason"] { reason = text }
    var losses: [String: Double] = [:]
    switch told["losses"] {
    case nil, .null?: break
    case .object(let members)?:
      for member in members {
        let loss: Double? =
          switch member.value {
          case .number(let number): number
          case .string(let text): Double(text)
          // What JSON has for nan.
          case .null: .nan
          default: nil
          }
        guard let loss else { throw wrong("found a loss of '\(member.key)' that is no number") }
        losses[member.key] = loss
      }
    default: throw wrong("found 'losses' that are no names with numbers")
    }
    switch told["state"] {
    case nil, .null?, .string("finished")?: return (run, .finished(losses))
    case .string("diverged")?: return (run, .diverged(reason: reason))
    case .string("lost")?: return (run, .lost(reason: reason))
    case .string("cancelled")?: return (run, .cancelled)
    case .string(let other)?:
      throw wrong(
        "found the state '\(other)', expected one of "
          + State.allCases.map(\.rawValue).joined(separator: ", "))
    default: throw wrong("found a 'state' that is no word")
    }
  }
}

/// JSON that tells of no run.
private struct ToldError: Error, CustomStringConvertible {
  var source: String
  var found: String

  var description: String {
    "\(source): \(found); expected {\"run\": 1, \"losses\": {\"books\": 3.9, …}}, a list of such, or one a line"
  }
}
