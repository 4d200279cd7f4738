import ArgumentParsing
import ProxyModels

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
    TransferCommand.self, ReportCommand.self, ReplayCommand.self, SuggestCommand.self,
    ForecastCommand.self,
    SweepCommand.self, TestbedCommand.self, BenchCommand.self,
  ]

  static func main() {
    restartWithTunedBLAS()
    Interruption.listen()
    (Mixpipe.self as any Command.Type).main()
  }
}
