import Foundation
import Mixtures
import RunTables
import Testing

/// Tables as people's tools and habits leave them.
@Suite("A stranger's table") struct StrangersTable {
  private static let mixtures = [
    [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.34, 0.33, 0.33], [0.25, 0.25, 0.5],
  ]

  /// A line for each mixture.
  private func rows(_ line: (_ index: Int, _ weights: [Double]) -> String) -> String {
    Self.mixtures.enumerated().map { line($0.offset, $0.element) + "\n" }.joined()
  }

  private func areRead(_ found: RunTable) -> Bool {
    found.rows.count == Self.mixtures.count
      && zip(found.rows, Self.mixtures).allSatisfy { row, weights in
        zip(row.mixture.weights, weights).allSatisfy { abs($0 - $1) < 1e-12 }
      }
  }

  private func expectRead(_ found: RunTable, _ comment: Comment) {
    #expect(found.domains == ["books", "web", "code"], comment)
    #expect(areRead(found), comment)
    #expect(found.rows.allSatisfy { $0.status == .finished }, comment)
  }

  @Test(
    "has a whole mixture in one column, and gets it back so",
    arguments: [
      (#""books=A,web=B,code=C""#, #""books=0.5,web=0.25,code=0.25""#),
      ("books:A;web:B;code:C", "books:0.5;web:0.25;code:0.25"),
      ("books=A web=B code=C", "books=0.5 web=0.25 code=0.25"),
      (
        #""{""books"": A, ""web"": B, ""code"": C}""#,
        #""{""books"": 0.5, ""web"": 0.25, ""code"": 0.25}""#
      ),
      (
        #""{'books': A, 'web': B, 'code': C}""#, #""{'books': 0.5, 'web': 0.25, 'code': 0.25}""#
      ),
    ])
  func packed(cell: String, written: String) throws {
    let text =
      "run,mixture,loss\n"
      + rows { index, w in
        "\(index),"
          + cell.replacing("A", with: "\(w[0])").replacing("B", with: "\(w[1])")
          .replacing("C", with: "\(w[2])") + ",3.\(index)1"
      }
    let found = try table(text)
    expectRead(found, "\(cell)")
    let layout = found.layout
    #expect(layout.header == "run,mixture,loss\n")
    let next = Mixture(domains: found.domains, proportionalTo: [0.5, 0.25, 0.25])
    let line = layout.line(layout.cells(name: "5", mixture: next))
    #expect(line == "5,\(written),\n")
    #expect(try table(text + line).rows.last?.mixture == next)
  }

  @Test("has a list of weights, and dictionaries of W&B's interface")
  func nested() throws {
    let list = try table(
      "weights,loss\n" + rows { "\"[\($1[0]), \($1[1]), \($1[2])]\",3.\($0)" })
    #expect(areRead(list))
    let wandb = try table(
      ",summary,config,name\n"
        + rows { index, w in
          "\(index),\"{'loss_books': 3.\(index), 'loss_web': 2.5, '_wandb': {'runtime': 5}}\","
            + "\"{'weights': {'books': \(w[0]), 'web': \(w[1]), 'code': \(w[2])}, 'tag': None}\",r\(index)"
        })
    expectRead(wandb, "W&B")
    #expect(wandb.heldOut == ["books", "web"])
  }

  @Test("says amounts of text in place of shares") func amounts() throws {
    let found = try table(
      "run,tokens_books,tokens_web,tokens_code,loss\n"
        + rows { index, w in
          (["\(index)"] + w.map { "\(Int(($0 * 1e9).rounded()))" } + ["3.\(index)"])
            .joined(separator: ",")
        })
    #expect(found.domains == ["books", "web", "code"])
    for (row, weights) in zip(found.rows, Self.mixtures) {
      for (a, b) in zip(row.mixture.weights, weights) { #expect(abs(a - b) < 1e-12) }
    }
    #expect(found.notes.contains { $0.contains("amounts") })
    let next = Mixture(domains: found.domains, proportionalTo: [0.5, 0.25, 0.25])
    #expect(
      found.layout.cells(name: "5", mixture: next)
        == ["5", "500000000", "250000000", "250000000", ""])
  }

  @Test("is a page of Markdown, or has strokes between fields, or humps in its headings")
  func otherSigns() throws {
    let markdown = try table(
      "| run | weight_books | weight_web | weight_code | loss |\n|:--|---|---|---|--:|\n"
        + rows { "| \($0) | \($1[0]) | \($1[1]) | \($1[2]) | 3.\($0) |" }, name: "runs.md")
    expectRead(markdown, "Markdown")
    let strokes = try table(
      "run|weight_books|weight_web|weight_code|loss\n"
        + rows { "\($0)|\($1[0])|\($1[1])|\($1[2])|3.\($0)" })
    expectRead(strokes, "strokes")
    #expect(strokes.layout.header == "run|weight_books|weight_web|weight_code|loss\n")
    let humps = try table(
      "runId,weightBooks,weightWeb,weightCode,lossBooks,valLossWeb\n"
        + rows { "\($0),\($1[0]),\($1[1]),\($1[2]),3.\($0),2.\($0)" })
    #expect(humps.domains == ["Books", "Web", "Code"] && humps.heldOut == ["Books", "Web"])
    // A name of its own keeps its humps.
    let names = try table("weight_OpenWebMath,weight_pg19,loss_OpenWebMath\n0.5,0.5,3\n")
    #expect(names.domains == ["OpenWebMath", "pg19"] && names.heldOut == ["OpenWebMath"])
    let percent = try table(
      "run,books (%),web (%),loss\n" + rows { "\($0),\(100 * $1[0]),\(100 - 100 * $1[0]),3.\($0)" })
    #expect(percent.domains == ["books", "web"])
  }

  @Test("has settings beside the weights that nearly sum to one with them") func settings() throws {
    let ray = try table(
      "loss,trial_id,config/books,config/web,config/code,config/lr\n"
        + rows { "3.\($0),a\($0),\($1[0]),\($1[1]),\($1[2]),0.001" })
    expectRead(ray, "Ray")
    // Unless it is the setting that makes the sum one.
    let named = try table(
      "number,params_time,params_rank,loss_time,state\n"
        + rows { index, _ in
          "\(index),0.99\(index + 1),0.00\(9 - index),3.\(index),COMPLETE"
        })
    #expect(named.domains == ["time", "rank"])
    let optuna = try table(
      "number,values_loss_books,values_loss_web,params_books,params_web,params_code,state\n"
        + rows { "\($0),3.\($0),2.\($0),\($1[0]),\($1[1]),\($1[2]),COMPLETE" })
    expectRead(optuna, "Optuna")
    #expect(optuna.heldOut == ["books", "web"])
  }

  @Test(
    "says why runs ended",
    arguments: [
      ("exit_reason", "CUDA out of memory", "max steps"), ("exit_code", "137", "0"),
      ("error_message", "NCCL timeout on node 4", ""),
      ("state", "job was preempted by x", "finished"),
      ("status", "exited: SIGKILL", "done"),
    ])
  func reasons(heading: String, bad: String, good: String) throws {
    let found = try table(
      "run,weight_books,weight_web,weight_code,loss,\(heading)\n"
        + rows { index, w in
          "\(index),\(w[0]),\(w[1]),\(w[2]),\(index == 2 ? "" : "3.\(index)"),"
            + (index == 2 ? bad : good)
        })
    #expect(
      found.rows.map(\.status) == [.finished, .finished, .lost, .finished, .finished], "\(heading)")
  }

  @Test("has a loss that no model has") func outOfBounds() throws {
    let found = try table(
      "run,weight_books,weight_web,weight_code,loss_books,loss_web\n"
        + rows { index, w in
          "\(index),\(w[0]),\(w[1]),\(w[2]),\(index == 2 ? "1e30" : "3.\(index)"),2.\(index)"
        })
    #expect(found.rows.map(\.status)[2] == .diverged)
    #expect(found.rows.count { $0.status == .finished } == 4)
    #expect(found.notes.contains { $0.contains("line 4") && $0.contains("diverged") })
    // Far apart is not out of bounds.
    let apart = try table(
      "weight_a,weight_b,loss\n0.1,0.9,2\n0.2,0.8,3\n0.3,0.7,9\n0.4,0.6,12\n0.5,0.5,2.5\n")
    #expect(apart.rows.allSatisfy { $0.status == .finished })
  }

  @Test("tells a task per word and per byte, of which one counts") func units() throws {
    let found = try table(
      "model,books,web,code,wikitext/word_perplexity,wikitext/byte_perplexity,wikitext/bits_per_byte,lambada/perplexity\n"
        + rows { "m\($0),\($1[0]),\($1[1]),\($1[2]),2\($0).5,1.9,0.9\($0),1\($0).1" })
    #expect(found.heldOut == ["wikitext", "lambada"])
    #expect(found.notes.contains { $0.contains("wikitext/byte_perplexity") })
  }

  @Test("says which scores it leaves out, and that it took logarithms") func leftOut() throws {
    let found = try table(
      "run,books,web,code,ppl_books,ppl_web,hellaswag_acc_norm,mmlu_acc,mmlu_acc_stderr,step\n"
        + rows {
          "\($0),\($1[0]),\($1[1]),\($1[2]),2\($0).5,1\($0).9,0.3\($0),0.2\($0),0.01,900\($0)"
        })
    #expect(found.heldOut == ["books", "web"])
    let scores = try #require(found.notes.first { $0.contains("scores that are not used") })
    #expect(scores.contains("hellaswag_acc_norm, mmlu_acc;"), "\(scores)")
    #expect(found.notes.contains { $0.contains("logarithm is the loss: ppl_books, ppl_web") })
    let plain = try table(
      "run,books,web,code,loss_books,loss_web\n"
        + rows { "\($0),\($1[0]),\($1[1]),\($1[2]),2.\($0)5,1.\($0)9" })
    #expect(plain.notes.allSatisfy { !$0.contains("not used") && !$0.contains("logarithm") })
  }

  @Test("names all scores that a direction is asked for") func scores() {
    let words = message {
      try table(
        "run,books,web,code,arc_acc,mmlu\n"
          + rows { "\($0),\($1[0]),\($1[1]),\($1[2]),0.4\($0),0.3\($0)" })
    }
    #expect(words.contains("--maximize 'arc_acc,mmlu'"), "\(words)")
  }

  @Test("has a title, headings in two lines, a list for each column, or a little below zero")
  func frames() throws {
    let title = try table(
      "Mixture study of May,,,,\nrun,weight_books,weight_web,weight_code,loss\n"
        + rows { "\($0),\($1[0]),\($1[1]),\($1[2]),3.\($0)" })
    expectRead(title, "title")
    #expect(title.notes.contains { $0.contains("title") })
    let levels = try table(
      "run,weights,weights,weights,losses,losses\n,books,web,code,books,web\n"
        + rows { "\($0),\($1[0]),\($1[1]),\($1[2]),3.\($0),2.\($0)" })
    expectRead(levels, "levels")
    #expect(levels.heldOut == ["books", "web"])
    func list(_ cell: ([Double]) -> Double) -> String {
      "[" + Self.mixtures.map { "\(cell($0))" }.joined(separator: ", ") + "]"
    }
    let lists = try table(
      "{\"weight_books\": \(list { $0[0] }), \"weight_web\": \(list { $0[1] }), "
        + "\"weight_code\": \(list { $0[2] }), \"loss\": \(list { 3 + $0[0] })}", name: "t.json")
    expectRead(lists, "lists")
    // One run is one run.
    let one = try table("{\"weights\": [0.2, 0.8], \"losses\": [3.1, 2.5]}\n", name: "t.jsonl")
    #expect(one.rows.count == 1 && one.domains.count == 2)
    let below = try table(
      "run,weight_books,weight_web,weight_code,total_weight,loss\n"
        + rows { "\($0),-1e-9,\($1[0] + $1[1]),\($1[2]),1.0,3.\($0)" })
    #expect(below.domains == ["books", "web", "code"])
    #expect(below.rows.allSatisfy { $0.mixture.weights[0] == 0 })
  }
}
