import ArgumentParsing
import Engines
import Foundation
import MixtureExports
import Runs
import Storage

/// What trains a run and where: what every verb that trains takes. A folder remembers all of it, so that it is said
/// once.
struct EngineOptions: ArgumentGroup {
  @Option(
    "Command that trains a run, e.g. 'python train.py {folder}', in place of the built-in trainer; see 'Your own trainer' in the documentation.",
    value: "command")
  var trainer: String?
  @Option("What results say trained them; the command where not given.", value: "name")
  var trainerName: String?
  @Option(
    "Format of the file that tells your trainer the mixture. (default: json)", value: "format")
  var blend: ExportFormat?
  @Option(
    "For a trainer without a corpus of mixpipe's: its domains, e.g. 'books=12B,web'.",
    value: "names")
  var domains: ListArgument<DomainArgument>?
  @Option(
    "What your trainer measures, separated by commas. (default: the domains)", value: "names")
  var heldOut: ListArgument<String>?
  @Option(
    "JSON of both, with paths and sizes; see 'Your own trainer'.", value: "file",
    completion: .files)
  var data: String?
  @Option(
    "Where runs are trained: local (processes on this machine), slurm, or command (any other scheduler); threads of this process where not given.",
    value: "engine")
  var engine: EngineSettings.Kind?
  @Option(
    "Jobs in the queue at once, at most. (default: \(EngineSettings.defaultJobs))", value: "count")
  var jobs: Int?
  @Option("Of the places of one array, how many may run at once.", value: "count")
  var atOnce: Int?
  @Option("What a run may take, e.g. 90s, 45m, 2h or 1-12:00:00.", value: "time")
  var time: DurationArgument?
  @Option(
    "Between asking a run to stop and ending it. (default: 60s)", value: "time")
  var grace: DurationArgument?
  @Option("Lost attempts after which a run is given up. (default: 4)", value: "count")
  var retries: Int?
  @Option(
    "Before the first retry of a run; doubled for each further one. (default: 10s)", value: "time")
  var retryPause: DurationArgument?
  @Option("Slurm's account.", value: "name")
  var account: String?
  @Option("Slurm's partition.", value: "name")
  var partition: String?
  @Option("Slurm's quality of service.", value: "name")
  var qos: String?
  @Option("Slurm's memory of a run, e.g. 16G.", value: "size")
  var memory: String?
  @Option("Processors of a run.", value: "count")
  var cpus: Int?
  @Option(
    "Any other option of sbatch, as '--slurm=--gres=gpu:1'; may be given several times.",
    value: "option")
  var slurm: [String] = []
  @Option(
    "Train so many runs at once inside one allocation, for runs below ten minutes.",
    value: "count")
  var block: Int?
  @Option("Allocations at once, with '--block'. (default: 8)", value: "count")
  var blocks: Int?
  @Option("How long an allocation waits for work, with '--block'. (default: 120s)", value: "time")
  var blockIdle: DurationArgument?
  @Option("Another scheduler's command that takes {script}; see 'Clusters'.", value: "command")
  var submit: String?
  @Option("Its command that lists the jobs that live.", value: "command")
  var alive: String?
  @Option("Its command that stops the job {id}.", value: "command")
  var cancel: String?
  @Option(
    "Between two questions to the scheduler. (default: 30s)", value: "time")
  var interval: DurationArgument?
  @Option(
    "How long a job that has ended may still be heard of. (default: 60s)", value: "time")
  var patience: DurationArgument?
  @Option(
    "This program on the machines where jobs run; the same path where not given.", value: "path")
  var program: String?
  @Flag(
    "Make one pass (collect, propose, submit) and end: with 0 when all is done, with 75 when there is more to come."
  )
  var step = false
  @Flag("Show the jobs that would be handed over now, and do nothing.")
  var dryRun = false

  func validate() throws {
    try check(
      [
        "jobs": jobs, "at-once": atOnce, "retries": retries, "cpus": cpus, "block": block,
        "blocks": blocks,
      ], atLeast: 1)
    if let trainer, trainer.allSatisfy(\.isWhitespace) {
      throw ValidationError("Found an empty '--trainer', expected a command")
    }
    if data != nil, domains != nil || heldOut != nil {
      throw ValidationError(
        "Found '--data' with '--domains' or '--held-out', expected one or the others")
    }
    let commands = [("submit", submit), ("alive", alive), ("cancel", cancel)]
    if engine != .command, let (name, _) = commands.first(where: { $0.1 != nil }) {
      throw ValidationError("Found '--\(name)' without '--engine command', expected both")
    }
    if let submit, !submit.contains("{script}") {
      throw ValidationError(
        "Found '--submit \(submit)' without {script}, expected it in the command")
    }
    if let cancel, !cancel.contains("{id}"), !cancel.contains("{name}") {
      throw ValidationError(
        "Found '--cancel \(cancel)' without {id} or {name}, expected one of them")
    }
    if let option = slurm.first(where: { !$0.hasPrefix("-") || $0.contains("\n") }) {
      throw ValidationError("Found '--slurm \(option)', expected an option such as --gres=gpu:1")
    }
  }

  /// What the flags say.
  var settings: EngineSettings {
    get throws {
      var said = EngineSettings()
      said.kind = engine
      said.trainer = trainer
      said.trainerName = trainerName
      said.blend = blend?.rawValue
      said.jobs = jobs
      said.atOnce = atOnce
      said.time = time?.seconds
      said.grace = grace?.seconds
      said.retries = retries
      said.retryPause = retryPause?.seconds
      said.account = account
      said.partition = partition
      said.qos = qos
      said.memory = memory
      said.cpus = cpus
      said.options = slurm.isEmpty ? nil : slurm
      said.block = block
      said.blocks = blocks
      said.blockIdle = blockIdle?.seconds
      said.submit = submit
      said.alive = alive
      said.cancel = cancel
      said.interval = interval?.seconds
      said.patience = patience?.seconds
      said.program = program
      if trainer != nil { said.workingFolder = FileManager.default.currentDirectoryPath }
      if let data {
        said.data = try readData { try TrainingData.read(at: data) }
      } else if let domains {
        said.data = try readData {
          try TrainingData(
            name: "--domains",
            domains: domains.elements.map { .init(name: $0.name, tokens: $0.tokens) },
            measures: (heldOut?.elements ?? []).map { .init(name: $0) })
        }
      } else if heldOut != nil {
        throw ValidationError("Found '--held-out' without '--domains', expected both")
      }
      return said
    }
  }

  private func readData(_ body: () throws -> TrainingData) throws -> TrainingData {
    do {
      return try body()
    } catch let error as ContractError {
      throw ValidationError(error.description)
    }
  }
}
