import Foundation
import Mixtures
import RunTables
import Testing

@Suite struct HeadingsTests {
  @Test("may tell a size by name and its parameters") func mayTellASizeByNameAndItsParameters()
    throws
  {
    let rows = try table(
      """
      run,size,parameters,step,tokens,seed,operations,w_a,w_b,loss_a,loss_b
      r,200k,216512,10,10240,1,5e9,0.5,0.5,3,4
      r,200k,216512,20,20480,1,9e9,0.5,0.5,2,3

      """
    ).rows
    #expect(rows.map(\.size) == ["200k", "200k"] && rows.map(\.run) == [0, 0])
    #expect(rows.map(\.parameters) == [216_512, 216_512])
    #expect(rows.map(\.tokens) == [10_240, 20_480])
    // A number of parameters is the size itself.
    let plain = try table("params,non_embedding_params,w_a,w_b,loss\n60M,50M,1,0,3\n").rows
    #expect(plain[0].size == "60M" && plain[0].parameters == 60e6)
  }

  /// Domains, held-out domains and targets that a table of two equal weights is taken to have.
  @Test(
    "say what columns are",
    arguments: [
      ("weight_books,weight_web,loss_books,loss_web", "books web", "books web", "books web"),
      ("run,w_Books,w_Web,books_loss,web_loss", "Books Web", "Books Web", "Books Web"),
      (
        "index,train_the_pile_arxiv,train_the_pile_github,metric/the_pile_arxiv_val_loss,metric/the_pile_github_val_loss",
        "the_pile_arxiv the_pile_github", "the_pile_arxiv the_pile_github",
        "the_pile_arxiv the_pile_github"
      ),
      ("run,size,step,w0,w1,loss_ArXiv,loss_Pile-CC", "w0 w1", "ArXiv Pile-CC", "ArXiv Pile-CC"),
      (
        "table,method,model_size_M,avg_log_perplexity,w_Books,w_CC,note", "Books CC",
        "avg_log_perplexity", "avg_log_perplexity"
      ),
      ("books,code,val_loss", "books code", "val_loss", "val_loss"),
      (
        "mix/c4,mix/code,eval/c4-validation/CrossEntropyLoss,eval/code-validation/CrossEntropyLoss",
        "c4 code", "c4 code", "c4 code"
      ),
      ("a_share,b_share,nll_a,nll_b,mean_nll", "a b", "a b mean_nll", "a b"),
      (
        "run,weight_c,weight_c++,loss_c,loss_c++,loss_c#", "c c++", "c c++ c#",
        "c c++ c#"
      ),
      ("run,weight_C,weight_c,loss_C,loss_c", "C c", "C c", "C c"),
      (
        "weight_web_en,weight_web_fr,loss_web_en,loss_web_fr", "web_en web_fr", "web_en web_fr",
        "web_en web_fr"
      ),
      ("run,weight_time,weight_rank,loss_time,loss_rank", "time rank", "time rank", "time rank"),
      ("mixture_weight_a,mixture_weight_b,val_loss_a,val_loss_b", "a b", "a b", "a b"),
      (
        "config.weights.a,config.weights.b,summary.eval/a/loss,summary.eval/b/loss", "a b", "a b",
        "a b"
      ),
      ("params_a,params_b,user_attrs_loss_a,user_attrs_loss_b", "a b", "a b", "a b"),
      ("number,params_a,params_b,user_attrs_loss_a,user_attrs_loss_b", "a b", "a b", "a b"),
      ("weight_a,weight_b,loss_a,loss_a_std,loss_b,loss_b_std", "a b", "a b", "a b"),
      ("weight_a,weight_high,loss_a,loss_high,loss_a_high", "a high", "a high", "a high"),
      ("name,a,b,train_loss,loss_a,loss_b,loss_stderr", "a b", "a b", "a b"),
      ("p_a,p_b,warmup_ratio,val/a/bpb,val/b/bpb", "a b", "a b", "a b"),
      ("weight_a,weight_b,weight_decay,loss_a,bpb_a", "a b", "a", "a"),
      (
        "weight_web_cc,weight_web_c4,loss_web_cc,loss_books", "web_cc web_c4", "web_cc books",
        "web_cc books"
      ),
    ])
  func sayWhatColumnsAre(
    headings: String, domains: String, heldOut: String, targets: String
  ) throws {
    let names = headings.split(separator: ",")
    // Weights of a half wherever a heading is not plainly something else.
    func row(_ i: Int) -> String {
      names.map { name in
        let lower = name.lowercased()
        if ["run", "index", "name", "table", "method", "note", "number"].contains(lower) {
          return "r\(i)"
        }
        if lower == "size" || lower.hasPrefix("model_size") { return "70" }
        if lower == "step" { return "1000" }
        if lower.contains("warmup") || lower.contains("decay") { return "0.1" }
        for word in ["loss", "nll", "bpb", "perplexity"] where lower.contains(word) {
          return "3.\(i)"
        }
        return "0.5"
      }.joined(separator: ",")
    }
    let table = try table(
      headings + "\n" + (1...3).map { row($0) + "\n" }.joined())
    #expect(table.domains == domains.split(separator: " ").map(String.init))
    #expect(table.heldOut == heldOut.split(separator: " ").map(String.init))
    #expect(table.targets == targets.split(separator: " ").map(String.init))
    #expect(table.rows.count == 3)
    #expect(table.rows[1].losses[0] == 3.2)
  }

  @Test("can be told") func canBeTold() throws {
    let text = "id,x1,x2,y1,y2,z\n1,0.25,0.75,3,4,5\n"
    let told = try table(text, columns: .init(weights: ["x*"], losses: ["y2", "z"]))
    #expect(told.domains == ["x1", "x2"])
    #expect(told.heldOut == ["y2", "z"])
    #expect(told.rows[0].losses == [4, 5])
    // Nobody can tell from their names that they are losses.
    let refused = message(of: { try table(text) })
    #expect(refused.contains("whether higher or lower is better in y1, y2, z cannot be known"))
    #expect(refused.contains("--maximize") && refused.contains("--losses"))
    let error = message(of: {
      try table("run,weight_a,weight_b,loss_a\n1,0.5,0.5,2\n", columns: .init(losses: ["loss_b"]))
    })
    #expect(error.contains("found no column 'loss_b'; did you mean 'loss_a'?"))
  }

  @Test("of perplexities mean their logarithms") func ofPerplexitiesMeanTheirLogarithms() throws {
    let table = try table("weight_a,weight_b,ppl_a,ppl_b\n0.5,0.5,20.085536923187668,1\n")
    #expect(abs(table.rows[0].losses[0]! - 3) < 1e-12)
    #expect(table.rows[0].losses[1] == 0)
  }
}

@Suite struct FilesTests {
  @Test(
    "of several kinds say the same",
    arguments: [
      ("t.tsv", "run\tweight_a\tweight_b\tloss_a\nr\t0.25\t0.75\t3\n"),
      ("t.csv", "run;weight_a;weight_b;loss_a\r\nr;0.25;0.75;3\r\n"),
      (
        "t.csv",
        "\u{feff}# a comment\n# more, with commas\nrun,weight_a,weight_b,loss_a\n\nr,25%,75%,3\n,,,\n"
      ),
      ("t.csv", "#run,weight_a,weight_b,loss_a,\n\"r\", 25 ,75,3,\n"),
      ("t.jsonl", "{\"run\":\"r\",\"weight_a\":0.25,\"weight_b\":0.75,\"loss_a\":3}\n\n"),
      (
        "t.jsonl",
        "{\"run\":\"r\",\"mixture\":{\"a\":0.25,\"b\":0.75},\"losses\":{\"a\":3}}\n{\"run\":"
      ),
      (
        "t.json",
        "[{\"run\":\"r\",\"mixture\":{\"domains\":[\"a\",\"b\"],\"weights\":[0.25,0.75]},"
          + "\"losses\":[{\"domain\":\"a\",\"loss\":3,\"standardError\":0.1}]}]"
      ),
    ])
  func ofSeveralKindsSayTheSame(name: String, text: String) throws {
    let table = try table(text, name: name)
    #expect(table.domains == ["a", "b"])
    #expect(table.heldOut == ["a"])
    try #require(table.rows.count == 1)
    #expect(table.rows[0].name == "r")
    #expect(table.rows[0].mixture.weights == [0.25, 0.75])
    #expect(table.rows[0].losses == [3])
  }

  @Test("of weights and of losses are joined by their index")
  func ofWeightsAndOfLossesAreJoinedByTheirIndex() throws {
    let folder = try TableFolder()
    let mixture = try folder.file(
      "train_mixture_1m.csv", "index,train_x_a,train_x_b\n1,0.1,0.9\n2,0.6,0.4\n")
    let losses = try folder.file(
      "train_x_loss_1m.csv", "index,metric/x_a_val_loss,metric/x_b_val_loss\n2.0,5,6\n1.0,3,4\n")
    let other = try folder.file("test_mixture_1m.csv", "index,train_x_b,train_x_a\n1,0.5,0.5\n")
    let otherLosses = try folder.file("test_x_loss_1m.csv", "index,metric/x_a_val_loss\n1,7\n")
    let table = try RunTable(at: [mixture, losses, other, otherLosses])
    #expect(table.domains == ["x_a", "x_b"])
    #expect(table.rows.map(\.losses) == [[3, 4], [5, 6], [7, nil]])
    #expect(table.rows.map(\.mixture.weights) == [[0.1, 0.9], [0.6, 0.4], [0.5, 0.5]])
    #expect(Set(table.rows.map(\.run)).count == 3)
    #expect(table.sizes == ["1m"])
    #expect(table.rows[0].parameters == 1e6)
    let error = message(of: { try RunTable(at: [mixture, otherLosses]) })
    #expect(error.contains("train_mixture_1m.csv: line 3: found no row '2'"))
  }

  @Test("of a study are read as far as it has come") func ofAStudyAreReadAsFarAsItHasCome() throws {
    let journal = """
      {"event":"began","version":1}
      {"at":1,"claim":{"name":"bo","ordinal":0},"event":"proposed","request":{"id":0,"mixture":{"domains":["a","b"],"weights":[0.2,0.8]},"purpose":"search","scale":{"parameters":1000,"size":"1k","tokens":20000},"seed":7}}
      {"claim":{"name":"sobol","ordinal":0},"event":"claimed","trial":0}
      {"at":1,"claim":{"name":"bo","ordinal":1},"event":"proposed","request":{"id":1,"mixture":{"domains":["a","b"],"weights":[0.5,0.5]},"purpose":"search","scale":{"parameters":1000,"size":"1k","tokens":20000},"seed":7}}
      {"at":1,"claim":{"name":"bo","ordinal":2},"event":"proposed","request":{"id":2,"mixture":{"domains":["a","b"],"weights":[1,0]},"purpose":"search","scale":{"parameters":1000,"size":"1k","tokens":20000},"seed":7}}
      {"at":2,"event":"ended","outcome":{"finished":{"epochs":[1],"losses":[{"bitsPerByte":2,"domain":"a","loss":3.5,"standardError":0.1},{"bitsPerByte":2,"domain":"c","loss":4.5,"standardError":0.1}]}},"trial":0}
      {"at":2,"event":"ended","outcome":{"diverged":{"step":3,"reason":"nan"}},"trial":2}

      """
    let folder = try TableFolder()
    _ = try folder.file("trials.jsonl", journal)
    let table = try RunTable(at: [folder.path])
    #expect(table.domains == ["a", "b"])
    #expect(table.heldOut == ["a", "c"])
    #expect(table.rows.map(\.status) == [.finished, .pending, .diverged])
    #expect(table.rows[0].losses == [3.5, 4.5])
    #expect(table.rows[0].tokens == 20000)
    #expect(table.rows[0].seed == 7)
    #expect(table.rows[0].observation(heldOut: table.heldOut)?.loss(of: "c") == 4.5)
    #expect(table.rows[1].observation(heldOut: table.heldOut) == nil)
    #expect(table.rows[2].observation(heldOut: table.heldOut)?.outcome.hasDiverged == true)
  }
}

@Suite struct RowsTests {
  @Test("are finished pending or diverged") func areFinishedPendingOrDiverged() throws {
    let table = try table(
      """
      run,status,weight_a,weight_b,loss_a,loss_b
      1,,0.5,0.5,3,4
      2,,0.5,0.5,,NA
      3,,0.5,0.5,nan,4
      4,running,0.5,0.5,3,4
      5,diverged,0.5,0.5,,
      6,done,0.5,0.5,3,
      7,,0.5,0.5,inf,inf
      8,,0.5,0.5,diverged,

      """)
    #expect(
      table.rows.map(\.status) == [
        .finished, .pending, .diverged, .pending, .diverged, .finished, .diverged, .diverged,
      ])
    #expect(table.rows[5].losses == [3, nil])
    #expect(table.rows[2].line == 4)
  }

  @Test(
    "have weights that sum to one",
    arguments: [
      ("0.123,0.456,0.42", nil), ("0.333,0.333,0.333", nil), ("0.334,0.334,0.334", "sum to 1.002"),
      ("0.3,0.3,0.3", "sum to 0.9"), ("0.5,0.3,0.15", "sum to 0.95"), ("1,1,1", "sum to 3"),
      ("-0.1,0.6,0.5", "found the weight '-0.1'"), ("half,0.5,0", "found the weight 'half'"),
      ("0.2,,0.8", nil), ("0.2,nan,0.8", "found the weight 'nan'"), ("1e-1,0.9,0", nil),
      ("0,0,0", "sum to 0"), ("0.2,,0.7", "sum to 0.9"),
    ])
  func haveWeightsThatSumToOne(weights: String, problem: String?) throws {
    let text = "weight_a,weight_b,weight_c,loss_a\n1.000,0,0,2\n0,1,0,2\n\(weights),3\n"
    if let problem {
      let words = message(of: { try table(text) })
      #expect(words.contains("runs.csv: line 4: "), "\(words)")
      #expect(words.contains(problem), "\(words)")
      #expect(!words.contains("\n"))
    } else {
      let table = try table(text)
      #expect(abs(table.rows[2].mixture.weights.reduce(0, +) - 1) < 1e-12)
    }
  }

  @Test("without any weight are left out and that is told")
  func withoutAnyWeightAreLeftOutAndThatIsTold() throws {
    let table = try table("method,w_a,w_b,loss\nx,0.5,0.5,3\ny,,,4\n")
    #expect(table.rows.count == 1)
    #expect(
      table.notes.contains { $0.hasSuffix("left out a row without weights, the first in line 3") })
  }

  @Test("may be per cent but not now and then") func mayBePerCentButNotNowAndThen() throws {
    let text = "weight_a,weight_b,loss_a\n20,80,3\n33.3,66.6,4\n"
    let table = try table(text)
    #expect(table.rows[0].mixture.weights == [0.2, 0.8])
    #expect(table.layout.whole == 100)
    let error = message(of: { try RunTablesTests.table(text + "0.4,0.6,5\n") })
    #expect(error.contains("line 4: the weights weight_a to weight_b sum to 1, expected 100"))
  }

  @Test(
    "that are malformed are named",
    arguments: [
      ("a,b\n", "found no weights among the columns a, b", "t.csv"), ("", "found no rows", "t.csv"),
      ("x,y\n1,2\n3,4\n", "found no weights among the columns x, y", "t.csv"),
      ("weight_a,weight_b\n0.5,0.5\n", "found no losses", "t.csv"),
      ("weight_a,weight_b,loss_a\n0.5,0.5\n", "line 2: found 2 fields, expected 3", "t.csv"),
      ("weight_a,weight_b,loss_a\n0.5,0.5,1,2\n", "line 2: found 4 fields, expected 3", "t.csv"),
      ("weight_a,weight_b,loss_a\n0.5,0.5,high\n", "line 2: found the loss 'high'", "t.csv"),
      (
        "weight_a,weight_b,loss_a\n0.5,0.5,\"3\n", "line 2: expected '\"' to end the field", "t.csv"
      ),
      ("0.5,0.5,3\n0.1,0.9,4\n", "line 1: found numbers, expected the names", "t.csv"),
      ("weight_a,weight_a,loss_a\n0.5,0.5,3\n", "found the column 'weight_a' twice", "t.csv"),
      (
        "step,weight_a,weight_b,loss_a\n9,0.4,0.6,3.1\nlate,0.5,0.5,3\n",
        "found 'late' in the column 'step'",
        "t.csv"
      ),
      ("seed,weight_a,weight_b,loss_a\n1.5,0.5,0.5,3\n", "found the seed '1.5'", "t.csv"),
      (
        "{\"weight_a\":0.5\n{\"weight_a\":1}\n", "line 1: found the end, expected ',' or '}'",
        "t.jsonl"
      ),
      ("[1,2]", "line 1: found no object", "t.json"),
      (
        "weight_a,weight_b,acc_a\n0.5,0.5,0.7\n", "--maximize 'acc_a' where higher is better",
        "t.csv"
      ),
      ("PK\u{3}\u{4}xx", "found a zip or Excel file", "t.xlsx"),
    ])
  func thatAreMalformedAreNamed(text: String, problem: String, name: String) {
    let words = message(of: { try table(text, name: name) })
    #expect(words.contains(problem), "\(words)")
    #expect(words.contains("/\(name): "), "\(words)")
    #expect(!words.contains("\n"))
  }

  @Test("of other domains do not mix") func ofOtherDomainsDoNotMix() throws {
    let folder = try TableFolder()
    let a = try folder.file("a.csv", "weight_a,weight_b,loss_a\n0.5,0.5,3\n")
    let b = try folder.file("b.csv", "weight_a,weight_c,loss_a\n0.5,0.5,3\n")
    let error = message(of: { try RunTable(at: [a, b]) })
    #expect(error.contains("b.csv: found the domains a, c, expected those of"))
  }
}

@Suite struct SelectionsTests {
  private let text = """
    run,size,step,w0,w1,loss_a
    A,70M,1000,0.5,0.5,5
    A,70M,2000,0.5,0.5,4
    A,70M,3000,0.5,0.5,3.9
    B,70M,1000,0.2,0.8,5.5
    B,70M,2000,0.2,0.8,4.5
    C,70M,2000,0.1,0.9,
    A,1B,2000,0.5,0.5,2
    B,1B,2000,0.2,0.8,2.5

    """

  @Test("take the size and the step that most runs have")
  func takeTheSizeAndTheStepThatMostRunsHave() throws {
    let table = try table(text)
    #expect(table.sizes == ["70M", "1B"])
    #expect(table.rows.map(\.run) == [0, 0, 0, 1, 1, 2, 3, 4])
    let chosen = try table.selected(RunSelection())
    #expect(chosen.rows.map(\.losses) == [[4], [4.5], [nil]])
    #expect(chosen.notes.contains { $0.hasPrefix("size 70M of 70M, 1B") })
    #expect(chosen.notes.contains { $0.hasPrefix("step 2000, the last that 2 runs have") })
  }

  @Test("take what was asked for") func takeWhatWasAskedFor() throws {
    let table = try table(text)
    #expect(try table.selected(RunSelection(size: "1000M")).rows.map(\.losses) == [[2], [2.5]])
    #expect(
      try table.selected(RunSelection(size: "70m", step: 3000)).rows.map(\.losses) == [[3.9]])
    let error = message(of: { try table.selected(RunSelection(size: "7B")) })
    #expect(error.contains("size 7B, expected one of 70M, 1B"))
    #expect(throws: RunTableError.self) { try table.selected(RunSelection(step: 17)) }
  }
}

@Suite struct WrittenRowsTests {
  @Test("sum to one and are read back") func sumToOneAndAreReadBack() throws {
    let layout = TableLayout(domains: ["a", "b", "c"], heldOut: ["a", "d"])
    #expect(
      layout.headings.joined(separator: ",") == "run,weight_a,weight_b,weight_c,loss_a,loss_d")
    let third = Mixture.uniform(over: ["a", "b", "c"])
    #expect(layout.cells(name: "1", mixture: third) == ["1", "0.3334", "0.3333", "0.3333", "", ""])
    let text =
      TableLayout.line(layout.headings) + "\n"
      + TableLayout.line(layout.cells(name: "x, \"y\"", mixture: third)) + "\n"
    let back = try table(text)
    #expect(back.rows[0].name == "x, \"y\"")
    #expect(back.rows[0].status == .pending)
    #expect(back.rows[0].mixture == TableLayout.rounded(third))
  }

  @Test("have the tables own columns") func haveTheTablesOwnColumns() throws {
    let table = try table(
      "note,books,web,tokens,val_loss,seed\nfirst,20,80,2.5B,3,1\nx,33.3,66.7,2.5B,4,2\n")
    #expect(table.domains == ["books", "web"])
    let mixture = try Mixture(domains: ["books", "web"], weights: [0.12345, 0.87655])
    #expect(
      table.layout.cells(name: "9", mixture: mixture) == ["", "12.35", "87.65", "2.5B", "", ""])
  }
}
