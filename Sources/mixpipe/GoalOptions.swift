import ArgumentParsing
import Mixtures
import Studies

/// A held-out domain that counts: `books`, or `books=2` to count it twice.
struct TargetArgument: ArgumentValue {
  var target: StudySettings.Target

  init(argument: String) throws {
    let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let domain = sides.first, !domain.isEmpty,
      let weight = sides.count == 1 ? 1 : Double(sides[1]), weight > 0, weight.isFinite
    else { throw UnreadableArgument() }
    target = StudySettings.Target(domain: String(domain), weight: weight)
  }

  var argumentText: String { "\(target.domain)=\(target.weight)" }
}

/// What is sought, and among which mixtures: what `study` and `compare` share.
struct GoalOptions: ArgumentGroup {
  @Option(
    "Held-out domain that counts, e.g. 'docs' or 'docs=2'; may be given several times. (default: every training domain alike)",
    value: "domain")
  var target: [TargetArgument] = []
  @Option(
    "What is minimized, e.g. 'worst' or 'weighted:docs=.5,web=.5'; see above. (default: mean)",
    value: "function")
  var objective: String?
  @Option(
    "Held-out loss not to be exceeded, e.g. 'web<=3.95'; may be given several times.",
    value: "limit")
  var `guard`: [String] = []
  @Option(
    "Condition on mixtures, e.g. 'code<=0.3'; see above; may be given several times.",
    value: "condition")
  var constrain: [String] = []
  @Option(NaturalOptions.nearHelp, value: "mixture=strength")
  var near: String?
  @Option(NaturalOptions.holdHelp, value: "level")
  var hold: [String] = []

  /// For help screens.
  static let explanation = """
    Objectives: 'mean' and 'worst' over the targets, or over those named ('worst:books,docs'); \
    'weighted:reviews=.5,docs=.5'; 'excess:books=3.9,code=2.7', the mean above a reference run's \
    losses, and 'worst-excess:…', or either with that run's folder ('worst-excess:runs/reference'). \
    These weights say what matters; they have nothing to do with the weights that are searched.

    Conditions: 'code<=0.3', 'books>=0.1', 'books=0.1', 'books+papers=0.2..0.4', 'epochs<=4' (no \
    text is gone through more often), 'epochs(books)<=2', 'domains<=3' (no more domains have any \
    weight). Searches keep them exactly; fixed mixtures are run as they are. Of domains in levels, \
    such as web/health and web/news, a source stands for all its topics: 'web<=.5'.
    """

  var settings: StudySettings {
    get throws {
      let constraints = constrain + (try conditions(near: near, hold: hold))
      return StudySettings(
        targets: target.isEmpty ? nil : target.map(\.target), objective: objective,
        guards: `guard`.isEmpty ? nil : `guard`,
        constraints: constraints.isEmpty ? nil : constraints)
    }
  }
}

extension SearchConfiguration {
  /// The options that ask for its objective and its constraints.
  var goalWords: [String] {
    var words: [String] = []
    if objective != .mean(of: domains) {
      words.append("--objective '\(objective.specification)'")
      words += objective.limits.map { "--guard '\($0)'" }
    }
    return words + (constraints ?? []).map { "--constrain '\($0)'" }
  }
}
