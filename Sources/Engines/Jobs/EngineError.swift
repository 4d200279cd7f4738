/// What ends a command besides what its runs do.
package enum EngineError: Error, Equatable, CustomStringConvertible {
  /// A job that the scheduler will not take as it is.
  case refused(job: String, reason: String)
  /// What an attempt said that another would say again.
  case failed(run: Int, reason: String, log: String)

  package var description: String {
    switch self {
    case .refused(let job, let reason):
      "the scheduler refused the job \(job): \(reason); mend the options and run the same command again"
    case .failed(let run, let reason, let log): "run \(run): \(reason); its log is \(log)"
    }
  }
}
