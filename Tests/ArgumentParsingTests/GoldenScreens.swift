import Testing

// What swift-argument-parser 1.8.2 prints for a tool of this shape at 80 columns, exit codes with it;
// recorded from that parser. One screen differs on purpose: a mistyped subcommand is told what is near.

struct GoldenScreen: Sendable, CustomTestStringConvertible {
  let command: String
  let output: String
  let errors: String
  let exitCode: Int32

  var testDescription: String { "$ \(command)" }
}

let goldenScreens: [GoldenScreen] = [
  GoldenScreen(
    command: "mixpipe --help",
    output: """
      OVERVIEW: Optimize language-model data mixtures.

      Trains small proxy models on mixtures of text domains and searches the simplex
      of mixture weights with Bayesian optimization.

      USAGE: mixpipe <subcommand>

      OPTIONS:
        --version               Show the version.
        -h, --help              Show help information.

      SUBCOMMANDS:
        train                   Train one proxy model on one mixture.
        study                   Run a study of many trials.
        transfer                Check whether mixtures keep their rank across model
                                sizes.
        report                  Render a study as tables and figures.

        See 'mixpipe help <subcommand>' for detailed help.

      """,
    errors: "",
    exitCode: 0),
  GoldenScreen(
    command: "mixpipe train --help",
    output: """
      OVERVIEW: Train one proxy model on one mixture.

      USAGE: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]

      OPTIONS:
        -m, --mixture <weights> Domain weights, e.g. 'books=0.3,code=0.7'.
        --steps <steps>         Training steps. (default: 500)
        --seed <seed>           Seed of the random generator. (default: 0)
        --checkpoint/--no-checkpoint
                                Write a checkpoint after the last step. (default:
                                --checkpoint)
        -q, --quiet             Print only the final losses.
        --version               Show the version.
        -h, --help              Show help information.


      """,
    errors: "",
    exitCode: 0),
  GoldenScreen(
    command: "mixpipe study --help",
    output: """
      OVERVIEW: Run a study of many trials.

      USAGE: mixpipe study <folder> [--method <method>] [--trials <trials>]

      ARGUMENTS:
        <folder>                Folder that holds the study.

      OPTIONS:
        --method <method>       How the next mixture is chosen. (values: bo, sobol,
                                uniform, bimix; default: bo)
        --trials <trials>       Number of trials. (default: 64)
        --version               Show the version.
        -h, --help              Show help information.


      """,
    errors: "",
    exitCode: 0),
  GoldenScreen(
    command: "mixpipe --version",
    output: """
      0.1.0

      """,
    errors: "",
    exitCode: 0),
  GoldenScreen(
    command: "mixpipe train",
    output: "",
    errors: """
      Error: Missing expected argument '--mixture <weights>'
      Help:  --mixture <weights>  Domain weights, e.g. 'books=0.3,code=0.7'.
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe train --mixture",
    output: "",
    errors: """
      Error: Missing value for '--mixture <weights>'
      Help:  --mixture <weights>  Domain weights, e.g. 'books=0.3,code=0.7'.
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe train --mixture a=1 --steps abc",
    output: "",
    errors: """
      Error: The value 'abc' is invalid for '--steps <steps>'
      Help:  --steps <steps>  Training steps.
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe train --mixture a=1 extra",
    output: "",
    errors: """
      Error: Unexpected argument 'extra'
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe study runs/a --method bx",
    output: "",
    errors: """
      Error: The value 'bx' is invalid for '--method <method>'. Please provide one of 'bo', 'sobol', 'uniform' or 'bimix'.
      Help:  --method <method>  How the next mixture is chosen.
      Usage: mixpipe study <folder> [--method <method>] [--trials <trials>]
        See 'mixpipe study --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe study runs/a",
    output: "",
    errors: """
      Error: runs/a: no such study

      """,
    exitCode: 1),
  GoldenScreen(
    command: "mixpipe train --mixture a=1 --step 3",
    output: "",
    errors: """
      Error: Unknown option '--step'. Did you mean '--steps'?
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe train --mixture a=1 --no-checkpoint=yes",
    output: "",
    errors: """
      Error: The option '--no-checkpoint' does not take any value, but 'yes' was specified.
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe stdy",
    output: "",
    errors: """
      Error: Unexpected argument 'stdy'. Did you mean 'study'?
      Usage: mixpipe <subcommand>
        See 'mixpipe --help' for more information.

      """,
    exitCode: 64),
  GoldenScreen(
    command: "mixpipe train --mixtur a=1",
    output: "",
    errors: """
      Error: Missing expected argument '--mixture <weights>'
      Help:  --mixture <weights>  Domain weights, e.g. 'books=0.3,code=0.7'.
      Usage: mixpipe train --mixture <weights> [--steps <steps>] [--seed <seed>] [--checkpoint] [--no-checkpoint] [--quiet]
        See 'mixpipe train --help' for more information.

      """,
    exitCode: 64),
]
