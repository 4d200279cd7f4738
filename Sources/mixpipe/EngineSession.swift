import ArgumentParsing
import Corpora
import Engines
import Foundation
import MixtureExports
import Mixtures
import ProxyModels
import Runs
import Storage

/// What a command's runs are trained by and where, from its flags and from what the folder remembers.
struct EngineSession {
  let folder: String
  /// Of this command, with what the folder holds.
  var settings: EngineSettings
  let isOneStep: Bool
  let isDryRun: Bool
  private let workers: Int

  /// - Parameter remembering: folder whose engine counts where nothing else is said, if not its own.
  init(
    _ options: EngineOptions, folder: String, workers: Int, remembering other: String? = nil
  ) throws {
    self.folder = folder
    self.workers = workers
    isOneStep = options.step
    isDryRun = options.dryRun
    let stored =
      try EngineSettings.stored(in: folder) ?? other.flatMap { try EngineSettings.stored(in: $0) }
    settings = try options.settings.overriding(stored)
    // Threads of this process would end with it.
    if settings.kind == nil, settings.trainer != nil || isOneStep { settings.kind = .local }
    if settings.kind == .command,
      settings.submit == nil || settings.alive == nil
        || settings.cancel == nil
    {
      throw ValidationError(
        "Found '--engine command' without '--submit', '--alive' and '--cancel', expected all three")
    }
    if settings.block != nil, settings.kind == .local {
      throw ValidationError("Found '--block' with the local engine, expected '--engine slurm'")
    }
    if isByJobs { named() }
  }

  /// Whether runs are attempts with folders of their own, rather than threads of this process.
  var isByJobs: Bool { settings.kind != nil }

  /// What trains: the user's command, or the built-in trainer as `builtIn` makes it of a corpus.
  ///
  /// - Parameters:
  ///   - said: the corpus that was asked for, now or when the folder was begun; nil where nobody did.
  ///   - fallback: that of the built-in trainer then.
  mutating func trainer(
    corpus said: String?, fallback: String, builtIn: (Corpus) throws -> ProxyEvaluator
  ) throws -> TrainerChoice {
    guard let name = settings.identity else {
      let evaluator = try builtIn(try openCorpus(at: said ?? fallback))
      settings.data = evaluator.corpus.trainingData
      return .builtIn(evaluator)
    }
    let data = try ownData(corpus: said)
    settings.data = data
    // What its format cannot say is said before anything is made.
    _ = try blend(data)
    return .own(data, name: name)
  }

  private func ownData(corpus said: String?) throws -> TrainingData {
    // Of a folder that goes on: the corpus is named as the data is.
    if let data = settings.data, said == nil || said == data.name || data.corpus == nil {
      return data
    }
    guard let said else {
      throw ValidationError(
        "Found '--trainer' without domains, expected '--domains books,web,…', '--data FILE' or '--corpus FOLDER'"
      )
    }
    return try openCorpus(at: said).trainingData
  }

  /// The evaluator of all runs, and what to do once its driver has ended.
  func evaluator(
    _ trainer: TrainerChoice
  ) throws -> (evaluator: any Evaluator, close: () -> Void) {
    guard let kind = settings.kind, let data = settings.data else {
      guard case .builtIn(let proxy) = trainer else {
        preconditionFailure("a trainer without data")
      }
      return (
        LocalEvaluator(proxy, workers: workers, isCancelled: { Interruption.isRequested }), {}
      )
    }
    let program = settings.program ?? Self.ownPath
    let evaluator = JobEvaluator(
      folder: absolute(folder), settings: settings, data: data.absolute,
      scheduler: scheduler(kind, program: program), capacity: capacity, blend: try blend(data),
      program: program)
    return (evaluator, { evaluator.close() })
  }

  /// What runs cost: measured in a moment where they are threads of this process, by their size elsewhere.
  func price(_ scales: [Scale], by trainer: TrainerChoice, isSilent: Bool) throws -> RunPrice {
    guard !isByJobs, !isSilent, let evaluator = trainer.builtIn else { return .bySize }
    return try evaluator.price(of: scales.map { ($0.size, $0.tokens) }, workers: workers)
  }

  /// What an attempt would be handed over as, for a look.
  func script() -> JobScript { JobScript(settings, program: settings.program ?? Self.ownPath) }

  var capacity: Int {
    settings.kind == .local || settings.kind == nil
      ? workers : settings.jobs ?? EngineSettings.defaultJobs
  }

  var retries: RetryPolicy {
    RetryPolicy(limit: settings.retries ?? 4, pause: settings.retryPause ?? 10)
  }

  func scheduler(_ kind: EngineSettings.Kind, program: String) -> any Scheduler {
    let interval = settings.interval ?? 30
    let patience = settings.patience ?? 60
    let script = JobScript(settings, program: program)
    switch kind {
    case .local: return LocalScheduler(program: program)
    case .slurm:
      return CommandScheduler(.slurm, script: script, interval: interval, patience: patience)
    case .command:
      return CommandScheduler(
        SchedulerCommands(
          submit: settings.submit ?? "", alive: settings.alive ?? "", cancel: settings.cancel ?? ""),
        script: script, interval: interval, patience: patience)
    }
  }

  /// The mixture's file; nil for the built-in trainer, which reads the request.
  private func blend(_ data: TrainingData) throws -> BlendFile? {
    guard settings.trainer != nil else { return nil }
    let file = BlendFile(
      format: settings.blend.flatMap { ExportFormat(rawValue: $0) } ?? .json, data: data.absolute)
    do {
      // What the format needs to know of a domain is said before anything runs.
      _ = try file.text(.uniform(over: data.domains.map(\.name)), tokens: 1)
    } catch {
      throw ValidationError("\(error)")
    }
    return file
  }

  /// To be called by whoever holds the folder.
  func store() throws {
    guard isByJobs else { return }
    try settings.store(in: folder)
  }

  /// With an id of its own, so that its jobs are told from all others in a queue.
  private mutating func named() {
    if settings.id == nil { settings.id = "mix" + UUID().uuidString.prefix(8).lowercased() }
    if settings.workingFolder == nil {
      settings.workingFolder = FileManager.default.currentDirectoryPath
    }
  }

  static let ownPath: String = {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
  }()
}

/// Jobs work elsewhere.
func absolute(_ path: String) -> String {
  guard !path.hasPrefix("/") else { return path }
  let here = FileManager.default.currentDirectoryPath
  return path == "." ? here : (here == "/" ? "" : here) + "/" + path
}

extension Corpus {
  /// As a trainer of the user's is told of it.
  var trainingData: TrainingData {
    TrainingData(
      corpus: folder, digest: digest,
      domains: trainingDomains.map { domain in
        let part = domain.summary.training
        return .init(
          name: domain.name, tokens: domain.training.map { Double($0.count) },
          documentTokens: part.documents > 0 ? Double(part.tokens) / Double(part.documents) : nil)
      }, heldOut: domains.map(\.name))
  }
}

extension TrainingData {
  var absolute: TrainingData {
    var data = self
    data.corpus = corpus.map { mixpipe.absolute($0) }
    return data
  }
}
