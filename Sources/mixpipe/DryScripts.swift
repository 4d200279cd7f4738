import Engines
import Runs
import Synchronization

/// Takes attempts and begins none.
final class DryEvaluator: Evaluator {
  let capacity: Int
  let outlivesDriver = true
  private let taken = Mutex<[RunAttempt]>([])

  init(capacity: Int) { self.capacity = capacity }

  var begun: [RunAttempt] { taken.withLock { $0 } }

  func begin(_ attempt: RunAttempt, reporting: @escaping AttemptReporter) {
    taken.withLock { $0.append(attempt) }
  }

  func recover(_ attempts: [RunAttempt], reporting: @escaping AttemptReporter) -> [RunAttempt] {
    attempts
  }

  func cancel(_ attempt: RunAttempt) {}
}

/// The jobs that would be handed over.
struct DryScripts {
  let session: EngineSession
  let attempts: [RunAttempt]

  var text: String {
    get throws {
      let places = attempts.map {
        AttemptFolder(in: absolute(session.folder), run: $0.run, attempt: $0.number)
      }
      guard !places.isEmpty else { return "Nothing would be handed over now.\n" }
      var lines = ["\(places.count) runs would begin now.\n"]
      let kind = session.settings.kind
      if kind == nil || kind == .local {
        if kind == nil { return lines[0] + "They would be threads of this process.\n" }
        for place in places { lines.append("\(session.script().program) run \(place.path)\n") }
        return lines.joined()
      }
      let jobs = absolute(session.folder) + "/jobs"
      var batches: [[AttemptFolder]] = []
      if session.settings.block != nil {
        batches = [[]]
      } else if kind == .slurm, places.count > 1 {
        batches = [places]
      } else {
        batches = places.map { [$0] }
      }
      for (number, batch) in batches.enumerated() {
        let name = "\(session.settings.id ?? "mix")-\(number + 1)"
        var job = Job(
          name: name, attempts: batch, script: "\(jobs)/\(name).sh",
          log: batch.first?.log ?? "\(jobs)/\(name).log")
        if batch.count > 1 {
          job.list = "\(jobs)/\(name).list"
          job.log = "\(jobs)/\(name)-%a.log"
        }
        if session.settings.block != nil {
          job.block = Block.folder(of: name, in: absolute(session.folder))
        }
        lines.append("\n# \(job.script)\n" + session.script().text(job))
        if batch.count > 1 {
          lines.append("\n# \(job.list!)\n" + batch.map { $0.path + "\n" }.joined())
        }
      }
      return lines.joined()
    }
  }
}
