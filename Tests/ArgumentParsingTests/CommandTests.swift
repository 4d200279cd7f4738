import ArgumentParsing
import Testing

@Suite struct CommandLineTests {
  func execute(
    _ words: [String], width: Int = 80
  ) -> (output: String, errors: String, code: Int32) {
    var output = ""
    var errors = ""
    let code = Mixpipe.execute(
      words, width: width, output: { output += $0 }, errors: { errors += $0 })
    return (output, errors, code)
  }

  func parse<C: Command>(_ type: C.Type, _ words: String...) throws -> C {
    guard case .command(let command) = try C.parse(words) else {
      throw ValidationError("no command")
    }
    return try #require(command as? C)
  }

  func complaint<C: Command>(_ type: C.Type, _ words: String...) -> String? {
    do throws(UsageError) {
      _ = try C.parse(words)
      return nil
    } catch {
      return error.message
    }
  }

  @Test("looks as Apple's parser does", arguments: goldenScreens)
  func looksAsApplesParserDoes(screen: GoldenScreen) {
    let words = screen.command.split(separator: " ").dropFirst().map(String.init)
    let found = execute(words)
    #expect(found.output == screen.output)
    #expect(found.errors == screen.errors)
    #expect(found.code == screen.exitCode)
  }

  @Test("values come from words in every customary form")
  func valuesComeFromWordsInEveryCustomaryForm() throws {
    for words in [
      ["-m", "a=0.5,b=0.5", "--steps", "7", "-q"], ["-ma=0.5,b=0.5", "--steps=7", "--quiet"],
      ["-qm", "a=0.5,b=0.5", "--steps=+7"], ["-qma=0.5,b=0.5", "--steps", "7", "--checkpoint"],
      ["--mixture=a=0.5,b=0.5", "-q", "--steps", "3", "--steps", "7"],
    ] {
      guard case .command(let command) = try Train.parse(words) else { fatalError("\(words)") }
      let train = try #require(command as? Train)
      #expect(train.mixture.values == [0.5, 0.5], "\(words)")
      #expect(train.steps == 7 && train.seed == 0 && train.checkpoint && train.quiet, "\(words)")
    }
    #expect(try !parse(Train.self, "-m", "a=1", "--no-checkpoint").checkpoint)
    #expect(try parse(Train.self, "-m", "a=1", "--no-checkpoint", "--checkpoint").checkpoint)
  }

  @Test("a negative number is a value and what follows two dashes is no option")
  func aNegativeNumberIsAValueAndWhatFollowsTwoDashesIsNoOption() throws {
    #expect(try parse(Probe.self, "-5").number == -5)
    #expect(try parse(Probe.self, "--stop-after", "-5").training.stopAfter == -5)
    #expect(try parse(Study.self, "--", "--trials").folder == "--trials")
    #expect(try parse(Study.self, "-").folder == "-")
    #expect(try parse(Corpus.Build.self, "--domain=--x", "--", "-1", "2").rest == [-1, 2])
    #expect(
      complaint(Study.self, "f", "--method", "--trials") == "Missing value for '--method <method>'")
  }

  @Test("repeated options make an array and replace its default")
  func repeatedOptionsMakeAnArrayAndReplaceItsDefault() throws {
    let build = try parse(
      Corpus.Build.self, "--domain", "a=x", "1", "--domain=b=y", "2.5", "--text-key", "")
    #expect(build.domain == ["a=x", "b=y"] && build.rest == [1, 2.5] && build.textKey == "")
    #expect(try parse(Probe.self).size == ["50k", "100k"])
    #expect(try parse(Probe.self, "--size", "1M").size == ["1M"])
    #expect(complaint(Corpus.Build.self) == "Missing expected argument '--domain <name=path>'")
  }

  @Test("what is not given is nil") func whatIsNotGivenIsNil() throws {
    let probe = try parse(Probe.self)
    #expect(probe.output == nil && probe.colour == nil && probe.number == nil && !probe.look)
    #expect(try parse(Probe.self, "--no-colour").colour == false)
    #expect(try parse(Probe.self, "-lo", "x").output == "x")
  }

  @Test("two parses do not share values") func twoParsesDoNotShareValues() throws {
    let first = try parse(Train.self, "-m", "a=1", "--steps", "1")
    let second = try parse(Train.self, "-m", "a=1", "--steps", "2")
    #expect(first.steps == 1 && second.steps == 2)
  }

  @Test("a value says itself what is wrong with it") func aValueSaysItselfWhatIsWrongWithIt() {
    let found = execute(["train", "--mixture", "books=0.5"])
    #expect(found.code == 64)
    #expect(
      found.errors.hasPrefix(
        """
        Error: The value 'books=0.5' is invalid for '--mixture <weights>': the weights sum to 0.5, expected 1
        Help:  --mixture <weights>  Domain weights, e.g. 'books=0.3,code=0.7'.
        Usage: mixpipe train --mixture
        """))
  }

  @Test("validation fails with usage and group validation too")
  func validationFailsWithUsageAndGroupValidationToo() {
    let found = execute(["study", "f", "--trials", "0"])
    #expect(found.code == 64)
    #expect(
      found.errors.hasPrefix(
        "Error: found 0 trials, expected at least 1\nUsage: mixpipe study <folder>"))
    #expect(
      complaint(Probe.self, "--learning-rate", "-1") == "found a rate of -1.0, expected more than 0"
    )
  }

  @Test("names that are nearly right are suggested") func namesThatAreNearlyRightAreSuggested() {
    #expect(
      complaint(Mixpipe.self, "corpus", "lst") == "Unexpected argument 'lst'. Did you mean 'list'?")
    #expect(complaint(Mixpipe.self, "xyzzyx") == "Unexpected argument 'xyzzyx'")
    #expect(complaint(Mixpipe.self, "--versio") == "Unknown option '--versio'")
    #expect(
      complaint(Train.self, "-ma=1", "--no-checkpont")
        == "Unknown option '--no-checkpont'. Did you mean '--no-checkpoint'?")
    #expect(complaint(Train.self, "-ma=1", "--zzzzzzzz") == "Unknown option '--zzzzzzzz'")
    #expect(complaint(Train.self, "-ma=1", "-z") == "Unknown option '-z'")
    #expect(complaint(Train.self, "-ma=1", "x", "y") == "2 unexpected arguments: 'x', 'y'")
    #expect(
      complaint(Train.self, "-ma=1", "-q=1")
        == "The option '-q' does not take any value, but '1' was specified.")
  }

  @Test("help is reached by four ways") func helpIsReachedByFourWays() throws {
    let screen = execute(["corpus", "build", "--help"]).output
    #expect(execute(["help", "corpus", "build"]).output == screen)
    #expect(execute(["corpus", "help", "build"]).output == screen)
    #expect(execute(["corpus", "build", "--nonsense", "-h"]).output == screen)
    #expect(
      screen == """
        OVERVIEW: Build a corpus.

        USAGE: mixpipe corpus build --domain <name=path> ... [--text-key <text-key>] [<rest> ...]

        ARGUMENTS:
          <rest> ...              More.

        OPTIONS:
          --domain <name=path> ...
                                  A domain's files.
          --text-key <text-key>   Key of the text. (default: text)
          --version               Show the version.
          -h, --help              Show help information.


        """)
    #expect(
      execute(["corpus"]).output.hasSuffix(
        "\n  See 'mixpipe help corpus <subcommand>' for detailed help.\n"))
    #expect(execute(["help", "trian"]).code == 64)
    #expect(execute(["corpus", "list", "--version"]).output == "0.1.0\n")
  }

  @Test("groups have sections and hidden options are not shown")
  func groupsHaveSectionsAndHiddenOptionsAreNotShown() {
    let screen = execute(["help", "probe"]).output
    #expect(screen.contains("\n\nTRAINING OPTIONS:\n  --learning-rate <learning-rate>\n"))
    #expect(screen.contains("Base learning rate. (default: 0.01)"))
    #expect(screen.contains("Sizes. (default: 50k, 100k)"))
    #expect(screen.contains("  --colour/--no-colour    Colour, or what"))
    #expect(!screen.contains("stop-after"))
    #expect(!execute([]).output.contains("probe"))
  }

  @Test("no line of help is wider than the terminal", arguments: [48, 60, 80, 120])
  func noLineOfHelpIsWiderThanTheTerminal(width: Int) {
    for name in ["train", "study", "transfer"] {
      let lines = execute([name, "--help"], width: width).output.split(separator: "\n")
      for line in lines where !line.hasPrefix("USAGE") && line.count > width {
        #expect(!line.trimmingPrefix { $0 == " " }.contains(" "), "\(line)")
      }
    }
  }

  @Test("a command may choose its exit code") func aCommandMayChooseItsExitCode() {
    let found = execute(["transfer"])
    #expect(found.code == 130 && found.output.isEmpty && found.errors.isEmpty)
  }

  @Test(
    "scripts of completions know commands options and values", arguments: ["bash", "zsh", "fish"])
  func scriptsOfCompletionsKnowCommandsOptionsAndValues(shell: String) {
    let script = execute(["--generate-completion-script", shell]).output
    #expect(execute(["--generate-completion-script=\(shell)"]).output == script)
    for word in ["train", "study", "steps", "no-checkpoint", "bo", "bimix"] {
      #expect(script.contains(word))
    }
    #expect(!script.contains("probe") && !script.contains("stop-after"))
  }

  @Test("an unknown shell is refused") func anUnknownShellIsRefused() {
    #expect(
      complaint(Mixpipe.self, "--generate-completion-script", "tcsh")
        == "The value 'tcsh' is invalid for '--generate-completion-script <shell>'. "
        + "Please provide one of 'bash', 'zsh' or 'fish'.")
  }

  #if os(Linux) || os(macOS)
    @Test("bash completes with its script") func bashCompletesWithItsScript() throws {
      let script = execute(["--generate-completion-script", "bash"]).output
      func completions(_ words: String...) throws -> [String] {
        let line = (["mixpipe"] + words).map { "'\($0)'" }.joined(separator: " ")
        let output = try shell(
          script
            + "\nCOMP_WORDS=(\(line)); COMP_CWORD=\(words.count); _mixpipe; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        return output.split(separator: "\n").map(String.init)
      }
      #expect(try completions("tra") == ["train", "transfer"])
      #expect(try completions("train", "--ch") == ["--checkpoint"])
      #expect(try completions("study", "runs", "--method", "b") == ["bo", "bimix"])
      #expect(try completions("study", "train", "--t") == ["--trials"])
    }
  #endif
}

@Suite struct ManualPageTests {
  private func output(_ words: String...) -> String {
    var output = ""
    _ = Mixpipe.execute(words, output: { output += $0 }, errors: { output += "error: \($0)" })
    return output
  }

  @Test("every command has a page that names all its options")
  func everyCommandHasAPageThatNamesAllItsOptions() {
    let names = output("--generate-manual").split(separator: "\n").map(String.init)
    #expect(names.first == "mixpipe" && names.count > 3 && Set(names).count == names.count)
    for name in names {
      let page = output("--generate-manual", name)
      #expect(page.hasPrefix(".TH \"\(name.uppercased())\" 1 "), "\(page.prefix(80))")
      #expect(page.contains("\n.SH NAME\n\(name.replacing("-", with: "\\-")) \\- "))
      let words = name.split(separator: "-").dropFirst().map(String.init)
      var help = ""
      _ = Mixpipe.execute(words + ["--help"], output: { help += $0 }, errors: { _ in })
      for option in help.matches(of: /--[a-z-]+/).map({ String($0.output) }) {
        #expect(page.contains(option.replacing("-", with: "\\-")), "\(option) in \(name)")
      }
      // A line that begins with a point is an order to the formatter.
      for line in page.split(separator: "\n") where line.hasPrefix(".") {
        #expect(line.contains(/^\.(TH|SH|TP|PP|B|RS|RE|nf|fi)\b/), "\(line)")
      }
    }
  }

  @Test("a page that is not there is a mistake of usage")
  func aPageThatIsNotThereIsAMistakeOfUsage() {
    #expect(output("--generate-manual", "mixpipe-none").contains("Found no page 'mixpipe-none'"))
  }
}
