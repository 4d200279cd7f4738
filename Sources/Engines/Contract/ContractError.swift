/// What does not keep to the contract between mixpipe and a user's trainer.
package enum ContractError: Error, Equatable, CustomStringConvertible {
  /// Names of domains and measures that make no sense.
  case badData(path: String, reason: String)
  /// A `result.json` that is not as asked for; another attempt would write the same.
  case badResult(run: Int, path: String, reason: String)
  /// The trainer ended with 0 and wrote no result.
  case noResult(run: Int, path: String, log: String)
  /// The command itself cannot be run, or refuses what it was given.
  case unusable(run: Int, code: Int32, line: String, log: String)
  /// A folder that no request was written to.
  case badRequest(path: String, reason: String)

  package var description: String {
    switch self {
    case .badData(let path, let reason): "\(path): \(reason)"
    case .badResult(let run, let path, let reason):
      "run \(run): \(path): \(reason); mend the trainer and run the same command again"
    case .noResult(let run, let path, let log):
      "run \(run): the trainer ended with exit code 0, but there is no \(path), expected its result; see \(log)"
    case .unusable(let run, let code, let line, let log):
      "run \(run): the trainer ended with exit code \(code)"
        + (line.isEmpty ? "" : " (\(line))") + ", which another attempt would not mend; see \(log)"
    case .badRequest(let path, let reason):
      "\(path): \(reason); expected the folder of a run as 'mixpipe study --trainer …' makes it"
    }
  }
}
