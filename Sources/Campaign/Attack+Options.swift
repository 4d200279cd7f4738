import Foundation
import Numerics

extension Attack {
  /// Gives every option of every verb values that nobody would. Work that is as long as was asked for is
  /// no hang, but must end when it is told to.
  mutating func options() throws {
    for round in 0..<12 {
      let place = "\(folder)/\(round)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let verb = pick(verbs.verbs)
      record.target = verb.name
      var words = try base(of: verb.name, in: place)
      var mutation = Mutation(
        generator: SeededGenerator(seed: generator.next(), stream: "options"))
      for _ in 0..<(generator.uniform() < 0.7 ? 1 : 2) {
        guard let option = verb.options.isEmpty ? nil : pick(verb.options) else { break }
        guard option.takesValue else {
          if !["help", "version"].contains(option.name) { words.append("--\(option.name)") }
          continue
        }
        let value = mutation.optionValue()
        // In place of the value that is there, else it is the one that counts.
        if let index = words.firstIndex(of: "--\(option.name)"), index + 1 < words.count {
          words[index + 1] = value
        } else {
          words += ["--\(option.name)", value]
        }
      }
      record.blows += 1
      let command = words.map { $0.isEmpty ? "''" : $0 }.joined(separator: " ")
      countAskedWork(words, in: place, seconds: 2, command)
      if record.fault != nil { return }
      discard(place)
    }
  }

  /// Counts a call that may have been asked for any amount of work, as a manifest of generated text may: after some
  /// seconds it is told to end, and must.
  mutating func countAskedWork(
    _ words: [String], in place: String, seconds: Double, _ command: String
  ) {
    let run = subject.start(words, in: place)
    if run.wait(seconds: seconds) { return record.count(run.outcome(within: 1), command) }
    run.send(SIGTERM)
    if !run.wait(seconds: Self.patience / 6) {
      record.blame(.hang, "\(command): not stopped by SIGTERM")
    }
    record.count(run.outcome(within: 1), isStopped: true, command)
  }

  /// A short call of a verb: that of a scenario, or what its name suggests where there is none.
  private mutating func base(of verb: String, in place: String) throws -> [String] {
    let suitable = Scenario.all.filter { $0.verb == verb }
    if !suitable.isEmpty {
      let scenario = pick(suitable)
      try workshop.prepare(scenario, in: place)
      // Options such as '--append' write to what others read.
      for word in scenario.words where word.hasPrefix("@") {
        let name = String(word.dropFirst())
        try? FileManager.default.copyItem(
          atPath: workshop.path + "/" + name, toPath: place + "/" + name)
      }
      return workshop.resolved(
        scenario.words.map { $0.hasPrefix("@") ? place + "/" + $0.dropFirst() : $0 })
    }
    // A verb that came later: with one of the things that verbs are about.
    try FileManager.default.copyItem(atPath: workshop.path + "/s", toPath: place + "/s")
    let words = verb.split(separator: " ").map(String.init)
    return words
      + pick([[], ["s"], [workshop.path + "/runs.csv"], [workshop.path + "/corpus"], ["new"]])
  }
}
