import Foundation
import ProxyModels
import Storage
import Testing

// Faults that were found once, each as a user met it, with variants. `$M` is the program and `$C` a
// corpus of generated text; each runs in a folder of its own.

extension Program {
  /// Runs lines of shell.
  static func shell(_ script: String, in folder: String) throws -> Result {
    let corpus = try MainJobOnSyntheticTextTests.corpus.get().path + "/corpus"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", prelude + script]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment
    variables.merge(["M": path, "C": corpus, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
    process.environment = variables
    let (output, errors) = (folder + "/.output", folder + "/.errors")
    for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus,
      output: String(decoding: try readFile(at: output), as: UTF8.self),
      errors: String(decoding: try readFile(at: errors), as: UTF8.self))
  }

  /// A study and a run that take a moment.
  private static let prelude = """
    ulimit -c 0
    study() { folder=$1; shift; "$M" study "$folder" --corpus "$C" --size 50k --tokens 1000 --methods sobol \
      --trials 2 --finalists 1 --confirmation-seeds 0 --workers 1 "$@"; }
    begun() { until [ -n "$(cat s/*.jsonl 2>/dev/null)" ]; do sleep 0.1; done; }
    train() { "$M" train --corpus "$C" --mixture uniform --size 50k --tokens 1000 --workers 1 -q "$@"; }

    """
}

/// One line that tells what is wrong, and nothing else.
func isOneLine(_ errors: String) -> Bool {
  errors.hasPrefix("Error: ") && errors.hasSuffix("\n")
    && errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2
}

@Suite(.serialized) struct FaultTests {
  /// The one that a folder holds.
  private static func journal(in folder: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return folder + "/" + (try #require(names.first { $0.hasSuffix(".jsonl") }))
  }

  @Test(
    "closed descriptors are not written to as if they were files",
    arguments: [">&- 2>&-", "<&- >&- 2>&-", "2>&-", "<&-"])
  func closedDescriptorsAreNotWrittenToAsIfTheyWereFiles(closed: String) throws {
    let folder = try TemporaryFolder()
    _ = try Program.shell("study s \(closed)", in: folder.path)
    let journal = try String(contentsOfFile: Self.journal(in: folder.path + "/s"), encoding: .utf8)
    #expect(
      journal.split(separator: "\n").allSatisfy { $0.hasPrefix("{\"") && $0.hasSuffix("\"}") })
    let report = try Program.shell("\"$M\" report s && study s -q --json", in: folder.path)
    #expect(report.code == 0, "\(report.errors)")
  }

  @Test(
    "what cannot be shown is an error",
    arguments: [
      ("\"$M\" corpus list \"$C\" >&-", "standard output is closed"),
      ("\"$M\" corpus list \"$C\" >/dev/full", "No space left on device"),
      ("\"$M\" study --help >/dev/full", "No space left on device"),
      ("\"$M\" --version >&-", "standard output is closed"),
    ]) func whatCannotBeShownIsAnError(script: String, expected: String) throws
  {
    let folder = try TemporaryFolder()
    let result = try Program.shell(script, in: folder.path)
    #expect(result.code == 1)
    #expect(isOneLine(result.errors) && result.errors.contains(expected), "\(result.errors)")
  }

  @Test("a reader that has seen enough ends the program in silence")
  func aReaderThatHasSeenEnoughEndsTheProgramInSilence() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      "(\"$M\" study --help; echo \"$?\" >code) | head -1 >/dev/null; cat code", in: folder.path)
    #expect(["0", "141"].contains(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  @Test("many domains are suggested for", arguments: [66, 100, 700])
  func manyDomainsAreSuggestedFor(count: Int) throws {
    let folder = try TemporaryFolder()
    for method in ["", "--method sobol"] {
      let result = try Program.shell(
        "\"$M\" suggest --domains $(seq -s, -f d%g \(count)) -n 1 \(method)", in: folder.path)
      #expect(result.code == 0, "\(result.errors)")
      let fields = result.output.split(separator: "\n").last?.split(separator: ",") ?? []
      // The first is the run's name.
      let sum = fields.dropFirst().compactMap { Double($0) }.reduce(0, +)
      #expect(abs(sum - 1) < 0.01, "\(sum)")
    }
  }

  @Test(
    "a number that is too large is a mistake of usage with its bound",
    arguments: [
      "train --corpus $C --mixture uniform --size 99999999999999999999999M",
      "train --corpus $C --mixture uniform --tokens-per-parameter 1e18",
      "train --corpus $C --mixture uniform --tokens 9223372036854775807",
      "train --corpus $C --mixture uniform --workers 99999999999",
      "train --corpus $C --mixture uniform --seed 18446744073709551615",
      "study o --corpus $C --tokens 9223372036854775807",
      "study o --corpus $C --learning-rate 1e300", "study o --corpus $C --learning-rate nan",
      "study o --corpus $C --confirmation-seeds 4294967296",
      "study o --corpus $C --sizes 50k,100k --target 100k --budget 1e300",
      "study o --corpus $C --sizes 50k,100k --target 100k --budget 1e300s",
      "study o --corpus $C --sizes 50k,100k --target 100k --budget 2 --confirmation-seeds 9223372036854775807",
      "compare o --corpus $C --trials 9223372036854775807",
      "compare o --corpus $C --optimizer-seeds 4294967296",
      "testbed o --corpus $C --sizes 50k --mixtures 2 --seeds 9223372036854775807 --replicated 1",
      "testbed o --corpus $C --sizes 50k --mixtures 2 --held-out-tokens 9223372036854775807",
      "replay t.csv --methods random --splits 1000000000000 --predict 5",
      "replay t.csv --methods random --seeds 4294967296", "suggest --domains a,b -n 4294967296",
      "bench --rounds 99999999999999999999", "transfer o --seeds 1000000000000000000",
    ]) func aNumberThatIsTooLargeIsAMistakeOfUsageWithItsBound(words: String) throws
  {
    let folder = try TemporaryFolder()
    let result = try Program.shell("\"$M\" \(words) -q", in: folder.path)
    #expect(result.code == 64, "\(result.errors)")
    #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
  }

  @Test("numbers in a journal are checked before they are used")
  func numbersInAJournalAreCheckedBeforeTheyAreUsed() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      study s -q >/dev/null
      sed -i 's/"seconds":[0-9.e-]*/"seconds":1e300/' s/*.jsonl
      "$M" report s; echo "$?"; study s -q; echo "$?"
      """, in: folder.path)
    #expect(result.output.split(separator: "\n").suffix(2).map(String.init) == ["1", "1"])
    #expect(
      result.errors.split(separator: "\n").allSatisfy {
        $0.contains("is damaged (its checksum does not match)")
      }, "\(result.errors)")
    // Where there are no checksums, as in older journals, the number itself must do no harm.
    let older = try Program.shell(
      """
      sed -i 's/,"crc32c":"[0-9a-f]*"//' s/*.jsonl
      "$M" report s >/dev/null; echo "$?"
      """, in: folder.path)
    #expect(["0\n", "1\n"].contains(older.output), "\(older.output) \(older.errors)")
  }

  @Test(
    "what has no end is refused at once",
    arguments: [
      ("mkfifo p.csv; \"$M\" suggest --observations p.csv -n 1", "no regular file"),
      (
        "cp -r \"$C\" c; rm c/corpus.json; mkfifo c/corpus.json; \"$M\" corpus list c",
        "no regular file"
      ),
      ("ulimit -v 4000000; \"$M\" suggest --observations /dev/zero -n 1", "no regular file"),
      ("\"$M\" suggest --observations . -n 1", "found a folder"),
    ]) func whatHasNoEndIsRefusedAtOnce(script: String, expected: String) throws
  {
    let folder = try TemporaryFolder()
    let result = try Program.shell("exec timeout 60 sh -c '\(script)'", in: folder.path)
    #expect(result.code == 1, "\(result.code) \(result.errors)")
    #expect(isOneLine(result.errors) && result.errors.contains(expected), "\(result.errors)")
  }

  @Test("a pipe that somebody writes to is read") func aPipeThatSomebodyWritesToIsRead() throws {
    let folder = try TemporaryFolder()
    let table =
      "run,weight_a,weight_b,loss_a,loss_b\n"
      + (0..<6).map { "\($0),0.\($0 + 2),0.\(8 - $0),3.\($0),3.\(9 - $0)\n" }.joined()
    try replaceFile(at: folder.path + "/t.csv", with: Data(table.utf8))
    let result = try Program.shell(
      "cat t.csv | \"$M\" suggest --observations /dev/fd/3 3<&0 -n 1", in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test("a verb that keeps nothing ends at once", arguments: [("TERM", "143"), ("HUP", "129")])
  func aVerbThatKeepsNothingEndsAtOnce(signal: String, expected: String) throws {
    let folder = try TemporaryFolder()
    // Both ends are open, so that it waits for what is never written.
    let result = try Program.shell(
      """
      mkfifo p; exec 3<>p
      "$M" suggest --observations p -n 1 & program=$!
      sleep 2; kill -\(signal) $program; wait $program; echo "$?"
      """, in: folder.path)
    #expect(result.output.contains(expected), "\(result.output) \(result.errors)")
  }

  @Test("a study stops soon after a signal and goes on later")
  func aStudyStopsSoonAfterASignalAndGoesOnLater() throws {
    let folder = try TemporaryFolder()
    let long = "--trials 40 --tokens 100000"
    let result = try Program.shell(
      """
      study s \(long) -q & program=$!
      begun; sleep 0.5
      kill -TERM $program; wait $program; echo "$?"
      """, in: folder.path)
    #expect(result.output.contains("143"), "\(result.output) \(result.errors)")
    #expect(try LineJournal.lines(at: Self.journal(in: folder.path + "/s")).count > 1)
  }

  @Test("a second study in the same folder is refused whatever is removed from it")
  func aSecondStudyInTheSameFolderIsRefusedWhateverIsRemovedFromIt() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      "$M" study s --corpus "$C" --size 50k --methods sobol --finalists 1 --confirmation-seeds 0 \
        --workers 1 --trials 12 --tokens 50000 -q >/dev/null 2>&1 & program=$!
      begun
      rm -f s/lock; study s --trials 12 --tokens 50000 -q; echo "$?"; kill $program; wait $program
      "$M" report s >/dev/null 2>&1; study s --trials 12 --tokens 50000 -q >/dev/null; echo "$?"
      """, in: folder.path)
    #expect(
      result.output.split(separator: "\n").map(String.init) == ["1", "0"], "\(result.errors)")
    #expect(result.errors.contains("is at work here"), "\(result.errors)")
  }

  @Test(
    "a folder that vanishes while a study runs is an error",
    arguments: ["rm -rf s", "mv s t", "rm s/*.jsonl", "mv s t; mkdir s"])
  func aFolderThatVanishesWhileAStudyRunsIsAnError(how: String) throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      study s --trials 30 --tokens 30000 -q & program=$!
      begun
      \(how); wait $program; echo "$?"
      """, in: folder.path)
    #expect(result.output.hasSuffix("1\n"), "\(result.output) \(result.errors)")
    #expect(result.errors.contains("Error: ") && result.errors.contains("s"), "\(result.errors)")
    #expect(!result.output.contains("The study is in"))
  }

  @Test("a limit on the size of files is an error with a hint")
  func aLimitOnTheSizeOfFilesIsAnErrorWithAHint() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell("ulimit -f 2; study s --trials 9 -q", in: folder.path)
    #expect(result.code == 1)
    #expect(
      isOneLine(result.errors) && result.errors.contains("ulimit -f"), "\(result.errors)")
    let again = try Program.shell("study s --trials 9 -q", in: folder.path)
    #expect(again.code == 0, "\(again.errors)")
  }

  @Test("a shard that is cut short meanwhile is named") func aShardThatIsCutShortMeanwhileIsNamed()
    throws
  {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      cp -r "$C" c
      "$M" train --corpus c --mixture uniform --size 50k --tokens 3000000 --workers 1 -q --output r & program=$!
      sleep 2; for shard in c/*.training.tokens; do truncate -s 100 "$shard"; done; wait $program; echo "$?"
      """, in: folder.path)
    #expect(result.output.hasSuffix("1\n"), "\(result.output) \(result.errors)")
    #expect(
      isOneLine(result.errors) && result.errors.contains("was cut short")
        || result.errors.contains("expected"), "\(result.errors)")
  }

  @Test("too little memory is said before the work") func tooLittleMemoryIsSaidBeforeTheWork()
    throws
  {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      "ulimit -v 150000; exec timeout -s KILL 60 \"$M\" study s --corpus \"$C\" --workers 4 -q",
      in: folder.path)
    #expect(result.code == 1)
    #expect(
      isOneLine(result.errors) && result.errors.contains("fewer '--workers'"), "\(result.errors)")
  }

  @Test("an output that is no plain file is written to or refused never replaced")
  func anOutputThatIsNoPlainFileIsWrittenToOrRefusedNeverReplaced() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      : >target; ln -s target link; mkfifo pipe; ln -s /dev/null null
      for output in null link pipe /dev/null; do
        "$M" suggest --domains a,b -n 1 -o $output >/dev/null; echo "$?"
      done
      test -L null && test -L link && test -p pipe && test -c /dev/null && grep -c weight target
      """, in: folder.path)
    #expect(
      result.output.split(separator: "\n").map(String.init) == ["0", "0", "1", "0", "1"],
      "\(result.output) \(result.errors)")
    let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("Error:") }
    #expect(errors.count == 1 && errors[0].contains("nobody reads"), "\(result.errors)")
  }

  @Test("what stands in a file cannot steer the terminal")
  func whatStandsInAFileCannotSteerTheTerminal() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      #"""
      printf 'weight_a,weight_b,loss_a\n0.5,0.5,\033[2J\033]0;title\007\n' >r.csv
      "$M" suggest --observations r.csv -n 1
      printf 'weight_a,weight_b,loss_a\n0.5,0.5,"3\nError: second line\n4"\n' >r.csv
      "$M" suggest --observations r.csv -n 1
      """#, in: folder.path)
    #expect(result.errors.split(separator: "\n").count == 2, "\(result.errors)")
    #expect(
      !result.errors.unicodeScalars.contains { $0.value < 32 && $0 != "\n" }, "\(result.errors)")
  }
}

extension FaultTests {
  @Test("a replay does not replace the report of a study")
  func aReplayDoesNotReplaceTheReportOfAStudy() throws {
    let folder = try TemporaryFolder()
    let table =
      "run,weight_a,weight_b,loss_a,loss_b\n"
      + (10..<20).map { "\($0),0.\($0 + 20),0.\(80 - $0),3.\($0),3.\(50 - $0)\n" }.joined()
    try replaceFile(at: folder.path + "/t.csv", with: Data(table.utf8))
    let result = try Program.shell(
      """
      study s -q >/dev/null; "$M" report s >/dev/null; cp s/report.md before
      "$M" replay t.csv --methods random --seeds 1 --budget 3 --initial 2 --output s -q; echo "$?"
      cmp s/report.md before && echo same; "$M" sweep --help | grep -c 'default: uniform'
      """, in: folder.path)
    #expect(result.output == "1\nsame\n1\n", "\(result.output)")
    #expect(isOneLine(result.errors) && result.errors.contains("other work"), "\(result.errors)")
  }

  @Test("lines of JSON that each have names of their own are refused before memory is gone")
  func linesOfJSONThatEachHaveNamesOfTheirOwnAreRefused() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<12_000).map {
      "{\"run\":\($0),\"weight_a\":0.5,\"weight_b\":0.5,\"loss_a\":3,\"k\($0)\":1}\n"
    }
    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: folder.path + "/j.jsonl"))
    let result = try Program.shell("\"$M\" suggest --observations j.jsonl -n 1", in: folder.path)
    #expect(result.code == 1)
    #expect(
      isOneLine(result.errors) && result.errors.contains("different names"), "\(result.errors)")
  }

  @Test("a loss that no square can hold is told by its row and column")
  func aLossThatNoSquareCanHoldIsToldByItsRowAndColumn() throws {
    let folder = try TemporaryFolder()
    let rows = (1...12).map { run in
      let share = Double(run) / 13
      return "\(run),\(share),\(1 - share),\(run == 5 ? "1e300" : "3.\(run)")"
    }
    let text = "run,weight_a,weight_b,loss_a\n" + rows.joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/t.csv"))
    for command in [
      "suggest --observations t.csv", "replay t.csv --methods random --landscape law",
    ] {
      let result = try Program.shell("\"$M\" \(command)", in: folder.path)
      #expect(result.code == 1)
      #expect(
        isOneLine(result.errors) && result.errors.contains("line 6")
          && result.errors.contains("'loss_a'"), "\(result.errors)")
    }
  }

  @Test("a checkpoint of another run is told by what differs")
  func aCheckpointOfAnotherRunIsToldByWhatDiffers() {
    let error = CheckpointError.mismatch(
      path: "o/checkpoint.safetensors", what: "configuration",
      expected: #"{"seed":1,"size":{"layers":2},"steps":59,"warmupSteps":55}"#,
      found: #"{"seed":2,"size":{"layers":2},"steps":59}"#)
    #expect(
      "\(error)" == "o/checkpoint.safetensors: of another run: expected configuration with seed 1, "
        + "warmupSteps 55, found seed 2, warmupSteps nothing; remove the file to start the run anew"
    )
    let plain = CheckpointError.mismatch(path: "o", what: "corpus", expected: "a", found: "b")
    #expect("\(plain)".hasPrefix("o: of another run: expected corpus a, found b;"))
  }
}
