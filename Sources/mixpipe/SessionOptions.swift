import ArgumentParsing
import Mixtures
import RunTables
import TableSearches

/// What both sides of a session take.
struct SessionOptions: ArgumentGroup {
  @Argument("Folder that keeps the session.", completion: .folders)
  var folder: String
  @Option("Seconds to wait for others who ask or tell at the moment.", value: "seconds")
  var wait = 600.0

  func validate() throws {
    if !(wait >= 0 && wait.isFinite) {
      throw ValidationError("Found '--wait \(wait)', expected no negative number")
    }
  }
}

extension Session {
  /// What is known at the moment, and what comes of it.
  func advice() throws -> TableAdvice {
    let runs = try table()
    let options = TableOptions()
    options.objective = settings.objective
    options.guard = settings.guards
    var asked = TableAdvice.Settings(objective: try options.objective(over: runs))
    asked.constraints = try readConstraints(settings.constraints)
    asked.natural = try naturalMixture(
      settings.natural, over: settings.domains, conditions: asked.constraints)
    asked.method = settings.method
    asked.seed = settings.seed
    asked.initialTrials = settings.initial
    do {
      return try TableAdvice(table: runs, settings: asked)
    } catch let error as ConstraintError {
      throw ValidationError(error.description)
    }
  }
}
