import Mixtures
import Runs

/// What an attempt's message means for its run.
struct MessageReading {
  let message: OutboxMessage
  let attempt: RunAttempt
  let measures: [TrainingData.Measure]
  let folder: AttemptFolder
  /// Seconds that an attempt may take.
  let time: Double?

  var news: AttemptNews {
    if let failure = message.failure {
      return .failed(EngineError.failed(run: message.run, reason: failure, log: folder.log))
    }
    if let outcomes = message.outcomes { return .measured(outcomes) }
    switch message.code {
    case TrainerExit.finished:
      if let result = message.result { return measured(result) }
      guard message.stop == nil else { return stopped(savedItself: false) }
      return .failed(
        ContractError.noResult(
          run: message.run, path: AttemptFolder.resultFile, log: folder.log))
    case TrainerExit.diverged:
      if let result = message.result, case .measured(let outcomes) = measured(result),
        outcomes.last?.outcome.hasDiverged == true
      {
        return .measured(outcomes)
      }
      return .measured([
        RungOutcome(
          tokens: attempt.request.measures[0],
          outcome: .diverged(
            step: 0, reason: message.lastLine.isEmpty ? "the trainer says so" : message.lastLine))
      ])
    case TrainerExit.resumable: return stopped(savedItself: true)
    case let code where TrainerExit.hopeless.contains(code):
      return .failed(
        ContractError.unusable(
          run: message.run, code: code, line: message.lastLine, log: folder.log))
    default:
      if message.stop != nil { return stopped(savedItself: false) }
      return .lost(reason: "\(ending) on \(message.host)\(line)")
    }
  }

  private var line: String { message.lastLine.isEmpty ? "" : ": \(message.lastLine)" }

  private var ending: String {
    message.code > 128 && message.code < 160
      ? "signal \(message.code - 128) ended it" : "it ended with exit code \(message.code)"
  }

  private func stopped(savedItself: Bool) -> AttemptNews {
    let saved = savedItself ? " and saved itself" : ""
    switch message.stop {
    case .timeLimit:
      let limit = time.map { " of \(Int($0)) s" } ?? ""
      let reason = "it hit its time limit\(limit) on \(message.host)\(saved)"
      return savedItself ? .interrupted(reason: reason) : .lost(reason: reason)
    case .signal:
      return .interrupted(reason: "it was stopped by a signal on \(message.host)\(saved)")
    case nil: return .interrupted(reason: "it stopped on \(message.host)\(saved)")
    }
  }

  private func measured(_ text: String) -> AttemptNews {
    do {
      return .measured(
        try ResultDocument.outcomes(
          Array(text.utf8), of: attempt.request, measures: measures, path: folder.result,
          elapsed: message.seconds))
    } catch {
      return .failed(error)
    }
  }
}
