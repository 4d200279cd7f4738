import Foundation
import MixtureMethods
import Mixtures
import RunTables
import Testing

@testable import TableSearches

private let domains = ["stack", "wiki", "news"]

/// Losses by a power law in size and length, and each domain's own text helping.
private func losses(_ w: [Double], _ parameters: Double, _ tokens: Double) -> [Double] {
  let level = 1.7 + 4.6 * pow(parameters / 1e6, -0.28) + 3.1 * pow(tokens / 1e8, -0.3)
  return w.map { level * (1 + 0.12 * exp(-7 * $0)) }
}

private let heading =
  "run,size,tokens,weight_stack,weight_wiki,weight_news,loss_stack,loss_wiki,loss_news"

private let lattice: [[Double]] = (0..<15).map { i in
  let a = Double(i % 5) / 5 + 0.05
  let b = (1 - a) * (Double(i / 5) + 0.5) / 3
  return [a, b, 1 - a - b]
}

/// Fifteen mixtures at 20M and 60M, 20 tokens a parameter.
private func table(
  head: String, weights: String = "weight_", measured: String = "loss_",
  shares: [Double] = [1], _ cells: (_ run: Int, _ size: Double, _ tokens: Double) -> String
) throws -> RunTable {
  var lines = [
    ([head] + domains.map { weights + $0 } + domains.map { measured + $0 }).joined(separator: ",")
  ]
  var run = 0
  for size in [2e7, 6e7] {
    for w in lattice {
      run += 1
      for share in shares {
        let tokens = 20 * size * share
        lines.append(
          ([cells(run, size, tokens)] + w.map { String(format: "%.5f", $0) }
            + losses(w, size, tokens).map { String(format: "%.5f", $0) }).joined(separator: ","))
      }
    }
  }
  return try RunTable(Array(lines.joined(separator: "\n").utf8), path: "runs.csv")
}

private func plain() throws -> RunTable {
  try table(head: "run,size,tokens") { "\($0),\(Int($1 / 1e6))M,\(Int($2))" }
}

private func settings(
  sizes: [String]? = nil, tokens: String? = "20B", continues: Bool = false
) -> SizesSettings {
  var settings = SizesSettings(targetSize: "1B")
  settings.targetTokens = tokens
  settings.sizes = sizes
  settings.continues = continues
  return settings
}

private func empty() -> RunTable {
  RunTable(
    domains: domains, heldOut: domains, targets: domains, rows: [],
    layout: TableLayout(domains: domains, heldOut: domains))
}

private func advice(
  _ table: RunTable, _ settings: SizesSettings = settings(), seed: UInt64 = 1
) throws -> SizesAdvice {
  try SizesAdvice(table: table, objective: .mean(of: domains), settings: settings, seed: seed)
}

@Suite("Advice over sizes") struct AdviceOverSizes {
  enum Form: String, CaseIterable {
    case megabytes, scientific, lowercase, parameters, billions, steps, noLengths, curves
  }

  @Test("reads sizes and lengths however they are written", arguments: Form.allCases)
  func readsSizesAndLengthsHoweverTheyAreWritten(form: Form) throws {
    let found: RunTable =
      switch form {
      case .megabytes: try plain()
      case .scientific:
        try table(head: "size,tokens") { _, size, tokens in
          "\(size == 2e7 ? "2e7" : "6.0e+07"),\(tokens)"
        }
      case .lowercase:
        try table(head: "id,model,train_tokens", weights: "w_", measured: "val_loss_") {
          "\($0),\(Int($1 / 1e6))m,\(Int($2))"
        }
      case .parameters:
        try table(head: "name,n_params,tokens_seen", weights: "mix/", measured: "nll/") {
          "exp-\($0),\(Int($1)),\(Int($2))"
        }
      case .billions:
        try table(head: "params_b,tokens_b") { _, size, tokens in
          "\(size / 1e9),\(tokens / 1e9)"
        }
      case .steps: try table(head: "run,size,step") { "\($0),\(Int($1)),\(Int($2 / 4e5))" }
      case .noLengths: try table(head: "run,size") { run, size, _ in "\(run),\(Int(size))" }
      case .curves:
        try table(head: "run,size,tokens", shares: [0.25, 0.5, 1]) {
          "\($0),\(Int($1)),\(Int($2))"
        }
      }
    let advice = try advice(found, settings(tokens: form == .steps ? nil : "20B"))
    #expect(advice.finished == 30 && advice.pending == 0)
    #expect(advice.sizes.target.parameters == 1e9)
    let proposals = advice.proposals(3)
    #expect(proposals.count == 3)
    for proposal in proposals {
      #expect([2e7, 6e7].contains { abs($0 - proposal.parameters) < 1 })
      let steps = form == .steps
      #expect(proposal.length >= (steps ? 1000 : 1e8) * 0.99)
      #expect(proposal.length <= (steps ? 3000 : 1.2e9) * 1.01)
      #expect(abs(proposal.mixture.weights.reduce(0, +) - 1) < 1e-9)
    }
  }

  @Test("begins at the smallest size with an even spread") func beginsAtTheSmallestSize() throws {
    let proposals = try advice(empty(), settings(sizes: ["60M", "20M"])).proposals(20)
    #expect(proposals.count == 20)
    #expect(proposals.allSatisfy { $0.continues == nil })
    // Some of the first again at the next size, which tells how sizes differ.
    let (small, large) = (
      proposals.filter { $0.size == "20M" }, proposals.filter { $0.size == "60M" }
    )
    #expect(small.count >= 16 && small.count + large.count == 20)
    #expect(proposals.prefix(6).allSatisfy { $0.size == "20M" })
    #expect(Set(small.map(\.mixture)).count == small.count)
    #expect(large.allSatisfy { one in small.prefix(4).contains { $0.mixture == one.mixture } })
    #expect(proposals.map(\.name) == (1...20).map { "\($0)" })
    #expect(throws: SizesError.noSizes) { try advice(empty()) }
  }

  @Test("has new runs only where they are asked for") func hasNewRunsOnlyWhereAskedFor() throws {
    for sizes in [["60M"], ["100M"], ["60M", "1B"]] {
      let advice = try advice(try plain(), settings(sizes: sizes))
      #expect(advice.proposals(6).allSatisfy { sizes.contains($0.size) }, "\(sizes)")
      #expect(advice.finished == 30)
    }
  }

  /// One that does not say how long it was takes that from no other.
  @Test("leaves out a run of no length", arguments: ["tokens", "step"])
  func leavesOutARunOfNoLength(column: String) throws {
    let whole = try table(head: "run,size,\(column)") { run, size, tokens in
      "\(run),\(Int(size)),\(Int(tokens / 1e5))"
    }
    let lacking = try table(head: "run,size,\(column)") { run, size, tokens in
      "\(run),\(Int(size)),\(run == 7 ? "" : "\(Int(tokens / 1e5))")"
    }
    let settings = settings(tokens: nil)
    let (all, most) = (try advice(whole, settings), try advice(lacking, settings))
    #expect(
      all.sizes.unit == most.sizes.unit && all.sizes.unit == (column == "step" ? .steps : .tokens))
    #expect(most.finished == all.finished - 1)
    #expect(
      most.sizes.notes.contains { $0.contains("without \(column == "step" ? "steps" : "tokens")") })
  }

  /// It took as long as one that ended well, whatever came of it.
  @Test("counts what a run took that diverged") func countsWhatARunTookThatDiverged() throws {
    func spent(_ last: String) throws -> Double {
      let lines = [
        heading, "1,20M,400000000,.2,.3,.5,4.1,4.2,4.3", "2,20M,400000000,.4,.3,.3,4.2,4.1,4.4",
        "3,60M,1200000000,.2,.3,.5,3.1,3.2,3.3", last,
      ]
      let table = try RunTable(Array(lines.joined(separator: "\n").utf8), path: "runs.csv")
      return try advice(table, settings(sizes: ["20M", "60M"])).spent
    }
    let well = try spent("4,60M,1200000000,.5,.3,.2,3.3,3.2,3.1")
    let diverged = try spent("4,60M,1200000000,.5,.3,.2,nan,nan,nan")
    #expect(abs(well - diverged) < 1e-12 * well)
  }

  @Test("is the same again, and another for another seed") func isTheSameAgain() throws {
    let table = try plain()
    let first = try advice(table).proposals(5).map(\.mixture)
    #expect(try advice(table).proposals(5).map(\.mixture) == first)
    #expect(try advice(table).proposals(2).map(\.mixture) == Array(first.prefix(2)))
    #expect(try advice(table, seed: 2).proposals(5).map(\.mixture) != first)
  }

  /// Rows are filled in by formula and asked about again.
  @Test("goes on with runs only where the trainer can", arguments: [false, true])
  func goesOnWithRunsOnlyWhereTheTrainerCan(continues: Bool) throws {
    let settings = settings(sizes: ["20M", "60M"], continues: continues)
    var lines = [heading]
    var parents: [(name: String, parent: String, length: Double)] = []
    var lengths: [String: Double] = [:]
    var mixtures: [String: Mixture] = [:]
    for _ in 0..<6 {
      let table =
        lines.count > 1
        ? try RunTable(Array(lines.joined(separator: "\n").utf8), path: "runs.csv") : empty()
      for proposal in try advice(table, settings).proposals(4) {
        lengths[proposal.name] = proposal.length
        mixtures[proposal.name] = proposal.mixture
        if let parent = proposal.continues {
          parents.append((proposal.name, parent, proposal.length))
        }
        let w = proposal.mixture.weights
        lines.append(
          (["\(proposal.name)", proposal.size, "\(Int(proposal.length))"]
            + w.map { String(format: "%.4f", $0) }
            + losses(w, proposal.parameters, proposal.length).map { String(format: "%.5f", $0) })
            .joined(separator: ","))
      }
    }
    #expect(parents.isEmpty != continues)
    // Runs become longer, up to the target's tokens for a parameter.
    #expect(Set(lengths.values).count > 1 && lengths.values.allSatisfy { $0 <= 1.2e9 })
    for (name, parent, length) in parents {
      #expect(lengths[parent]! < length && mixtures[name] == mixtures[parent])
    }
  }

  @Test("costs what it is told") func costsWhatItIsTold() throws {
    let byTokens = try advice(try plain(), settings(sizes: ["60M"])).proposals(1)[0]
    #expect(abs(byTokens.cost - 6e7 * 1.2e9 / (1e9 * 2e10)) < 1e-9)
    var given = settings(sizes: ["60M"])
    given.costs = ["20M=1", "60M=8", "1B=400"]
    #expect(abs(try advice(try plain(), given).proposals(1)[0].cost - 0.02) < 1e-9)
    given.costs = ["20M=1", "60M=8"]
    #expect(throws: SizesError.noCost(size: "1B")) { try advice(try plain(), given) }
    // A column of operations, in which small models cost more for a token than their parameters say.
    let operations = try table(head: "run,size,tokens,flops") {
      "\($0),\(Int($1 / 1e6))M,\(Int($2)),\(6 * ($1 + 4e7) * $2)"
    }
    let found = try advice(operations, settings(sizes: ["20M"])).proposals(1)[0]
    // The target has 60M's ratio, the nearest that is known.
    let expected = (2e7 + 4e7) * 4e8 / (1e9 * (6e7 + 4e7) / 6e7 * 2e10)
    #expect(abs(found.cost / expected - 1) < 1e-6, "\(found.cost) \(expected)")
  }

  @Test("stays within its budget") func staysWithinItsBudget() throws {
    var asked = settings(sizes: ["20M"])
    asked.budget = 0.0025
    let advice = try advice(empty(), asked)
    let proposals = advice.proposals(100)
    #expect(!proposals.isEmpty && proposals.count < 100)
    #expect(proposals.reduce(0) { $0 + $1.cost } <= 0.0025 + 1e-9)
  }

  @Test("knows what is under way, and leaves larger sizes out") func knowsWhatIsUnderWay() throws {
    var lines = [heading]
    for (i, w) in lattice.enumerated() {
      let told = i < 12 ? losses(w, 2e7, 4e8).map { "\($0)" } : ["", "", ""]
      lines.append(
        (["\(i)", "20M", "400000000"] + w.map { "\($0)" } + told).joined(separator: ","))
    }
    lines.append("15,2B,40000000000,.2,.3,.5,2.1,2.2,2.3")
    let table = try RunTable(Array(lines.joined(separator: "\n").utf8), path: "runs.csv")
    let advice = try advice(table)
    #expect(advice.finished == 12 && advice.pending == 3)
    #expect(advice.sizes.notes.contains { $0.contains("beyond the target") })
    let known = lattice.map { Mixture(domains: domains, proportionalTo: $0) }
    for proposal in advice.proposals(4) where proposal.length < 5e8 {
      let weights = proposal.mixture.weights
      #expect(!known.suffix(3).contains { totalVariation($0.weights, weights) < 1e-3 })
    }
  }

  @Test(
    "says in a line what is wrong",
    arguments: [
      ("0", nil, nil, "--target-size"), ("1B", "much", nil, "--target-tokens"),
      ("1B", nil, ["2B"], "--sizes"), ("1B", nil, ["20M", "2e7"], "--sizes"),
    ] as [(String, String?, [String]?, String)])
  func saysInALineWhatIsWrong(
    target: String, tokens: String?, sizes: [String]?, named: String
  ) throws {
    var settings = SizesSettings(targetSize: target)
    settings.targetTokens = tokens
    settings.sizes = sizes
    let error = #expect(throws: SizesError.self) { try settings.validate() }
    #expect(error?.description.contains(named) == true)
  }
}
