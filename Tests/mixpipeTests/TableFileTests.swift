import Foundation
import Testing

private let runs =
  "run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code\n"
  + (1...14).map { i -> String in
    let w = [Double(i * 3 % 11 + 1), Double(i * 5 % 13 + 1), Double(i * 7 % 17 + 1)]
    let sum = w.reduce(0, +)
    let shares = [0, 1].map { (w[$0] / sum * 1e4).rounded() / 1e4 }
    let all = shares + [((1 - shares[0] - shares[1]) * 1e4).rounded() / 1e4]
    let losses = all.map { (2.5 + exp(-3 * $0)) }.map { String(format: "%.4f", $0) }
    return "\(i)," + (all.map { "\($0)" } + losses).joined(separator: ",") + "\n"
  }.joined()

private func write(_ text: String, _ path: String) throws {
  try text.write(toFile: path, atomically: true, encoding: .utf8)
}

private func read(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

@Suite("A file that holds runs") struct AFileThatHoldsRuns {
  @Test(
    "is never overwritten",
    arguments: [
      ["suggest", "--observations", "runs.csv", "--count", "2", "--output", "runs.csv"],
      ["suggest", "--observations", "runs.csv", "--recommend", "--output", "runs.csv"],
      ["suggest", "--domains", "books,web,code", "--output", "runs.csv"],
      ["suggest", "--domains", "books,web,code", "--json", "--output", "link.csv"],
      ["suggest", "--observations", "runs.csv", "--explain", "--output", "runs.csv"],
      ["export", "books=0.5,web=0.5", "--to", "csv", "--output", "runs.csv"],
      ["export", "books=0.5,web=0.5", "--to", "megatron", "--output", "link.csv"],
    ])
  func isNeverOverwritten(words: [String]) throws {
    let folder = try TemporaryFolder()
    try write(runs, folder.path + "/runs.csv")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.csv", withDestinationPath: "runs.csv")
    let result = try Program.run(words, in: folder.path)
    #expect(result.code == 1)
    #expect(
      result.errors.contains("found a file with 16 lines, expected none, as nothing is overwritten")
    )
    #expect(try read(folder.path + "/runs.csv") == runs)
  }

  @Test("is told from a mixture that was exported before, which is replaced")
  func anExportIsReplaced() throws {
    let folder = try TemporaryFolder()
    for format in ["megatron", "megatron-split", "csv", "json", "hf-datasets", "llama-factory"] {
      for mixture in [#""web, old"=0.5,c++=0.5"#, #""web, old"=0.25,c++=0.75"#] {
        let names = format == "llama-factory" ? mixture.replacing(", ", with: "-") : mixture
        let result = try Program.run(
          [
            "export", names, "--to", format, "--output", "out", "--document-tokens", "c++=10",
            "--document-tokens", format == "llama-factory" ? "web-old=10" : #""web, old"=10"#,
            "--path", "c++=/data/a=b",
            "--path", format == "llama-factory" ? "web-old=/w" : #""web, old"=/w"#,
          ], in: folder.path)
        #expect(result.code == 0, "\(format): \(result.errors)")
      }
    }
  }

  @Test(
    "gets new rows in its own notation",
    arguments: [
      (runs, 3, "15,"), (String(runs.dropLast()), 3, "15,"),
      (runs.replacing(",", with: ";").replacing(".", with: ","), 3, "15;0,"),
      ("sep=;\r\n" + runs.replacing(",", with: ";").replacing("\n", with: "\r\n"), 3, "15;0."),
      (runs.replacing(",", with: "\t"), 3, "15\t0."),
    ])
  func getsNewRowsInItsOwnNotation(text: String, count: Int, start: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/runs.csv"
    try write(text, path)
    let result = try Program.run(
      [
        "suggest", "--observations", "runs.csv", "--append", "--count", "\(count)", "--method",
        "sobol",
      ],
      in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.isEmpty)
    let after = try read(path)
    #expect(after.hasPrefix(text))
    let lines = after.split(whereSeparator: \.isNewline)
    #expect(lines.count == text.split(whereSeparator: \.isNewline).count + count)
    #expect(lines[lines.count - count].hasPrefix(start), "\(lines[lines.count - count])")
    #expect(after.hasSuffix(text.contains("\r\n") ? "\r\n" : "\n"))
    let again = try Program.run(
      ["suggest", "--observations", "runs.csv", "--method", "sobol", "--count", "1", "--json"],
      in: folder.path)
    #expect(again.errors.contains("14 finished, \(count) pending"), "\(again.errors)")
    #expect(again.output.contains("\"run\" : \"\(15 + count)\""))
  }

  @Test(
    "gets rows from standard output in its own notation",
    arguments: [
      "run;weight_a;weight_b;loss_a\r\n1;0.5;0.5;3.1\r\n2;0.25;0.75;3.2\r\n",
      "run\tweight_a\tweight_b\tloss_a\n1\t0.5\t0.5\t3.1\n2\t0.25\t0.75\t3.2\n",
      "run,weight_a,weight_b,loss_a\r\n1,0.5,0.5,3.1\r\n2,0.25,0.75,3.2\r\n",
    ])
  func getsRowsFromStandardOutput(text: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/runs.csv"
    try write(text, path)
    let result = try Program.run(
      ["suggest", "--observations", "runs.csv", "--count", "2", "--no-header"], in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.hasSuffix(text.contains("\r\n") ? "\r\n" : "\n"))
    try write(text + result.output, path)
    let again = try Program.run(
      ["suggest", "--observations", "runs.csv", "--count", "1"], in: folder.path)
    #expect(again.errors.contains("2 finished, 2 pending"), "\(again.errors)")
  }

  @Test("of JSON lines gets lines") func ofJSONLinesGetsLines() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/runs.jsonl"
    try write(#"{"run": 1, "mixture": {"a": 0.5, "b": 0.5}, "loss": {"a": 3}}"#, path)
    let result = try Program.run(
      ["suggest", "--observations", "runs.jsonl", "--append", "--count", "2"], in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    let again = try Program.run(
      ["suggest", "--observations", "runs.jsonl", "--count", "1"], in: folder.path)
    #expect(again.errors.contains("1 finished, 2 pending"), "\(again.errors)")
    try write(
      #"[{"run": 1, "weight_a": 0.5, "weight_b": 0.5, "loss_a": 3}]"#, folder.path + "/t.json")
    let closed = try Program.run(
      ["suggest", "--observations", "t.json", "--append"], in: folder.path)
    #expect(closed.code == 1 && closed.errors.contains("to which no rows can be added"))
  }

  @Test("that many add to at once gets no row twice") func thatManyAddToAtOnceGetsNoRowTwice()
    throws
  {
    let folder = try TemporaryFolder()
    try write(runs, folder.path + "/runs.csv")
    let group = DispatchGroup()
    for _ in 0..<8 {
      DispatchQueue.global().async(group: group) {
        _ = try? Program.run(
          [
            "suggest", "--observations", "runs.csv", "--append", "--count", "2", "--method",
            "sobol",
          ],
          in: folder.path)
      }
    }
    group.wait()
    let lines = try read(folder.path + "/runs.csv").split(separator: "\n").dropFirst()
    #expect(lines.count == 30)
    #expect(Set(lines.map { $0.prefix { $0 != "," } }).count == 30)
    #expect(Set(lines.map { $0.split(separator: ",")[1...3].joined() }).count == 30)
  }

  @Test("is left alone where output goes to pipes, devices or links")
  func isLeftAloneWhereOutputGoesToPipesDevicesOrLinks() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    mkfifo(pipe, 0o644)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/new.csv", withDestinationPath: "target.csv")
    for output in ["/dev/null", "/dev/stdout", "new.csv"] {
      let result = try Program.run(
        ["suggest", "--domains", "a,b", "--count", "1", "--output", output], in: folder.path)
      try #require(result.code == 0, "\(result.errors)")
      #expect(result.output.isEmpty == (output != "/dev/stdout"))
    }
    #expect(try read(folder.path + "/target.csv").hasPrefix("run,weight_a,weight_b"))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/new.csv")
    #expect(attributes[.type] as? FileAttributeType == .typeSymbolicLink)
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/cat")
    reader.arguments = [pipe]
    let output = Pipe()
    reader.standardOutput = output
    try reader.run()
    _ = try Program.run(
      ["suggest", "--domains", "a,b", "--count", "1", "--output", "pipe"], in: folder.path)
    let text = output.fileHandleForReading.readDataToEndOfFile()
    #expect(String(decoding: text, as: UTF8.self).hasPrefix("run,weight_a"))
    #expect(
      try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType
        != .typeRegular)
  }

  @Test("is read from standard input") func isReadFromStandardInput() throws {
    let folder = try TemporaryFolder()
    try write(runs, folder.path + "/runs.csv")
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = [
      "-c", "'\(Program.path)' suggest --observations - --count 1 --no-header < runs.csv",
    ]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    let output = Pipe()
    shell.standardOutput = output
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text.hasPrefix("15,0."))
  }
}

@Suite("A recommendation") struct ARecommendation {
  private func recommend(_ more: [String], _ text: String = runs) throws -> Program.Result {
    let folder = try TemporaryFolder()
    try write(text, folder.path + "/runs.csv")
    return try Program.run(
      ["suggest", "--observations", "runs.csv", "--recommend"] + more, in: folder.path)
  }

  @Test("says what every held-out domain pays") func saysWhatEveryHeldOutDomainPays() throws {
    let result = try recommend(["--objective", "weighted:books=.8,web=.2"])
    let lines = result.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("Recommended: books="))
    #expect(lines[1].hasPrefix("against equal shares: objective -"), "\(lines[1])")
    #expect(lines[1].contains("paid for by code +"))
  }

  @Test("says that a guard cannot be kept, and by how much it fails")
  func saysThatAGuardCannotBeKeptAndByHowMuchItFails() throws {
    let result = try recommend(["--guard", "code<=2.0"])
    #expect(
      result.output.contains("guard code<=2: no mixture is expected to keep it"), "\(result.output)"
    )
    #expect(result.output.contains("missed by 0."))
    let json = try recommend(["--guard", "code<=2.0", "--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let predicted = try #require(object["predicted"] as? [String: Any])
    #expect((predicted["mean"] as! Double) < 4)
    let guards = try #require(object["guards"] as? [[String: Any]])
    #expect(guards[0]["isReachable"] as? Bool == false)
    let kept = try recommend(["--guard", "code<=3.3"])
    #expect(kept.output.contains("guard code<=3.3: kept with probability"))
  }

  @Test(
    "keeps conditions with any method",
    arguments: ["bo", "bo-raw", "sobol", "mixlaws", "uniform", "regmix"])
  func keepsConditionsWithAnyMethod(method: String) throws {
    let result = try recommend(
      ["--method", method, "--constrain", "code<=0.12", "--constrain", "books>=0.2", "--json"])
    try #require(result.code == 0, "\(result.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let mixture = try #require(object["mixture"] as? [String: Double])
    #expect(mixture["code"]! <= 0.1201 && mixture["books"]! >= 0.1999, "\(mixture)")
  }

  @Test("is not made without the losses that it needs") func isNotMadeWithoutTheLossesThatItNeeds()
    throws
  {
    let text = runs.split(separator: "\n").enumerated()
      .map { $0.offset == 0 ? "\($0.element),loss_reviews\n" : "\($0.element),\n" }.joined()
    for more in [[], ["--json"]] {
      let result = try recommend(more, text)
      #expect(result.code == 1)
      #expect(result.errors.contains("loss_reviews is empty in all 14 rows"))
      #expect(result.errors.contains("--losses 'loss_books,loss_web,loss_code'"))
    }
    let without = try recommend(["--objective", "mean:books,web,code"], text)
    #expect(without.code == 0, "\(without.errors)")
  }

  @Test("of accuracies makes them rise") func ofAccuraciesMakesThemRise() throws {
    let text = runs.split(separator: "\n").enumerated().map { index, line -> String in
      if index == 0 { return line.replacing("loss_", with: "acc_") + "\n" }
      let cells = line.split(separator: ",")
      let accuracies = cells[4...].map { String(format: "%.4f", exp(2.3 - Double($0)!)) }
      return (cells[..<4].map(String.init) + accuracies).joined(separator: ",") + "\n"
    }.joined()
    let refused = try recommend([], text)
    #expect(refused.code == 1)
    #expect(
      refused.errors.contains("--maximize 'acc_*' where higher is better"), "\(refused.errors)")
    let result = try recommend(
      ["--maximize", "acc_*", "--objective", "mean:books", "--json"], text)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let mixture = try #require(object["mixture"] as? [String: Double])
    #expect(mixture["books"]! > 0.6, "\(mixture)")
    let predicted = try #require(object["predicted"] as? [String: Double])
    #expect(predicted["mean"]! > 0.5 && predicted["mean"]! <= 1)
    #expect(predicted["low"]! <= predicted["mean"]!)
    #expect((object["goal"] as? [String: String])?["direction"] == "maximize")
  }
}

@Suite("A new table of other domains") struct ANewTableOfOtherDomains {
  @Test("leaves the old one under another name") func leavesTheOldOneUnderAnotherName() throws {
    let folder = try TemporaryFolder()
    try write(runs, folder.path + "/runs.csv")
    for names in ["a,b", "c++,c"] {
      let result = try Program.run(
        ["suggest", "--domains", names, "--output", "runs.csv", "--count", "2"], in: folder.path)
      #expect(result.code == 0, "\(result.errors)")
      #expect(result.errors.contains("kept as runs.csv.old-"))
    }
    #expect(try read(folder.path + "/runs.csv.old-1") == runs)
    #expect(try read(folder.path + "/runs.csv.old-2").hasPrefix("run,weight_a,weight_b"))
    #expect(try read(folder.path + "/runs.csv").hasPrefix("run,weight_c++,weight_c,"))
  }
}
