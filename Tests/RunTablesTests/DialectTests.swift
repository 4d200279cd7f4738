import Foundation
import Mixtures
import RunTables
import Testing

@Suite("Tables that other tools wrote") struct TablesThatOtherToolsWrote {
  private static let plain = "run,weight_a,weight_b,loss_a\n1,0.25,0.75,3.125\n2,0.5,0.5,3.5\n"

  private static let exports: [(String, String)] = [
    (
      "semicolons and decimal commas",
      "run;weight_a;weight_b;loss_a\r\n1;0,25;0,75;3,125\r\n2;0,5;0,5;3,5\r\n"
    ),
    (
      "Excel's sep=",
      "sep=;\r\nrun;weight_a;weight_b;loss_a\r\n1;0,25;0,75;3,125\r\n2;0,5;0,5;3,5\r\n"
    ),
    (
      "tabs and decimal commas",
      "run\tweight_a\tweight_b\tloss_a\n1\t0,25\t0,75\t3,125\n2\t0,5\t0,5\t3,5\n"
    ),
    (
      "quoted decimal commas",
      "run,weight_a,weight_b,loss_a\n1,\"0,25\",\"0,75\",\"3,125\"\n2,\"0,5\",\"0,5\",\"3,5\"\n"
    ),
    ("sep=, and points", "sep=,\nrun,weight_a,weight_b,loss_a\n1,0.25,0.75,3.125\n2,0.5,0.5,3.5\n"),
    (
      "per cent and decimal commas",
      "run;weight_a;weight_b;loss_a\n1;25 %;75 %;3,125\n2;50 %;50 %;3,5\n"
    ),
    (
      "headings said twice",
      "run,weight_a,weight_b,loss_a\n1,0.25,0.75,3.125\nrun,weight_a,weight_b,loss_a\n2,0.5,0.5,3.5\n"
    ),
    (
      "records",
      #"[{"run":1,"weight_a":0.25,"weight_b":0.75,"loss_a":3.125},{"run":2,"weight_a":0.5,"weight_b":0.5,"loss_a":3.5}]"#
    ),
    (
      "split",
      #"{"columns":["run","weight_a","weight_b","loss_a"],"index":[0,1],"data":[[1,0.25,0.75,3.125],[2,0.5,0.5,3.5]]}"#
    ),
    (
      "columns",
      #"{"run":{"0":1,"1":2},"weight_a":{"0":0.25,"1":0.5},"weight_b":{"0":0.75,"1":0.5},"loss_a":{"0":3.125,"1":3.5}}"#
    ),
    (
      "index",
      #"{"0":{"run":1,"weight_a":0.25,"weight_b":0.75,"loss_a":3.125},"1":{"run":2,"weight_a":0.5,"weight_b":0.5,"loss_a":3.5}}"#
    ),
    (
      "index by name",
      #"{"1":{"weight_a":0.25,"weight_b":0.75,"loss_a":3.125},"2":{"weight_a":0.5,"weight_b":0.5,"loss_a":3.5}}"#
    ),
    (
      "table",
      #"{"schema":{"fields":[{"name":"run","type":"integer"}]},"data":[{"run":1,"weight_a":0.25,"weight_b":0.75,"loss_a":3.125},{"run":2,"weight_a":0.5,"weight_b":0.5,"loss_a":3.5}]}"#
    ),
    (
      "lines",
      #"{"run":1,"weight_a":0.25,"weight_b":0.75,"loss_a":3.125}\#n{"run":2,"weight_a":0.5,"weight_b":0.5,"loss_a":3.5}"#
    ),
    (
      "nested",
      #"{"run":1,"mixture":{"a":0.25,"b":0.75},"losses":{"a":3.125}}\#n{"run":2,"mixture":{"a":0.5,"b":0.5},"losses":{"a":3.5}}"#
    ),
    (
      "W&B",
      #"[{"name":1,"state":"finished","config":{"weights":{"a":0.25,"b":0.75},"lr":0.1},"summary":{"eval/a/loss":3.125,"_step":9,"_runtime":3}},{"name":2,"state":"finished","config":{"weights":{"a":0.5,"b":0.5},"lr":0.1},"summary":{"eval/a/loss":3.5,"_step":9,"_runtime":4}}]"#
    ),
    (
      "W&B's values",
      "Name,State,config.weight_a.value,config.weight_b.value,loss_a,loss_a__MIN,loss_a__MAX\n1,finished,0.25,0.75,3.125,3,4\n2,finished,0.5,0.5,3.5,3,4\n"
    ),
    (
      "Optuna",
      "number,value,datetime_start,duration,params_a,params_b,params_lr,user_attrs_loss_a,state\n1,9,2026-01-01,0 days,0.25,0.75,0.1,3.125,COMPLETE\n2,9,2026-01-01,0 days,0.5,0.5,0.2,3.5,COMPLETE\n"
    ),
    (
      "Optuna's order",
      "number,params_a,params_batch,params_b,user_attrs_loss_a,state\n1,0.25,32,0.75,3.125,COMPLETE\n2,0.5,64,0.5,3.5,COMPLETE\n"
    ),
    (
      "MLflow",
      "run_id,experiment_id,status,start_time,metrics.loss_a,params.weight_a,params.weight_b,params.lr\n1,0,FINISHED,1,3.125,0.25,0.75,1\n2,0,FINISHED,2,3.5,0.5,0.5,1\n"
    ),
    (
      "Ray",
      "loss_a,timestamp,done,training_iteration,trial_id,time_total_s,pid,config/a,config/b\n3.125,1,True,9,1,7,11,0.25,0.75\n3.5,1,True,9,2,8,12,0.5,0.5\n"
    ),
    (
      "Ax",
      "trial_index,arm_name,trial_status,generation_method,loss_a,weight_a,weight_b\n1,1,COMPLETED,Sobol,3.125,0.25,0.75\n2,2,COMPLETED,BoTorch,3.5,0.5,0.5\n"
    ),
    (
      "a byte order mark",
      "\u{feff}run,weight_a,weight_b,loss_a\n1,0.25,0.75,3.125\n2,0.5,0.5,3.5\n"
    ),
  ]

  @Test("say what a plain one says", arguments: exports)
  func sayWhatAPlainOneSays(tool: String, text: String) throws {
    let expected = try table(Self.plain)
    let found = try table(text, name: "runs.txt")
    #expect(found.domains == ["a", "b"], "\(tool)")
    #expect(found.heldOut == ["a"], "\(tool)")
    #expect(found.rows.map(\.mixture.weights) == expected.rows.map(\.mixture.weights), "\(tool)")
    #expect(found.rows.map(\.losses) == expected.rows.map(\.losses), "\(tool)")
    #expect(found.rows.map(\.status) == [.finished, .finished], "\(tool)")
    #expect(found.rows.map(\.name) == ["1", "2"], "\(tool)")
  }

  @Test("are read as UTF-16, as Windows-1252 and through gzip")
  func areReadAsUTF16AsWindows1252AndThroughGzip() throws {
    let folder = try TableFolder()
    let text = "run\tweight_prosa\tweight_müll\tloss_müll\n1\t0,5\t0,5\t3,25\n"
    let wide = folder.path + "/wide.txt"
    try text.data(using: .utf16)!.write(to: URL(fileURLWithPath: wide))
    let narrow = folder.path + "/narrow.txt"
    try text.data(using: .windowsCP1252)!.write(to: URL(fileURLWithPath: narrow))
    for path in [wide, narrow] {
      let table = try RunTable(at: [path])
      #expect(table.domains == ["prosa", "müll"] && table.heldOut == ["müll"])
      #expect(table.rows[0].losses == [3.25])
      #expect(table.notes.contains { $0.contains("read as") })
    }
    // gzip -n of "weight_a,weight_b,loss_a\n0.25,0.75,3\n".
    let bytes = Data(base64Encoded: Self.compressed)!
    let path = folder.path + "/runs.csv.gz"
    try bytes.write(to: URL(fileURLWithPath: path))
    let table = try RunTable(at: [path])
    #expect(table.rows.map(\.losses) == [[3]])
    #expect(table.layout.dialect.isCompressed)
  }

  private static let compressed =
    "H4sIAAAAAAAAAytPzUzPKIlP1CmHMJJ0cvKLi+MTuQz0jEx1DPTMTXWMuQBzHmagJQAAAA=="

  @Test("are not guessed at where marks are mixed") func areNotGuessedAtWhereMarksAreMixed() {
    let text =
      "run;weight_a;weight_b;loss_a\n" + (1...8).map { "\($0);0,5;0,5;3,2\n" }.joined()
      + "9;0.5;0.5;3.2\n"
    #expect(
      message(of: { try table(text) }).contains(
        "line 10: found the weight '0.5' in the column 'weight_a', expected a number from 0 to 1 with a "
          + "decimal comma"))
  }

  @Test("have commas between thousands where that is what they are")
  func haveCommasBetweenThousandsWhereThatIsWhatTheyAre() throws {
    let table = try table(
      "run\ttokens\tweight_a\tweight_b\tloss_a\n1\t1,000,000\t0.5\t0.5\t3.25\n2\t20,000\t0.5\t0.5\t3.5\n"
    )
    #expect(table.rows.map(\.tokens) == [1_000_000, 20_000])
    let german = try RunTablesTests.table(
      "run;tokens;weight_a;weight_b;loss_a\n1;1.000.000;0,5;0,5;3,25\n2;2.500,5;0,5;0,5;3,5\n")
    #expect(german.rows.map(\.tokens) == [1_000_000, 2500.5])
  }
}

@Suite("Runs that did not finish") struct RunsThatDidNotFinish {
  private static let words: [(String, RunTable.Status)] = [
    ("COMPLETE", .finished), ("TrialState.COMPLETE", .finished),
    ("finished", .finished),
    ("TERMINATED", .finished), ("COMPLETED", .finished), ("FINISHED", .finished),
    ("RUNNING", .pending), ("WAITING", .pending), ("SCHEDULED", .pending), ("CANDIDATE", .pending),
    ("PENDING", .pending), ("PAUSED", .pending), ("FAIL", .lost), ("FAILED", .lost),
    ("crashed", .lost),
    ("killed", .lost), ("KILLED", .lost), ("preempted", .lost), ("ERROR", .lost),
    ("OUT_OF_MEMORY", .lost),
    ("out of memory", .lost), ("OOM", .lost), ("NODE_FAIL", .lost), ("TIMEOUT", .lost),
    ("PRUNED", .cancelled), ("ABANDONED", .cancelled), ("EARLY_STOPPED", .cancelled),
    ("CANCELLED by 1001", .cancelled), ("diverged", .diverged), ("failed: loss is nan", .diverged),

  ]

  @Test("are told apart by the words of every tool", arguments: words)
  func areToldApartByTheWordsOfEveryTool(word: String, status: RunTable.Status) throws {
    let table = try table(
      "run,state,weight_a,weight_b,loss_a\n1,\(word),0.5,0.5,3.25\n2,finished,0.5,0.5,3.5\n")
    #expect(table.rows[0].status == status)
    #expect(table.rows[0].losses == (status == .finished ? [3.25] : [nil]))
    if status == .lost {
      #expect(table.notes.contains { $0.contains("says nothing of the mixture") })
      #expect(
        table.notes.contains { $0.contains("losses of a run that did not finish are not used") })
    }
  }

  @Test("are known from columns of yes and no") func areKnownFromColumnsOfYesAndNo() throws {
    let table = try table(
      "run,diverged,failed,weight_a,weight_b,loss_a\n1,True,False,0.5,0.5,\n2,False,True,0.5,0.5,\n"
        + "3,False,False,0.5,0.5,3\n4,,,0.5,0.5,\n")
    #expect(table.rows.map(\.status) == [.diverged, .lost, .finished, .pending])
    #expect(!table.notes.contains { $0.contains("is not known") })
  }

  @Test("have words that nobody knows told") func haveWordsThatNobodyKnowsTold() throws {
    let table = try table("run,status,weight_a,weight_b,loss_a\n1,meh,0.5,0.5,3\n")
    #expect(table.rows[0].status == .finished)
    #expect(table.notes.contains { $0.contains("the state 'meh' of a run is not known") })
  }
}

@Suite("Rows that are there more than once") struct RowsThatAreThereMoreThanOnce {
  @Test("are one run where they are the same") func areOneRunWhereTheyAreTheSame() throws {
    let table = try table(
      "run,weight_a,weight_b,loss_a\n1,0.5,0.5,3.1234\n2,0.2,0.8,3.2\n1,0.5,0.5,3.1234\n")
    #expect(table.rows.count == 2)
    #expect(
      table.notes.contains {
        $0.contains("a row is there twice and counts once, the first in line 4")
      })
  }

  @Test("are replicates where seeds or losses differ") func areReplicatesWhereSeedsOrLossesDiffer()
    throws
  {
    let table = try table(
      "run,seed,weight_a,weight_b,loss_a\n1,1,0.5,0.5,3.1234\n2,2,0.5,0.5,3.1334\n3,3,0.5,0.5,3.1234\n"
    )
    #expect(table.rows.count == 3)
    let coarse = try RunTablesTests.table("weight_a,weight_b,loss_a\n0.5,0.5,3.1\n0.5,0.5,3.1\n")
    #expect(coarse.rows.count == 2)
  }

  @Test("end where one of them has ended") func endWhereOneOfThemHasEnded() throws {
    let table = try table(
      "run,weight_a,weight_b,loss_a\n1,0.5,0.5,\n2,0.2,0.8,3.2\n1,0.5,0.5,3.1234\n2,0.2,0.8,\n")
    #expect(table.rows.map(\.name) == ["2", "1"])
    #expect(table.rows.map(\.status) == [.finished, .finished])
  }
}

@Suite("Columns that are no losses") struct ColumnsThatAreNoLosses {
  @Test(
    "are never taken for some",
    arguments: [
      "number", "trial_index", "step", "epoch", "_step", "_runtime", "_timestamp", "iteration",
      "duration",
      "training_iteration", "time_total_s", "pid", "batch_size", "learning_rate", "Created",
      "Runtime",
    ])
  func areNeverTakenForSome(heading: String) throws {
    let rows = (1...4).map { "r\($0),0.\($0),0.\(10 - $0),\($0)\n" }.joined()
    let text = "run,weight_a,weight_b,\(heading)\n" + rows
    #expect(message(of: { try table(text) }).contains("found no losses among the columns"))
    let with = try table(
      text.replacing("\n", with: ",3\n").replacing("\(heading),3", with: "\(heading),loss"))
    #expect(with.heldOut == ["loss"])
  }

  @Test("are explained one by one") func areExplainedOneByOne() throws {
    let folder = try TableFolder()
    let path = try folder.file(
      "t.csv", "run,weight_a,weight_b,loss_a,acc_a,notes,lr\n1,0.5,0.5,3,0.7,x,1\n")
    let columns = try RunTable.explanation(of: [path])[0].columns
    #expect(
      columns.map(\.heading) == ["run", "weight_a", "weight_b", "loss_a", "acc_a", "notes", "lr"])
    #expect(columns[1].use == "weight of 'a'" && columns[3].use == "loss of 'a'")
    #expect(columns[4].use == "not used" && columns[4].change!.contains("--maximize 'acc_a'"))
    #expect(columns.allSatisfy { !$0.reason.isEmpty })
  }
}

@Suite("Scores") struct Scores {
  private let text = """
    run,weight_a,weight_b,acc_a,acc_b,loss_a,loss_b
    1,0.5,0.5,0.7,0.6,3.1,3.2
    2,0.2,0.8,0.5,0.8,3.3,3.0

    """

  @Test("are what is to rise where they are named") func areWhatIsToRiseWhereTheyAreNamed() throws {
    let table = try table(text, columns: .init(maximize: ["acc_*"]))
    #expect(table.targets == ["a", "b"])
    #expect(table.measures[0].unit == .score(bound: 1))
    #expect(abs(table.rows[0].losses[0]! - 0.3) < 1e-12)
    #expect(abs(table.measures[0].original(0.3) - 0.7) < 1e-12)
    // The losses are there to be guarded.
    #expect(table.heldOut == ["a", "b", "loss_a", "loss_b"])
  }

  @Test("are per cent, shares or anything") func arePerCentSharesOrAnything() throws {
    func unit(_ values: [String], _ heading: String = "acc") throws -> RunTable.Measure.Unit {
      let rows = values.map { "0.5,0.5,\($0)\n" }.joined()
      return try table("weight_a,weight_b,\(heading)\n" + rows, columns: .init(maximize: [heading]))
        .measures[0].unit
    }
    #expect(try unit(["70.5", "80"]) == .score(bound: 100))
    #expect(try unit(["0.5", "1"]) == .score(bound: 1))
    #expect(try unit(["-3", "12"], "reward") == .score(bound: nil))
    #expect(try unit(["340", "12"], "score") == .score(bound: nil))
  }
}

@Suite("Names that look like sizes") struct NamesThatLookLikeSizes {
  @Test("name the runs where each row has another") func nameTheRunsWhereEachRowHasAnother() throws
  {
    let rows = (1...6).map { "out/mix_\($0)/step_2000,0.5,0.5,3.\($0)\n" }.joined()
    let table = try table("model_name,weight_a,weight_b,loss_a\n" + rows)
    #expect(table.sizes == [""])
    #expect(table.rows.map(\.name).compactMap { $0 }.count == 6)
    let numbered = (1...6).map { "\($0)b,0.5,0.5,3.\($0)\n" }.joined()
    #expect(try RunTablesTests.table("model,weight_a,weight_b,loss_a\n" + numbered).sizes == [""])
    let sizes = (1...6).map { "\($0 % 2 == 0 ? "70M" : "1B"),0.5,0.5,3.\($0)\n" }.joined()
    #expect(
      try RunTablesTests.table("model,weight_a,weight_b,loss_a\n" + sizes).sizes == ["70M", "1B"])
  }

  @Test("have the unit of their heading") func haveTheUnitOfTheirHeading() throws {
    let table = try table(
      "run,model_size_M,weight_a,weight_b,loss_a\n1,160,0.5,0.5,3\n2,410,0.5,0.5,2\n")
    #expect(table.sizes == ["160M", "410M"])
    #expect(try table.selected(RunSelection(size: "410M")).rows.map(\.losses) == [[2]])
    #expect(try table.selected(RunSelection(size: "410000000")).rows.count == 1)
    let chosen = try table.selected(RunSelection(size: "0.41B"))
    #expect(
      chosen.layout.cells(name: "9", mixture: .uniform(over: ["a", "b"]))
        == ["9", "410", "0.5", "0.5", ""])
  }
}
