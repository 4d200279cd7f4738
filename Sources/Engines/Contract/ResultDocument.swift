import Foundation
import Mixtures
import Runs
import Spelling
import Storage

/// `result.json`: what a trainer found. The schema is in the documentation.
package enum ResultDocument {
  private static let fields = [
    "status", "reason", "step", "tokens", "losses", "standardErrors", "bitsPerByte", "seconds",
    "operations", "tokensSeen", "measurements", "extra",
  ]
  private static let measurementFields = [
    "tokens", "losses", "standardErrors", "bitsPerByte", "seconds", "operations", "tokensSeen",
  ]

  /// The outcomes that a result stands for.
  ///
  /// - Parameters:
  ///   - text: the whole file.
  ///   - request: which it is to answer; every measure at every rung, up to a divergence.
  ///   - elapsed: seconds of the attempt, where the trainer does not say.
  /// - Throws: ``ContractError/badResult(run:path:reason:)`` for a field that is missing, unknown or of
  ///   another kind, for names that were not asked for, and for other rungs.
  package static func outcomes(
    _ text: [UInt8], of request: RunRequest, measures: [TrainingData.Measure], path: String,
    elapsed: Double?
  ) throws(ContractError) -> [RungOutcome] {
    let wrong = { (reason: String) in
      ContractError.badResult(run: request.id, path: path, reason: reason)
    }
    let document = try ContractFields(text: text, wrong: wrong)
    try document.allowOnly(fields)
    let status = try document.string("status")
    guard ["finished", "diverged"].contains(status) else {
      throw wrong("found \"status\": \"\(status)\", expected finished or diverged")
    }
    var parts: [ContractFields] = []
    for element in try document.optionalList("measurements") {
      let part = try document.inside(element, "measurements")
      try part.allowOnly(measurementFields)
      parts.append(part)
    }
    if document.value("losses") != nil {
      guard parts.isEmpty else {
        throw wrong("found \"losses\" and \"measurements\", expected one of them")
      }
      parts = [document]
    }
    var outcomes: [RungOutcome] = []
    for (index, part) in parts.enumerated() {
      guard index < request.measures.count else {
        throw wrong(
          "found \(parts.count) measurements, expected \(request.measures.count) at \(request.measures) tokens"
        )
      }
      let expected = request.measures[index]
      let tokens = try part.optionalCount("tokens") ?? expected
      // Trainers count whole steps: near is near enough, and the rung is what was asked for.
      guard abs(Double(tokens - expected)) <= 0.05 * Double(expected) else {
        throw wrong("found a measurement at \(tokens) tokens, expected it at \(expected)")
      }
      let result = try measurement(
        part, of: request, measures: measures,
        elapsed: index == parts.count - 1 ? elapsed : nil, wrong: wrong)
      let outcome = RunOutcome.finished(result).checked
      outcomes.append(RungOutcome(tokens: expected, outcome: outcome))
      if outcome.hasDiverged { return outcomes }
    }
    if status == "diverged" {
      guard outcomes.count < request.measures.count else {
        throw wrong("found \"status\": \"diverged\" and all measurements, expected finished")
      }
      outcomes.append(
        RungOutcome(
          tokens: request.measures[outcomes.count],
          outcome: .diverged(
            step: try document.optionalCount("step") ?? 0,
            reason: try document.optionalString("reason") ?? "the trainer says so")))
    }
    guard outcomes.count == request.measures.count || outcomes.last?.outcome.hasDiverged == true
    else {
      throw wrong(
        "found \(outcomes.count) measurements, expected \(request.measures.count) at \(request.measures) tokens"
      )
    }
    return outcomes
  }

  private static func measurement(
    _ part: ContractFields, of request: RunRequest, measures: [TrainingData.Measure],
    elapsed: Double?, wrong: (String) -> ContractError
  ) throws(ContractError) -> RunResult {
    let names = measures.map(\.name)
    guard let losses = try numbers(part, "losses", names, isWhole: true, wrong: wrong) else {
      throw wrong("found no \"losses\", expected those of \(names.joined(separator: ", "))")
    }
    let errors = try numbers(part, "standardErrors", names, isWhole: false, wrong: wrong)
    let bits = try numbers(part, "bitsPerByte", names, isWhole: false, wrong: wrong)
    let seen = try numbers(
      part, "tokensSeen", request.mixture.domains, isWhole: true, wrong: wrong)
    for (field, numbers) in [
      ("standardErrors", errors), ("bitsPerByte", bits), ("tokensSeen", seen),
    ] {
      for (name, number) in numbers ?? [:] where !(number >= 0 && number <= 1e15) {
        throw wrong("found \"\(field)\" of '\(name)' \(number), expected no negative number")
      }
    }
    return RunResult(
      losses: measures.map { measure in
        DomainLoss(
          domain: measure.name,
          loss: (measure.isHigherBetter ? -1 : 1) * losses[measure.name]!,
          standardError: errors?[measure.name], bitsPerByte: bits?[measure.name])
      }, tokensSeen: seen.map { seen in request.mixture.domains.map { Int(seen[$0]!) } },
      seconds: try part.optionalPositive("seconds") ?? elapsed,
      operations: try part.optionalPositive("operations"))
  }

  /// An object of numbers by name; null is no number, as the loss of a run that diverged.
  private static func numbers(
    _ part: ContractFields, _ field: String, _ names: [String], isWhole: Bool,
    wrong: (String) -> ContractError
  ) throws(ContractError) -> [String: Double]? {
    guard let object = try part.object(field) else { return nil }
    var found: [String: Double] = [:]
    for member in object.all {
      guard names.contains(member.key) else {
        let hint = nearestName(to: member.key, in: names).map { "; did you mean '\($0)'?" } ?? ""
        throw wrong(
          "found '\(member.key)' in \"\(field)\", expected \(names.joined(separator: ", "))\(hint)")
      }
      switch member.value {
      case .number(let number): found[member.key] = number
      case .null: found[member.key] = .nan
      default:
        throw wrong(
          "found \(ContractFields.kind(member.value)) at '\(member.key)' in \"\(field)\", expected a number"
        )
      }
    }
    if isWhole, let missing = names.first(where: { found[$0] == nil }) {
      throw wrong(
        "found no '\(missing)' in \"\(field)\", expected \(names.joined(separator: ", "))")
    }
    return found
  }
}
