import ArgumentParsing
import Foundation
import Numerics
import Storage
import Synchronization

@main
struct Campaign: Command {
  static let commandName = "campaign"
  static let abstract =
    "Attacks the program as machines and people do, and counts what it survives."
  static let discussion = """
    Kills it at random and at exact calls, tears and flips its files, gives it errors of system calls, \
    inputs that nobody would and extreme values for every option, stops it, and runs two at once. After \
    each attack the same command must go on and leave what it always leaves, to the bit.

    All chance follows from the seed. Interrupt it at any moment; the same command goes on, and does attacks \
    again that found a fault, as the program may be another by then. The journal and the table are in the \
    folder; what an attack left is kept where there was a fault, and '--only N' does that attack alone once \
    more. The verbs and options are those that the program itself lists. \
    Exact kills and injected errors need strace.
    """

  @Option("The program.")
  var program = ".build/release/mixpipe"
  @Option("Manifest of a synthetic corpus.")
  var manifest = "corpora/synthetic.json"
  @Option(
    "How long, preparations included; an attack under way is brought to its end.", value: "minutes")
  var minutes = 15.0
  @Option("Attacks at most, those of the journal included.", value: "count")
  var attacks: Int?
  @Flag("Only the shortest jobs, for a quick look.")
  var short = false
  @Option("Seed of all chance.")
  var seed: UInt64 = 1
  @Option("Attacks at once; as many as cores where not given.", value: "count")
  var workers: Int?
  @Option("Folder of the journal and the table.", value: "folder")
  var output = "runs/campaign"
  @Option(
    "Folder for all else; emptied at the end. (default: in /dev/shm where there is room, else where temporary files are)",
    value: "folder")
  var scratch: String?
  @Option("Kinds of attacks, separated by commas. (default: all)", value: "kinds")
  var kinds: String?
  @Option("Do this attack alone, and say what was seen.", value: "number")
  var only: Int?

  func validate() throws {
    _ = try attackKinds
    if let attacks, attacks < 1 {
      throw ValidationError("Found '--attacks \(attacks)', expected 1 or more")
    }
    guard minutes > 0, minutes <= 1e5 else {
      throw ValidationError("Found '--minutes \(minutes)', expected from 0 to 100000")
    }
    if let workers, !(1...64).contains(workers) {
      throw ValidationError("Found '--workers \(workers)', expected from 1 to 64")
    }
  }

  /// Memory, where there is a folder of it: journals are synced thousands of times, for which a disk that others
  /// use takes most of a campaign.
  private static var roomiestFolder: String {
    var status = statvfs()
    guard statvfs("/dev/shm", &status) == 0, access("/dev/shm", W_OK) == 0,
      Double(status.f_bavail) * Double(status.f_frsize) > 2e9
    else { return NSTemporaryDirectory() }
    return "/dev/shm/"
  }

  private static func hasStrace(_ subject: Subject, in folder: String) -> Bool {
    let prefix = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync"]
    return subject.run(["--version"], in: folder, prefix: prefix, within: 60).succeeded
  }

  private var attackKinds: [AttackKind] {
    get throws {
      guard let kinds else { return AttackKind.allCases }
      return try kinds.split(separator: ",").map { name in
        guard let kind = AttackKind(rawValue: String(name)) else {
          throw ValidationError(
            "Found '\(name)' in '--kinds', expected some of "
              + AttackKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return kind
      }
    }
  }

  mutating func run() throws {
    let began = ContinuousClock.now
    let path =
      program.hasPrefix("/") ? program : FileManager.default.currentDirectoryPath + "/" + program
    let subject = Subject(path: path)
    let scratch = scratch ?? Self.roomiestFolder + "mixpipe-campaign-\(getpid())"
    try makeFolder(at: output)
    try makeFolder(at: scratch)
    let lock = try FolderLock(folder: output)
    defer { withExtendedLifetime(lock) {} }
    let completions = subject.run(
      ["--generate-completion-script", "fish"], in: scratch, within: 60)
    guard completions.succeeded else {
      throw CampaignError("\(path): cannot be run: \(completions.errors)")
    }
    let verbs = VerbList(completions: completions.output)
    let hasStrace = Self.hasStrace(subject, in: scratch)
    // A program of another day may have fewer verbs.
    let scenarios = Scenario.all.filter { scenario in
      verbs.verbs.contains { $0.name == scenario.verb }
        && (!short || Scenario.short.contains(scenario.name))
    }
    let workshop = try Workshop(
      at: scratch + "/workshop", subject: subject, manifest: manifest, scenarios: scenarios,
      hasStrace: hasStrace,
      say: { FileHandle.standardError.write(Data("\($0)\n".utf8)) })
    var kinds = try attackKinds
    let hasPower = !short && Attack.canLosePower(in: scratch)
    // A quick look mounts nothing.
    if !hasPower { kinds.removeAll { $0 == .power } }
    let (seed, possible) = (seed, kinds)
    @Sendable func attack(_ number: Int) throws -> Record {
      let folder = "\(scratch)/attack-\(number)"
      let clock = ContinuousClock.now
      var attack = try Attack(
        number: number, seed: seed, kinds: possible, workshop: workshop, verbs: verbs,
        hasStrace: hasStrace, folder: folder)
      do {
        try attack.run()
      } catch {
        attack.record.blame(.unclear, "the attack itself failed: \(error)")
      }
      attack.record.seconds = clock.duration(to: .now) / .seconds(1)
      if attack.record.fault == nil { try? FileManager.default.removeItem(atPath: folder) }
      return attack.record
    }

    if let only {
      let record = try attack(only)
      print(String(decoding: try encodeDocument(record), as: UTF8.self))
      if record.fault != nil { print("What it left is in \(scratch)/attack-\(only).") }
      throw ExitCode(record.fault == nil ? 0 : 1)
    }

    let journalPath = output + "/campaign.jsonl"
    let before = try LineJournal.read(Record.self, at: journalPath)
    let journal = try LineJournal(at: journalPath)
    let next = (before.map(\.number).max() ?? -1) + 1
    let faulty = Set(Tally.latest(before).filter { $0.fault != nil }.map(\.number))
    let state = Mutex<(again: [Int], next: Int, records: [Record])>((faulty.sorted(), next, before))
    let limit = Duration.seconds(minutes * 60)
    let group = DispatchGroup()
    let most = attacks ?? .max
    for _ in 0..<(workers ?? ProcessInfo.processInfo.activeProcessorCount) {
      group.enter()
      let thread = Thread {
        while ContinuousClock.now - began < limit {
          let number = state.withLock { state in
            if !state.again.isEmpty { return state.again.removeFirst() }
            defer { state.next += 1 }
            return state.next
          }
          if number >= most { break }
          guard let record = try? attack(number) else { continue }
          try? journal.append(record)
          state.withLock { $0.records.append(record) }
          if let fault = record.fault {
            FileHandle.standardError.write(
              Data("attack \(number): \(fault.rawValue): \(record.details ?? "")\n".utf8))
          }
        }
        group.leave()
      }
      thread.stackSize = 16 << 20
      thread.start()
    }
    group.wait()

    let records = state.withLock { $0.records }
    let tally = Tally(records: records)
    var notes = workshop.broken.map { "Could not be attacked: \($0)." }
    if !hasPower, !short {
      notes.append("No losses of power: they take root and a kernel with loop devices and ext4.")
    }
    if !hasStrace { notes.append("Without strace: no exact kills, no injected errors.") }
    let text = tally.markdown(
      seed: seed, workers: workers ?? ProcessInfo.processInfo.activeProcessorCount,
      verbs: verbs.verbs.map(\.name), notes: notes)
    try replaceFile(at: output + "/campaign.md", with: Data(text.utf8))
    print(text)
    if tally.faultCount == 0 { try? FileManager.default.removeItem(atPath: scratch) }
    guard tally.faultCount == 0, workshop.broken.isEmpty else { throw ExitCode(1) }
  }
}
