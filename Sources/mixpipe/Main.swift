import ArgumentParsing
import ProxyModels
import Storage

@main
struct Mixpipe: Command {
  static let commandName = "mixpipe"
  static let abstract =
    "Find the training-data mixture for a language model with small, cheap runs."
  static let discussion = """
    Trains small proxy models on mixtures of text domains, searches the simplex of mixture weights \
    with Bayesian optimization, checks the winner at larger sizes, and says how sure it is.

    Start with 'mixpipe corpus build corpora/five.json', then 'mixpipe study'.
    """
  static let version = "0.1.0"
  static let subcommands: [any Command.Type] = [
    CorpusCommand.self, TrainCommand.self, StudyCommand.self, CompareCommand.self,
    TransferCommand.self, ExportCommand.self, ReportCommand.self, PredictCommand.self,
    ForecastCommand.self, WatchCommand.self, ReplayCommand.self, SuggestCommand.self,
    AskCommand.self, TellCommand.self, SweepCommand.self, TestbedCommand.self, RunCommand.self,
    StatusCommand.self, CancelCommand.self, MethodsCommand.self, BenchmarkCommand.self,
    BenchCommand.self,
  ]

  static func main() {
    openClosedDescriptors()
    restartWithTunedBLAS()
    reportCutFiles()
    Interruption.listen()
    refuseWithoutMemory()
    (Mixpipe.self as any Command.Type).main()
  }
}
