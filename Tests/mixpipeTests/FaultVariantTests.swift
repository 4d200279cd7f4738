import Foundation
import ProxyModels
import Storage
import Testing

/// Variants of the faults of ``FaultTests``, found by looking for more of each kind.
@Suite("Variants of faults that were found", .serialized) struct FaultVariantTests {
  @Test("a checkpoint's difference is told by the member inside an object")
  func aCheckpointsDifferenceIsToldByTheMemberInsideAnObject() {
    let error = CheckpointError.mismatch(
      path: "c", what: "configuration",
      expected: #"{"rungs":[1,2],"size":{"layers":2,"width":32}}"#,
      found: #"{"rungs":[1,3],"size":{"width":64,"layers":2}}"#)
    #expect(
      "\(error)".hasPrefix(
        "c: of another run: expected configuration with rungs[1] 2, size.width 32, found rungs[1] 3, "
          + "size.width 64;"), "\(error)")
  }

  @Test(
    "a path that is empty is a mistake of usage",
    arguments: [
      "train --mixture uniform --corpus ''", "train --mixture uniform --output=''", "study ''",
      "report ''", "suggest --observations ''", "corpus build --domain a=x --output ''",
      "forecast ''", "status ''", "cancel ''", "run ''", "watch '' --once", "ask '' --domains a,b",
      "tell '' 1 --losses a=3", "benchmark ''", "replay t.csv --output ''",
    ])
  func aPathThatIsEmptyIsAMistakeOfUsage(words: String) throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell("\"$M\" \(words)", in: folder.path)
    #expect(result.code == 64 && result.errors.contains("expected a path"), "\(result.errors)")
  }

  @Test("more workers than anybody may ask for are a mistake of usage under a limit on memory, too")
  func moreWorkersThanAnybodyMayAskForAreAMistakeOfUsage() throws {
    let folder = try TemporaryFolder()
    for count in ["99999999999", "1025"] {
      let result = try Program.shell(
        "ulimit -v 6000000; train --output o --workers \(count)", in: folder.path)
      #expect(result.code == 64 && result.errors.contains("at most 1024"), "\(result.errors)")
    }
  }

  @Test(
    "counts in tables that cannot be are told by their row and column",
    arguments: ["tokens", "step", "flops"], ["-1", "-1e300", "1e31", "1e308B"])
  func countsInTablesThatCannotBeAreTold(column: String, value: String) throws {
    let folder = try TemporaryFolder()
    let rows = (1...8).map { run in
      let share = Double(run) / 9
      return "\(run),\(run == 5 ? value : "1000"),\(share),\(1 - share),3.\(run)"
    }
    let text = "run,\(column),weight_a,weight_b,loss_a\n" + rows.joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/t.csv"))
    let result = try Program.shell("\"$M\" suggest --observations t.csv -n 1", in: folder.path)
    #expect(result.code == 1)
    #expect(
      isOneLine(result.errors) && result.errors.contains("line 6")
        && result.errors.contains("'\(column)'"), "\(result.errors)")
  }

  @Test("a token shard whose header promises more than there can be is refused")
  func aTokenShardWhoseHeaderPromisesTooMuchIsRefused() throws {
    let folder = try TemporaryFolder()
    // lit-gpt's: the type of a token, and how many there are.
    let headers: [(type: UInt8, count: UInt64)] = [
      (1, UInt64(Int.max)), (1, UInt64.max), (8, 1 << 62), (5, 1 << 60),
    ]
    for (type, count) in headers {
      var shard: [UInt8] = Array("LITPKDS".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, type]
      shard += (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(8 * $0)) }
      shard += [UInt8](repeating: 7, count: 600)
      try Data(shard).write(to: URL(fileURLWithPath: folder.path + "/x.bin"))
      let result = try Program.shell(
        "\"$M\" corpus build --tokens a=x.bin --output o -q", in: folder.path)
      #expect(result.code == 1 && isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains("as its header says"), "\(result.errors)")
    }
  }

  @Test("a run's name at the end of all integers is no number to go on from")
  func aRunsNameAtTheEndOfAllIntegersIsNoNumber() throws {
    let folder = try TemporaryFolder()
    for name in ["9223372036854775807", "-9223372036854775808", "1000000000000000"] {
      let rows = (1...8).map { run in
        let share = Double(run) / 9
        return "\(run == 5 ? name : "\(run)"),\(share),\(1 - share),3.\(run)"
      }
      let text = "run,weight_a,weight_b,loss_a\n" + rows.joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/t.csv"))
      let result = try Program.shell(
        "\"$M\" suggest --observations t.csv -n 2 && \"$M\" suggest --observations t.csv -n 2 --append",
        in: folder.path)
      #expect(result.code == 0, "\(result.errors)")
    }
  }

  @Test("a name of a column that is a text by itself is refused at once")
  func aNameOfAColumnThatIsATextByItselfIsRefused() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "x", count: 3_000_000)
    for (file, text) in [
      ("t.csv", "weight_\(name),weight_b,loss_a\n.5,.5,3\n"),
      ("t.jsonl", "{\"weight_\(name)\":0.5,\"weight_b\":0.5,\"loss_a\":3}\n"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/" + file))
      let result = try Program.shell(
        "exec timeout 120 \"$M\" suggest --observations \(file) -n 1", in: folder.path)
      #expect(result.code == 1 && isOneLine(result.errors), "\(result.code)")
      #expect(result.errors.contains("a name of 3000007 bytes at column 1"))
    }
  }

  @Test(
    "a study's settings are held to what the command line allows, whoever wrote them",
    arguments: [
      "finalists", "confirmationSeeds", "lag", "initialTrials", "trials", "availableTokens",
    ])
  func aStudysSettingsAreHeldToWhatTheCommandLineAllows(field: String) throws {
    let folder = try TemporaryFolder()
    let made = try Program.shell("study s -q", in: folder.path)
    try #require(made.code == 0, "\(made.errors)")
    let path = folder.path + "/s/study.json"
    let plain = try String(contentsOfFile: path, encoding: .utf8)
    let number = try Regex(#""\#(field)" : (\[\s*)?[0-9]+"#)
    let place = try #require(plain.firstRange(of: number))
    let head = plain[place].prefix { !$0.isNumber }
    for value in ["9223372036854775807", "2147483648000000", "-1"] {
      try replaceFile(
        at: path, with: Data(plain.replacingCharacters(in: place, with: head + value).utf8))
      for command in ["study s -q", "\"$M\" report s"] {
        let result = try Program.shell("ulimit -v 6000000; \(command)", in: folder.path)
        #expect(result.code == 1 && isOneLine(result.errors), "\(value): \(result.errors)")
        #expect(result.errors.contains("study.json") && result.errors.contains(value))
      }
    }
  }

  @Test("a study's trainer is one that can train, and for the study's domains")
  func aStudysTrainerIsOneThatCanTrain() throws {
    let folder = try TemporaryFolder()
    let words = "s --target-tokens 1M --match-epochs --available books=2000"
    let made = try Program.shell("study \(words) -q", in: folder.path)
    try #require(made.code == 0, "\(made.errors)")
    let path = folder.path + "/s/study.json"
    let plain = try String(contentsOfFile: path, encoding: .utf8)
    let trainer = try #require(plain.firstRange(of: "\"trainer\""))
    for (pattern, with, message) in [
      (#""heldOutTokens" : [0-9]+"#, #""heldOutTokens" : 0"#, "found 0"),
      (#""batchTokens" : [0-9]+"#, #""batchTokens" : -1"#, "found -1"),
      (#""decayShare" : [0-9.]+"#, #""decayShare" : 7"#, "found 7"),
      (#""availableTokens" : \[[^\]]+\]"#, #""availableTokens" : [3]"#, "found 3"),
    ] {
      let place = try #require(
        plain[trainer.upperBound...].firstRange(of: try Regex(pattern)), "\(pattern)")
      try replaceFile(
        at: path, with: Data(plain.replacingCharacters(in: place, with: with).utf8))
      for command in ["\"$M\" transfer s --sizes 50k --seeds 1 -q", "\"$M\" report s"] {
        let result = try Program.shell(command, in: folder.path)
        #expect(result.code == 1 && isOneLine(result.errors), "\(with): \(result.errors)")
        #expect(
          result.errors.contains("study.json") && result.errors.contains(message),
          "\(result.errors)")
      }
    }
  }

  @Test("a job whose outbox and log both refuse ends with its code, not in a trap")
  func aJobWhoseOutboxAndLogBothRefuseEndsWithItsCode() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      "$M" study e --trainer 'true {folder}' --trainer-name x --domains a,b --size 10M --tokens 1000 \
        --methods uniform --trials 1 --confirmation-seeds 0 --engine command --submit 'true {script}; echo 7' \
        --alive 'echo {ids}' --cancel 'true {id}' --step -q
      sed -i 's/"outboxPatience" : [0-9.]*/"outboxPatience" : 1/' e/attempts/0-1/job.json
      rm -rf e/outbox; : >e/outbox
      "$M" run e/attempts/0-1 2>/dev/full; echo "$?"
      """, in: folder.path)
    #expect(result.output == "74\n", "\(result.output) \(result.errors)")
  }

  @Test(
    "numbers in what a driver leaves for its jobs are checked where they are read",
    arguments: [
      ("grace", "1e308"), ("grace", "-1"), ("outboxPatience", "1e308"), ("timeLimit", "9e99"),
    ])
  func numbersInWhatADriverLeavesForItsJobsAreChecked(field: String, value: String) throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      "$M" study e --trainer 'true {folder}' --trainer-name x --domains a,b --size 10M --tokens 1000 \
        --methods uniform --trials 1 --confirmation-seeds 0 --engine command --submit 'true {script}; echo 7' \
        --alive 'echo {ids}' --cancel 'true {id}' --time 90s --step -q
      sed -i 's/"\(field)" : [0-9.]*/"\(field)" : \(value)/' e/attempts/0-1/job.json
      exec timeout 60 "$M" run e/attempts/0-1
      """, in: folder.path)
    #expect(result.code == 1 && isOneLine(result.errors), "\(result.code) \(result.errors)")
    #expect(result.errors.contains("'\(field)', expected seconds"), "\(result.errors)")
  }

  @Test("settings of an engine that cannot be are refused")
  func settingsOfAnEngineThatCannotBeAreRefused() throws {
    let folder = try TemporaryFolder()
    for (field, value) in [("grace", "1e308"), ("retries", "-1"), ("jobs", "9223372036854775807")] {
      try? FileManager.default.removeItem(atPath: folder.path + "/e")
      let result = try Program.shell(
        """
        "$M" study e --trainer 'true {folder}' --trainer-name x --domains a,b --size 10M --tokens 1000 \
          --methods uniform --trials 1 --confirmation-seeds 0 --engine command --submit 'true {script}; echo 7' \
          --alive 'echo {ids}' --cancel 'true {id}' --grace 9s --retries 3 --jobs 5 --step -q
        sed -i 's/"\(field)" : [0-9.]*/"\(field)" : \(value)/' e/engine.json
        for verb in 'study e --step -q' 'status e' 'cancel e'; do "$M" $verb; echo "$?"; done
        """, in: folder.path)
      #expect(result.output == "1\n1\n1\n", "\(field): \(result.output)")
      let lines = result.errors.split(separator: "\n")
      #expect(
        lines.count == 3 && lines.allSatisfy { $0.contains("'\(field)', expected") }, "\(lines)")
    }
  }

  @Test("what cannot be kept is said before the work")
  func whatCannotBeKeptIsSaidBeforeTheWork() throws {
    let folder = try TemporaryFolder()
    // Hours of work.
    let result = try Program.shell(
      """
      : >f
      timeout 100 "$M" benchmark f/m --seeds 1000 --workers 1 -q; echo "$?"
      timeout 100 "$M" bench --sizes 25M --rounds 1000 --output f/m -q; echo "$?"
      """, in: folder.path)
    #expect(result.output == "1\n1\n", "\(result.errors)")
    let lines = result.errors.split(separator: "\n")
    #expect(
      lines.count == 2 && lines.allSatisfy { $0.contains("cannot make the folder") }, "\(lines)")
  }

  @Test("a job whose outbox refuses its message says so and stops when it is asked to")
  func aJobWhoseOutboxRefusesItsMessageStops() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      "$M" study e --trainer 'true {folder}' --trainer-name x --domains a,b --size 10M --tokens 1000 \
        --methods uniform --trials 1 --confirmation-seeds 0 --engine command --submit 'true {script}; echo 7' \
        --alive 'echo {ids}' --cancel 'true {id}' --step -q
      rm -rf e/outbox; : >e/outbox
      "$M" run e/attempts/0-1 2>said & program=$!
      until grep -q 'trying again' said; do sleep 0.1; done
      kill -TERM $program; wait $program; echo "$?"
      """, in: folder.path)
    #expect(["74\n", "143\n"].contains(result.output), "\(result.output) \(result.errors)")
  }
}
