import Foundation
import Mixtures
import RunTables
import Testing

/// What people write into cells and headings besides numbers and names.
@Suite("A stranger's habits") struct StrangersHabits {
  private static let weights = [
    [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.34, 0.33, 0.33], [0.25, 0.25, 0.5],
    [0.7, 0.1, 0.2],
  ]
  private static let head = "weight_books,weight_web,weight_code,loss_books,loss_web,loss_code"

  /// Six finished runs with what `more` adds to each line, and the lines of other runs.
  private func runs(
    _ columns: String = "", _ more: (Int) -> String = { _ in "" }, others: [String] = []
  ) -> String {
    let lines = Self.weights.enumerated().map { index, w in
      "\(index),\(w[0]),\(w[1]),\(w[2]),3.\(index)1,3.\(index)2,3.\(index)3\(more(index))"
    }
    return (["run," + Self.head + columns] + lines + others).joined(separator: "\n") + "\n"
  }

  private func counts(_ table: RunTable) -> [RunTable.Status: Int] {
    table.rows.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
  }

  @Test(
    "says in place of a loss what became of the run",
    arguments: [
      ("crashed", RunTable.Status.lost), ("OOM", .lost), ("CUDA error: device-side assert", .lost),
      ("running", .pending), ("tbd", .pending), ("...", .pending), ("−", .pending),
      ("#N/A", .pending),
      ("diverged", .diverged), ("pruned", .cancelled),
    ])
  func wordsForLosses(cell: String, status: RunTable.Status) throws {
    let found = try table(runs(others: ["9,0.3,0.3,0.4,\(cell),\(cell),\(cell)"]))
    #expect(found.rows.last?.status == status, "\(cell)")
    #expect(counts(found)[.finished] == 6)
  }

  @Test("does not say a word for a loss that means nothing") func wordsThatSayNothing() {
    #expect(
      message { try table(runs(others: ["9,0.3,0.3,0.4,low,3,3"])) }.contains(
        "line 8: found the loss 'low' in the column 'loss_books'"))
  }

  @Test(
    "answers a question with yes or no",
    arguments: [
      ("is_diverged", "False", "True", RunTable.Status.diverged), ("crashed", "0", "1", .lost),
      ("completed", "yes", "no", .pending), ("success", "TRUE", "FALSE", .lost),
      ("ok?", "✅", "❌", .lost), ("finished", "1", "0", .pending),
    ])
  func questions(heading: String, yes: String, no: String, status: RunTable.Status) throws {
    let found = try table(
      runs(",\(heading)", { _ in "," + yes }, others: ["9,0.9,0.05,0.05,4.1,4.2,4.3,\(no)"]))
    #expect(found.rows.last?.status == status, "\(heading)")
    #expect(counts(found)[.finished] == 6, "\(heading)")
  }

  @Test("has numbers where a question's heading is a score's") func questionsThatAreScores() throws
  {
    let found = try table(runs(",success", { ",0.\($0)5" }))
    #expect(counts(found) == [.finished: 6])
  }

  @Test(
    "has the states of Slurm and Kubernetes as these show them",
    arguments: [
      ("OUT_OF_ME+", RunTable.Status.lost), ("CANCELLED+", .cancelled), ("NODE_FA+", .lost),
      ("OOMKilled", .lost), ("CrashLoopBackOff", .lost), ("COMPLETED", .pending),
      ("no error yet", .pending),
    ])
  func clusterStates(state: String, status: RunTable.Status) throws {
    let found = try table(
      runs(",State", { _ in ",COMPLETED" }, others: ["9,0.9,0.05,0.05,,,,\(state)"]))
    #expect(found.rows.last?.status == status, "\(state)")
  }

  @Test("has no losses of zero or less", arguments: ["-1", "0", "-9.5"])
  func sentinels(loss: String) throws {
    let found = try table(runs(others: ["9,0.9,0.05,0.05,\(loss),\(loss),\(loss)"]))
    #expect(found.rows.last?.status == .lost)
    #expect(found.notes.contains { $0.contains("line 8: found") && $0.contains("taken as lost") })
    // What somebody names is what it is.
    let named = try table(
      runs(others: ["9,0.9,0.05,0.05,\(loss),\(loss),\(loss)"]),
      columns: .init(losses: ["loss_*"]))
    #expect(named.rows.last?.losses.first == Double(loss))
  }

  @Test("has log-likelihoods under the name of a loss, which are refused") func likelihoods() throws
  {
    let text = runs().replacing(",3.", with: ",-3.")
    #expect(
      message { try table(text) }.contains(
        "whether higher or lower is better in loss_books, loss_web, loss_code cannot be known"))
    #expect(
      try table(text, columns: .init(maximize: ["loss_*"])).measures.allSatisfy(\.isMaximized))
  }

  @Test("has columns with 'loss' in their names that are none on held-out text")
  func besides() throws {
    let found = try table(
      runs(
        ",epoch,loss_step,train_loss_epoch,loss_scale,n_loss_evals,aux_loss,z_loss,load_balancing_loss,"
          + "loss_books_rank,delta_loss,loss_gap,total_loss",
        { ",3,1000,3,65536,7,0.01\($0),0.001\($0),0.02\($0),\($0),0.\($0)1,0.2\($0),3.\($0)5" }))
    #expect(found.targets == ["books", "web", "code"])
    #expect(found.notes.contains { $0.hasPrefix("not taken as losses: loss_step") })
    // Names of domains are what they are.
    let own = try table(
      "run,weight_step,weight_scale,loss_step,loss_scale,note\n1,0.5,0.5,3,4,x\n2,0.4,0.6,3.5,4,y\n3,0.3,0.7,3,5,z\n"
    )
    #expect(own.targets == ["step", "scale"])
  }

  @Test(
    "parts thousands as their language does",
    arguments: [
      "1\u{A0}926\u{A0}000\u{A0}000", "1\u{202F}926\u{202F}000\u{202F}000", "1'926'000'000",
      "1’926’000’000", "1 926 000 000", "1.926B", "1926M",
    ])
  func thousands(cell: String) throws {
    let text =
      "run;tokens_books;tokens_web;loss_books\n1;\(cell);1074000000;3.1\n2;1000000000;2000000000;3.2\n"
    let found = try table(text)
    #expect(found.domains == ["books", "web"])
    #expect(abs(found.rows[0].mixture.weights[0] - 0.642) < 1e-9, "\(cell)")
  }

  @Test("tells a loss with its error") func errors() throws {
    let found = try table(runs().replacing("3.01", with: "3.01 ± 0.02"))
    #expect(found.rows[0].losses[0] == 3.01)
    let means = try table(
      "run,weight_books,weight_web,loss_books_mean,loss_books_std,web_loss_mean,web_loss_std\n"
        + "1,0.5,0.5,3.1,0.01,3.2,0.02\n2,0.4,0.6,3.3,0.01,3.4,0.02\n")
    #expect(means.targets == ["books", "web"])
  }

  @Test("names what is to rise by a pattern that fits its error too") func patterns() throws {
    let text =
      "run,weight_a,weight_b,\"arc/acc,none\",\"arc/acc_stderr,none\"\n1,0.5,0.5,0.31,0.01\n2,0.4,0.6,0.33,0.01\n"
    #expect(try table(text, columns: .init(maximize: ["*none"])).targets == ["arc"])
    #expect(message { try table(text) }.contains("in arc/acc,none cannot be known"))
  }

  @Test("calls runs and sizes by names", arguments: ["model", "model_name"])
  func names(heading: String) throws {
    // Two seeds of each mixture.
    let lines = Self.weights.flatMap { w in
      [1, 2].map { "olmo-20M-\(w[0]),\($0),\(w[0]),\(w[1]),\(w[2]),3.\($0)1,3.\($0)2,3.\($0)3" }
    }
    let found = try table(
      "\(heading),seed," + Self.head + "\n" + lines.joined(separator: "\n") + "\n"
    ).selected(.init())
    #expect(found.rows.count == 12)
    let sizes = try table(
      "\(heading)," + Self.head + "\n"
        + Self.weights.flatMap { w in
          ["160m", "410m"].map { "pythia-\($0),\(w[0]),\(w[1]),\(w[2]),3.1,3.2,3.\($0.first!)" }
        }.joined(separator: "\n"))
    #expect(try sizes.selected(.init(size: "410M")).rows.count == 6)
    #expect(try sizes.selected(.init(size: "160m")).rows.allSatisfy { $0.size == "pythia-160m" })
  }

  @Test("compares no models with each other") func models() throws {
    let lines = Self.weights.flatMap { w in
      ["gpt", "llama", "mamba", "opt", "rwkv"].map {
        "\($0),\(w[0]),\(w[1]),\(w[2]),3.1,3.2,3.\($0.count)"
      }
    }
    let found = try table("model," + Self.head + "\n" + lines.joined(separator: "\n"))
    #expect(try found.selected(.init()).rows.count == 6)
  }

  @Test("has sizes without a unit") func bareSizes() throws {
    let found = try table(runs(",model_size", { $0 < 2 ? ",160" : ",410" }))
    #expect(try found.selected(.init(size: "410M")).rows.count == 4)
  }

  @Test("has columns of steps, seeds and checkpoints that are no numbers") func notes() throws {
    let found = try table(
      runs(",steps,checkpoint,seed", { ",final,/ckpt/\($0)/last.pt,s\($0)" }))
    #expect(counts(found) == [.finished: 6])
    let places = try table(runs(",checkpoint,seed", { _ in ",checkpoint-2000,-1" }))
    #expect(places.rows.allSatisfy { $0.step == 2000 && $0.seed != nil })
  }

  @Test("has runs of two lengths, of which one is read") func lengths() throws {
    let text = runs(",tokens", { $0 < 2 ? ",2.5B" : ",5e9" })
    let found = try table(text).selected(.init())
    #expect(found.rows.count == 4)
    #expect(found.notes.contains { $0.hasPrefix("the 4 runs measured after 5000000000 tokens") })
    #expect(try table(text).selected(.init(step: 2.5e9)).rows.count == 2)
    // Where each has its own, all are there that are.
    let each = try table(runs(",tokens", { ",\($0 + 1)e9" })).selected(.init())
    #expect(each.rows.count == 6)
    #expect(
      each.notes.contains { $0.hasPrefix("runs were measured after 1000000000 to 6000000000") })
    // A few steps more or less are none.
    let near = try table(runs(",step", { ",\(10_000 + 9 * $0)" })).selected(.init())
    #expect(near.rows.count == 6)
    #expect(near.notes.isEmpty)
  }

  @Test(
    "has a row for each part that a run was measured on",
    arguments: [
      ("domain", "loss", ""), ("eval_domain", "val_loss", ""), ("metric", "value", "loss_"),
    ])
  func longForm(part: String, value: String, before: String) throws {
    var lines = ["run,weight_books,weight_web,weight_code,\(part),\(value)"]
    for (index, w) in Self.weights.enumerated() {
      for (place, name) in ["books", "web", "code"].enumerated() {
        lines.append("r\(index),\(w[0]),\(w[1]),\(w[2]),\(before)\(name),3.\(index)\(place)")
      }
    }
    let found = try table(lines.joined(separator: "\n"))
    #expect(found.rows.count == 6)
    #expect(found.targets == ["books", "web", "code"])
    #expect(found.rows[1].losses == [3.1, 3.11, 3.12])
    #expect(
      message { try table((lines + [lines[1]]).joined(separator: "\n")) }.contains(
        "twice for one run, expected a column that tells runs apart"))
  }

  @Test("says which split a run is of, and is not taken for a row for each part") func splits()
    throws
  {
    let text =
      "run,weight_a,weight_b,subset,loss\n"
      + (0..<6).map { "\($0),0.\($0 + 1),0.\(9 - $0),\($0 < 4 ? "train" : "test"),3.\($0)" }
      .joined(separator: "\n")
    #expect(try table(text).rows.count == 6)
  }

  @Test("is printed with spaces between its columns") func spaces() throws {
    let plain = runs()
    let text = plain.replacing(",", with: "   ")
    #expect(try table(text, name: "t.txt").rows.count == 6)
    // As pandas prints it, with numbers of rows that have no heading.
    let lines = plain.split(separator: "\n").enumerated().map { index, line in
      (index == 0 ? " " : "\(index - 1)") + "  "
        + line.split(separator: ",").dropFirst().joined(separator: "  ")
    }
    #expect(try table(lines.joined(separator: "\n"), name: "t.txt").rows.count == 6)
  }

  @Test("names domains by words that mean something else, without a mark") func bareWords() throws {
    let found = try table(
      "run,math,time,en,loss_math,loss_time,loss_en\n1,0.5,0.2,0.3,3.1,3.2,3.3\n2,0.4,0.4,0.2,3.2,3.3,3.4\n"
    )
    #expect(found.domains == ["math", "time", "en"])
    #expect(found.targets == found.domains)
  }

  @Test("has a file of losses that lacks the last runs") func openRuns() throws {
    let folder = try TableFolder()
    let mixtures = try folder.file(
      "w.csv", "run,a,b\n" + (0..<6).map { "m\($0),0.\($0 + 1),0.\(9 - $0)\n" }.joined())
    let losses = try folder.file(
      "l.csv",
      "run,\"arc (BPB v2)\",\"c4 (BPB v2)\"\n"
        + (0..<4).map { "m\($0),1.\($0),1.1\($0)\n" }.joined())
    let found = try RunTable(at: [mixtures, losses])
    #expect(found.targets == ["arc", "c4"])
    #expect(counts(found) == [.finished: 4, .pending: 2])
    // Files of other runs are not joined.
    let others = try folder.file("o.csv", "run,loss_a\nx,3.1\ny,3.2\n")
    #expect(message { try RunTable(at: [mixtures, others]) }.contains("found no row 'm"))
  }

  @Test(
    "keeps a table in the encoding of its system, and finds new rows in it",
    arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .windowsCP1252])
  func encodings(encoding: String.Encoding) throws {
    let folder = try TableFolder()
    let text = runs().replacing("books", with: "bücher").replacing("\n", with: "\r\n")
    var data = try #require(text.data(using: encoding))
    if encoding == .utf16LittleEndian { data = Data([0xFF, 0xFE]) + data }
    if encoding == .utf16BigEndian { data = Data([0xFE, 0xFF]) + data }
    for isCut in [false, true] {
      let path = folder.path + "/t.csv"
      let unit = encoding == .windowsCP1252 ? 1 : 2
      try (isCut ? data.dropLast(2 * unit) : data).write(to: URL(fileURLWithPath: path))
      let before = try RunTable(at: [path])
      #expect(before.domains == ["bücher", "web", "code"])
      let layout = before.layout
      let next = Mixture(domains: before.domains, proportionalTo: [0.5, 0.25, 0.25])
      try TableFile.append(
        [layout.line(layout.cells(name: "6", mixture: next))], to: path,
        lineEnd: layout.dialect.lineEnd, encoding: layout.dialect.encoding)
      let after = try RunTable(at: [path])
      #expect(after.rows.count == 7)
      #expect(after.rows.last?.status == .pending)
      #expect(after.rows.last?.mixture == next)
    }
  }

  @Test(
    "has amounts in columns that say so in their own words, or parts of one sum",
    arguments: [
      ("tokens_books_B,tokens_web_B", 50.0), ("books_tokens_B,web_tokens_B", 50),
      ("n_docs_books,n_docs_web", 4000), ("num_samples_books,num_samples_web", 12),
      ("books (tokens),web (tokens)", 700), ("ratio_books,ratio_web", 10), ("w_books,w_web", 20),
    ])
  func amountsByName(columns: String, sum: Double) throws {
    let shares = [0.25, 0.5, 0.75, 0.125]
    let text =
      "run,\(columns),loss_books,loss_web\n"
      + shares.enumerated().map { "\($0),\($1 * sum),\((1 - $1) * sum),3.\($0),3.\($0)5" }
      .joined(separator: "\n")
    let found = try table(text)
    #expect(found.domains == ["books", "web"], "\(columns)")
    #expect(found.targets == ["books", "web"], "\(columns)")
    #expect(zip(found.rows, shares).allSatisfy { abs($0.mixture.weights[0] - $1) < 1e-12 })
    // What is written is read back.
    let next = Mixture(domains: found.domains, proportionalTo: [0.5, 0.5])
    let line = found.layout.line(found.layout.cells(name: "9", mixture: next))
    #expect(abs(try table(text + "\n" + line).rows.last!.mixture.weights[0] - 0.5) < 1e-3)
  }

  @Test("has sums that miss one by more than rounding, which are refused") func missingShares() {
    let text = "run,weight_a,weight_b,loss\n" + (0..<6).map { "\($0),0.5,0.4,3.\($0)\n" }.joined()
    #expect(message { try table(text) }.contains("sum to 0.9, expected 1"))
    let percent = "run,weight_a,weight_b,loss\n" + (0..<6).map { "\($0),50,40,3.\($0)\n" }.joined()
    #expect(message { try table(percent) }.contains("sum to 90, expected 100"))
    let uneven = "run,weight_a,weight_b,loss\n1,7,2,3\n2,5,1,3.1\n3,1,1,3.2\n4,2,2,3.3\n"
    #expect(message { try table(uneven) }.contains("sum to 9, expected 1"))
  }

  /// Five weights a row, as per cent.
  private func percents(_ rows: [[Double]]) -> String {
    "run,weight_a,weight_b,weight_c,weight_d,weight_e,loss\n"
      + rows.enumerated().map { index, row in
        "\(index),\(row.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: ",")),3.\(index)\n"
      }.joined()
  }

  @Test("cuts per cent to whole numbers, of which shares are taken and that is told")
  func cutPercents() throws {
    let rows: [[Double]] = [
      [33, 12, 20, 18, 14], [20, 20, 20, 20, 20], [5, 41, 9, 30, 12], [60, 9, 9, 9, 12],
      [31, 21, 21, 21, 8],
    ]
    let found = try table(percents(rows))
    #expect(abs(found.rows[0].mixture.weights[0] - 33.0 / 97) < 1e-12)
    #expect(
      found.notes.contains {
        $0.contains("cut or rounded to whole numbers, of which rows sum to 97 to 102")
      })
    // What is added has decimals and is read back.
    let next = Mixture(domains: found.domains, proportionalTo: [1, 2, 3, 4, 5])
    let line = found.layout.line(found.layout.cells(name: "9", mixture: next))
    let again = try table(percents(rows) + line)
    #expect(again.rows.count == 6)
    #expect(abs(again.rows[5].mixture.weights[4] - 5.0 / 15) < 1e-4)
    #expect(abs(again.rows[0].mixture.weights[0] - 33.0 / 97) < 1e-12)
  }

  @Test("has per cent that miss a hundred by more than whole numbers do, which are refused")
  func slipsInPercents() {
    let sound: [[Double]] = [[33, 12, 20, 18, 14], [20, 20, 20, 20, 20], [5, 41, 9, 30, 12]]
    #expect(
      message { try table(percents(sound + [[30, 20, 20, 20, 6]])) }.contains(
        "sum to 97, expected 100"))
    #expect(
      message { try table(percents(sound + [[30, 20, 20, 20, 14]])) }.contains(
        "sum to 97, expected 100"))
    // Three per cent are not lost by cutting two weights.
    let pairs = "run,weight_a,weight_b,loss\n" + (0..<6).map { "\($0),60,37,3.\($0)\n" }.joined()
    #expect(message { try table(pairs) }.contains("sum to 97, expected 100"))
    // One row of many that have decimals.
    let fine = (0..<6).map { _ in [10.5, 9.5, 30, 25.25, 24.75] }
    #expect(message { try table(percents([sound[0]] + fine)) }.contains("sum to 97"))
    #expect(message { try table(percents(fine + [sound[0]])) }.contains("sum to 97"))
  }

  @Test("has a column twice, as pandas tells them apart") func pandasTwice() throws {
    let found = try table(
      runs(",loss_books.1", { ",3.\($0)1" }))
    #expect(found.targets == ["books", "web", "code"])
    #expect(found.notes.contains { $0.hasPrefix("'loss_books.1' says the same as 'loss_books'") })
    let models = try table(runs(",loss_gpt4,loss_gpt4.1", { ",3.\($0)4,3.\($0)5" }))
    #expect(models.targets.suffix(2) == ["gpt4", "gpt4.1"])
  }

  @Test("has runs by name in JSON, with what was measured within") func nestedJSON() throws {
    let runs = Self.weights.prefix(4).enumerated().map { index, w in
      "\"mix_\(index)\": {\"weights\": {\"books\": \(w[0]), \"web\": \(1 - w[0])}, \"eval\": "
        + "{\"books\": {\"loss\": 3.\(index)}, \"web\": {\"loss\": 3.5\(index)}}}"
    }
    let found = try table("{" + runs.joined(separator: ",") + "}", name: "t.json")
    #expect(found.rows.count == 4 && found.targets == ["books", "web"])
    #expect(found.rows.allSatisfy { $0.status == .finished })
    let lists = Self.weights.prefix(4).enumerated().map { index, w in
      "{\"weights\": {\"books\": \(w[0]), \"web\": \(1 - w[0])}, \"evals\": "
        + "[{\"domain\": \"books\", \"loss\": 3.\(index)}, {\"domain\": \"web\", \"loss\": 3.5}]}"
    }
    #expect(
      try table("[" + lists.joined(separator: ",") + "]", name: "t.json").targets == [
        "books", "web",
      ])
  }

  @Test(
    "is no table at all, and said to be what it is",
    arguments: [
      ("<!DOCTYPE html><table><tr><td>1</td></tr></table>", "a page of HTML"),
      ("<table border=\"1\">\n</table>", "a page of HTML"), ("SQLite format 3\u{0}", "a database"),
      ("\\begin{tabular}{lr}", "a typeset document"), ("%PDF-1.4\n", "PDF"),
      ("BZh91AY", "a compressed file"),
    ])
  func otherFiles(text: String, problem: String) {
    let words = message { try table(text) }
    #expect(words.contains("found \(problem)"), "\(words)")
  }
}
