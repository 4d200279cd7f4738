import ArgumentParsing
import Foundation
import Mixtures
import RunTables

/// How a table of runs is read: what `replay` and `suggest` share.
struct TableOptions: ArgumentGroup {
  @Option(
    "Columns that are weights, separated by commas; 'w_*' takes all that begin so. (default: by their headings)",
    value: "columns")
  var weights: ListArgument<String>?
  @Option("Columns that are losses, likewise.", value: "columns")
  var losses: ListArgument<String>?
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
    "Held-out loss not to be exceeded, e.g. 'web<=3.95'; may be given several times.",
    value: "limit")
  var `guard`: [String] = []

  /// How a table is read, for help screens.
  static let explanation = """
    A table is CSV (or tabs, or semicolons), JSON lines, or a study's trials.jsonl, with a line for \
    each run. Weights are the columns named like weight_books, w_books, mix/books, train_books, \
    books_share or w0, or else neighbouring columns that sum to 1 (or 100) in each row; losses are \
    those named with loss, nll, cross_entropy, log_perplexity, perplexity or bpb, e.g. loss_books or \
    metric/books_val_loss. What surrounds the domains' names is left out. Optional: run (or index, \
    id, name), size, step, tokens, seed, status. Rows whose losses are empty are pending; nan or a \
    status of diverged or failed says that the run was lost. A file of weights may be followed by \
    its file of losses, joined by their run or index.
    """

  /// - Throws: `ValidationError` for words that say nothing, or held-out domains that are not there.
  func objective(over runs: RunTable) throws -> Objective {
    do {
      let specification =
        try objective.map { try ObjectiveSpecification(parsing: $0) }
        ?? ObjectiveSpecification(shape: .mean, entries: [])
      return try specification.resolved(
        over: runs.heldOut, targets: runs.targets,
        limits: try `guard`.map { try Objective.Limit(parsing: $0) })
    } catch let error as ObjectiveError {
      throw ValidationError(error.description)
    }
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
    RunTable.Columns(weights: weights?.elements, losses: losses?.elements)
  }

  var selection: RunSelection { RunSelection(size: size, step: step) }
}
