import Foundation

/// Calls at which a process is killed or gets an error, and how many of each are worth a try.
/// `startup` of each are the loader's, of which the program knows nothing.
let countedCalls: [(call: String, startup: Int)] = [
  ("fsync", 0), ("rename", 0), ("renameat2", 0), ("write", 0), ("openat", 40), ("mkdir", 0),
  ("ftruncate", 0), ("flock", 0), ("close", 40), ("mmap", 60), ("unlink", 0), ("unlinkat", 0),
  ("rmdir", 0), ("lseek", 3), ("read", 50), ("newfstatat", 4),
]

extension Workshop.Reference {
  /// The calls that it makes after its start, with how many of them.
  var attackableCalls: [(call: String, startup: Int, count: Int)] {
    countedCalls.compactMap { call, startup in
      let count = (calls[call] ?? 0) - startup
      return count > 0 ? (call, startup, count) : nil
    }
  }
}

extension Attack {
  /// Kills a job, several times over, at random moments or at an exact call, and lets it go on.
  mutating func kill() throws {
    let reference = try prepared { !["corpus list"].contains($0.scenario.verb) }
    let isExact = !reference.attackableCalls.isEmpty && generator.uniform() < 0.5
    var story: [String] = []
    for _ in 0..<(1 + generator.integer(below: 8)) {
      let before = reported(reference)
      let what: String
      let ended: Bool
      if isExact {
        let (calls, startup, most) = pick(reference.attackableCalls)
        let count = startup + 1 + generator.integer(below: most)
        what = "killed at \(calls) no. \(count)"
        let outcome = subject.run(
          words(reference), in: folder,
          prefix: strace(calls, "signal=KILL:when=\(count)"), within: Self.patience * 2)
        ended = outcome.end != .signal(SIGKILL) && outcome.end != .code(137)
        if ended, outcome.end == .timeout || !outcome.succeeded {
          record.count(outcome, "\(command(reference)) (\(what))")
        }
      } else {
        let seconds = generator.uniform() * reference.seconds * 0.9
        what = String(format: "killed after %.3f s", seconds)
        let run = subject.start(words(reference), in: folder)
        ended = run.wait(seconds: seconds)
        if !ended { run.send(SIGKILL) }
        let outcome = run.outcome(within: Self.patience)
        if ended, !outcome.succeeded { record.count(outcome, "\(command(reference)) (\(what))") }
      }
      story.append(what)
      checkKept(before, reference, after: story.joined(separator: ", "))
      if !ended { record.blows += 1 }
      if ended { break }
    }
    finish(reference, after: "\(command(reference)): \(story.joined(separator: ", "))")
  }

  /// Errors of system calls, each at its n-th call: a clear line or no difference, and then as ever.
  mutating func inject() throws {
    guard hasStrace else { return try damage() }
    let reference = try prepared { !$0.attackableCalls.isEmpty }
    var story: [String] = []
    for _ in 0..<(1 + generator.integer(below: 4)) {
      let (calls, startup, most) = pick(reference.attackableCalls)
      let count = startup + 1 + generator.integer(below: most)
      let error = pick(Self.errors(of: calls))
      // Endless EINTR is no error of any machine.
      let rest = generator.uniform() < 0.2 && error != "EINTR" ? "+" : ""
      let injection = "error=\(error):when=\(count)\(rest)"
      story.append("\(calls): \(injection)")
      let what = "\(command(reference)) (\(story.joined(separator: ", ")))"
      let before = reported(reference)
      let outcome = subject.run(
        words(reference), in: folder, prefix: strace(calls, injection), within: Self.patience * 2)
      record.blows += 1
      // Memory that the allocator is refused ends the process: no program in Swift can help it. Nor can it
      // help what the loader says, or speak where nothing can be written any more.
      let isMemory = calls == "mmap" && isAbort(outcome)
      let isLoader = outcome.end == .code(127)
      let isMute =
        calls == "write" && outcome.errors.isEmpty && [.code(1), .code(74)].contains(outcome.end)
      if isMemory || isLoader || isMute {
        record.refused += 1
      } else {
        record.count(outcome, what)
      }
      checkKept(before, reference, after: what)
      if record.fault != nil { return }
    }
    finish(reference, after: "\(command(reference)) (\(story.joined(separator: ", ")))")
  }

  /// What a call may really say.
  private static func errors(of call: String) -> [String] {
    switch call {
    case "mmap": ["ENOMEM"]
    case "close": ["EIO", "EINTR", "ENOSPC"]
    case "flock": ["EINTR", "ENOLCK", "EIO"]
    case "openat": ["EACCES", "EMFILE", "EINTR", "ENOSPC", "EIO", "EROFS"]
    default: ["ENOSPC", "EIO", "EINTR", "EDQUOT", "EROFS", "EACCES"]
    }
  }

  private func isAbort(_ outcome: Outcome) -> Bool {
    switch outcome.end {
    case .signal: true
    case .code(let code): code >= 126
    case .timeout: false
    }
  }

  func strace(_ calls: String, _ injection: String) -> [String] {
    [
      "strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
      "inject=\(calls):\(injection)",
    ]
  }

  /// A signal must end any job soon, a second one at once; the job goes on afterwards.
  mutating func stop() throws {
    let reference = try prepared()
    let number = pick([SIGINT, SIGTERM, SIGHUP, SIGTERM])
    let isTwice = generator.uniform() < 0.3
    let run = subject.start(words(reference), in: folder)
    let seconds = generator.uniform() * reference.seconds
    let what = String(
      format: "%@ (signal %d%@ after %.3f s)", command(reference), number, isTwice ? " twice" : "",
      seconds)
    if !run.wait(seconds: seconds) {
      record.blows += 1
      // The shell before it and the loader have no handlers yet; they end at once.
      run.send(number)
      if isTwice {
        usleep(20_000)
        run.send(number)
      }
      // Ten seconds by its own clock, and the machine may be busy.
      let limit = Self.patience / (isTwice ? 10 : 6)
      if !run.wait(seconds: limit) {
        record.blame(.hang, "\(what): still at work \(Int(limit)) s later")
      }
    }
    let outcome = run.outcome(within: 1)
    record.count(outcome, isStopped: true, what)
    finish(reference, after: what)
  }

  /// Two of the same at once: one gets the folder, or both leave the same.
  mutating func race() throws {
    let reference = try prepared { !["corpus list"].contains($0.scenario.verb) }
    let what = "two of \(command(reference))"
    let runs = [0, 1].map { _ in subject.start(words(reference), in: folder) }
    record.blows += 1
    var isDone = false
    for run in runs {
      let outcome = run.outcome(within: Self.patience * 2)
      record.count(outcome, what)
      isDone = isDone || outcome.succeeded
    }
    if !isDone { record.blame(.lost, "\(what): neither came to its end") }
    finish(reference, after: what)
  }

  /// Small limits, closed or full descriptors, a folder that is removed meanwhile.
  mutating func limits() throws {
    let reference = try prepared()
    let choice = generator.integer(below: 12)
    var (shell, redirections, what) = ("", "", "")
    switch choice {
    case 0: shell = "ulimit -f \(generator.integer(below: 40));"
    case 1: shell = "ulimit -n \(8 + generator.integer(below: 12));"
    case 2: shell = "ulimit -v \(150_000 + generator.integer(below: 600_000));"
    case 3: redirections = ">&-"
    case 4: redirections = "2>&-"
    case 5: redirections = "<&- >&- 2>&-"
    case 6: redirections = ">/dev/full"
    case 7: redirections = "2>/dev/full"
    case 8: redirections = "<&- 2>&-"
    case 9: redirections = ">&- 2>&-"
    case 10: redirections = "| head -c \(generator.integer(below: 60)) >/dev/null"
    default: what = "folder removed"
    }
    what = "\(command(reference)) (\(shell)\(redirections)\(what))"
    record.blows += 1
    if choice < 11 {
      let outcome = subject.run(
        words(reference), in: folder, shell: shell, redirections: redirections,
        within: Self.patience)
      let isSilent = [4, 5, 7, 8, 9].contains(choice) && outcome.end == .code(1)
      // The loader itself needs memory and descriptors.
      let isLoader = outcome.end == .code(127)
      if isSilent || isLoader || choice == 2 && isAbort(outcome) {
        record.refused += 1
      } else {
        record.count(outcome, what)
      }
      return finish(reference, after: what)
    }
    guard let journal = reference.journals.first else { return }
    let place = folder + "/" + journal.split(separator: "/")[0]
    let run = subject.start(words(reference), in: folder)
    let hasEnded = run.wait(seconds: generator.uniform() * reference.seconds)
    let descriptor = open(folder + "/" + journal, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    func bytes() -> off_t {
      var status = stat()
      return fstat(descriptor, &status) == 0 ? status.st_size : 0
    }
    try? FileManager.default.removeItem(atPath: place)
    let before = bytes()
    let outcome = run.outcome(within: Self.patience)
    // Who has nothing more to write, or only reads, is right that all is well.
    let isWritten = bytes() > before || FileManager.default.fileExists(atPath: place)
    if !hasEnded, descriptor >= 0, outcome.succeeded, isWritten,
      !FileManager.default.fileExists(atPath: folder + "/" + journal)
    {
      record.blame(.lost, "\(what): it says that all is well")
    } else {
      record.count(outcome, what)
    }
  }
}
