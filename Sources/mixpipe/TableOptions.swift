import ArgumentParsing
import Foundation
import Mixtures
import RunTables
import TableSearches

/// How a table of runs is read: what `replay` and `suggest` share.
struct TableOptions: ArgumentGroup {
  @Option(
    "Columns that are weights, separated by commas; 'w_*' takes all that begin so. (default: by their headings)",
    value: "columns")
  var weights: ListArgument<String>?
  @Option("Columns that are losses, likewise: lower is better.", value: "columns")
  var losses: ListArgument<String>?
  @Option(
    "Columns of which higher is better, likewise, e.g. 'acc_*'; with '--losses' for both.",
    value: "columns")
  var maximize: ListArgument<String>?
  @Option(
    "Only runs of this size, e.g. 1B. (default: the size that most runs have)", value: "size")
  var size: String?
  @Option(
    "Of learning curves, the step to read. (default: the last that most runs have)", value: "step")
  var step: Double?
  @Option(
    "What is minimized: mean, worst, or e.g. 'worst:books,web', 'weighted:books=.7,web=.3', 'excess:books=3.9,web=4.1'. (default: mean)",
    value: "function")
  var objective: String?
  @Option(
    "Held-out loss not to be exceeded, e.g. 'web<=3.95', or of what is to rise 'acc>=0.6'; may be given several times.",
    value: "limit")
  var `guard`: [String] = []

  /// How a table is read, for help screens.
  static let explanation = """
    A table is CSV (or tabs, or semicolons, with decimal commas too), JSON lines, JSON as pandas writes it, \
    any of these through gzip, '-' for standard input, or a study's trials.jsonl, with a line for \
    each run. Weights are the columns named like weight_books, w_books, mix/books, train_books, \
    books_share or w0, or else neighbouring columns that sum to 1 (or 100) in each row; losses are \
    those named with loss, nll, cross_entropy, log_perplexity, perplexity or bpb, e.g. loss_books or \
    metric/books_val_loss. What is left of a heading is the domain's name, whole. Accuracies and other scores \
    are taken where '--maximize' names them. Optional: run (or index, \
    id, name), size, step, tokens, seed, status. 'suggest --explain' prints what each column is taken for. \
    Rows whose losses are empty are pending; nan or a \
    status of diverged says that the loss went out of bounds; crashed, failed, killed, preempted or out of \
    memory says that the run was lost, which tells nothing of its mixture. A file of weights may be followed by \
    its file of losses, joined by their run or index.
    """

  /// - Throws: `ValidationError` for words that say nothing, or held-out domains that are not there.
  func objective(over runs: RunTable) throws -> Objective {
    do {
      var specification =
        try objective.map { try ObjectiveSpecification(parsing: $0) }
        ?? ObjectiveSpecification(shape: .mean, entries: [])
      for index in specification.entries.indices {
        let name = runs.heldOutName(specification.entries[index].domain)
        specification.entries[index].domain = name
        let isReference = specification.shape == .excess || specification.shape == .worstExcess
        if isReference, let measure = runs.measure(of: name) {
          specification.entries[index].number = measure.minimized(
            specification.entries[index].number)
        }
      }
      let limits = try `guard`.map { try limit($0, runs) }
      let found = try specification.resolved(
        over: runs.heldOut, targets: runs.targets, limits: limits)
      return try scaled(found, specification.shape, runs)
    } catch let error as ObjectiveError {
      throw ValidationError(error.description + hint(error, runs))
    }
  }

  /// A guard in what is minimized.
  private func limit(_ text: String, _ runs: RunTable) throws -> Objective.Limit {
    var limit = try Objective.Limit(parsing: text)
    limit.domain = runs.heldOutName(limit.domain)
    guard let measure = runs.measure(of: limit.domain) else { return limit }
    guard measure.isMaximized == limit.isFloor else {
      throw ValidationError(
        "Found '--guard \(text)', but \(measure.isMaximized ? "higher" : "lower") is better there; "
          + "write '\(limit.domain)\(measure.isMaximized ? ">" : "<")=\(shortest(limit.loss))'")
    }
    return Objective.Limit(domain: limit.domain, loss: measure.minimized(limit.loss))
  }

  /// Goals in unlike units count in units of their noise.
  private func scaled(
    _ objective: Objective, _ shape: ObjectiveSpecification.Shape, _ runs: RunTable
  ) throws -> Objective {
    guard isMixed(objective, runs) else { return objective }
    guard objective.aggregate == .mean else {
      throw ValidationError(
        "Found '--objective \(shape.rawValue)' over losses and scores, of which none is the worst; "
          + "expected mean or weighted, or goals of one kind")
    }
    let noise = TableAdvice.noise(of: objective.targets, in: runs)
    return Objective(
      targets: objective.targets,
      proportionalTo: zip(objective.weights, noise).map { $0 / $1 },
      references: objective.references, limits: objective.limits)
  }

  /// Whether targets are given in units that cannot be added.
  func isMixed(_ objective: Objective, _ runs: RunTable) -> Bool {
    Set(objective.targets.compactMap { runs.measure(of: $0)?.unit }).count > 1
  }

  /// What to do about a name that is a column's, though not one of the goals.
  private func hint(_ error: ObjectiveError, _ runs: RunTable) -> String {
    guard case .unknown(let name, _) = error else { return "" }
    let columns = runs.readings.flatMap(\.columns)
    guard
      let column = columns.first(where: { $0.heading == name || $0.heading.hasSuffix("_" + name) }),
      column.use == "not used"
    else { return "" }
    return
      "; the column '\(column.heading)' is not used: name it with --maximize where higher is better, "
      + "with --losses where lower is"
  }

  /// Words that need no table to be judged.
  func validate() throws {
    do throws(ObjectiveError) {
      if let objective { _ = try ObjectiveSpecification(parsing: objective) }
      for limit in `guard` { _ = try Objective.Limit(parsing: limit) }
    } catch {
      throw ValidationError(error.description)
    }
  }

  var columns: RunTable.Columns {
    RunTable.Columns(
      weights: weights?.elements, losses: losses?.elements, maximize: maximize?.elements)
  }

  var selection: RunSelection { RunSelection(size: size, step: step) }
}
