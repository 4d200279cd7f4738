import ArgumentParsing
import Corpora
import Engines
import Foundation
import Runs

struct RunCommand: Command {
  static let commandName = "run"
  static let abstract = "Run one attempt that another command has asked for: what jobs call."
  static let discussion = """
    Takes the folder of an attempt as 'study', 'compare', 'transfer' and 'testbed' make it for an engine, \
    runs the trainer that it names in it, and leaves a message for whoever drives the study. Run by hand it \
    shows what goes wrong with a trainer.
    """

  @Argument("Folder of the attempt.", completion: .folders)
  var folder: String?
  @Option("Folder of a block: runs attempts as they come.", hidden: true)
  var block: String?

  func validate() throws {
    guard (folder == nil) != (block == nil) else {
      throw ValidationError("Missing expected argument '<folder>'")
    }
  }

  func run() throws {
    let isStopped = { Interruption.isRequested }
    if let block {
      let settings = try Block.read(in: block)
      Interruption.allow(seconds: Int(settings.grace) + 30)
      return try settings.run(in: block, isStopped: isStopped)
    }
    let supervisor = try Supervisor(absolute(folder ?? ""), isStopped: isStopped)
    // The trainer's time to save itself, and the message's to be left.
    Interruption.allow(seconds: Int(supervisor.job.grace) + 30)
    let code = try supervisor.run { request, control in
      guard let corpus = supervisor.request.corpus else {
        throw ContractError.badRequest(
          path: supervisor.folder.request, reason: "found neither a trainer nor a corpus")
      }
      return try ProxyEvaluator(corpus: openCorpus(at: corpus)).measure(request, control: control)
    }
    if code != 0 { throw ArgumentParsing.ExitCode(code) }
  }
}
