import Foundation
import Storage

extension Attack {
  /// Whether file systems can be made and mounted here: as root, with a kernel that has loop devices.
  static func canLosePower(in scratch: String) -> Bool {
    guard geteuid() == 0 else { return false }
    let place = scratch + "/power"
    defer { shell("umount '\(place)/disk'; rm -rf '\(place)'") }
    return shell(makeDisk(at: place)) && shell("touch '\(place)/disk/file'")
  }

  /// A file system of its own whose journal is written once a minute, so that only what is synced is on
  /// its disk.
  private static func makeDisk(at place: String) -> String {
    "mkdir -p '\(place)/disk' && truncate -s 96M '\(place)/image' && mkfs.ext4 -q -F '\(place)/image' "
      + "&& mount -o loop,commit=60 '\(place)/image' '\(place)/disk'"
  }

  /// Copies the disk as it is while a job writes to it, and lets the job go on from the copy: what a loss
  /// of power at that moment leaves. A line is reported once the next is there, if not before.
  mutating func losePower() throws {
    let place = folder
    guard Self.shell(Self.makeDisk(at: place)) else { throw CampaignError("cannot mount a disk") }
    defer { Self.shell("umount '\(place)/disk'; rm -f '\(place)/'*image") }
    folder = place + "/disk/work"
    let reference = try prepared { !$0.journals.isEmpty }
    // What it begins with is older than the job.
    sync()
    let seconds = generator.uniform() * reference.seconds * 1.2
    let what = String(format: "%@ (no power after %.3f s)", command(reference), seconds)
    let run = subject.start(words(reference), in: folder)
    _ = run.wait(seconds: seconds)
    run.send(SIGSTOP)
    // A thread stops when it leaves the kernel: a disk that is copied while it is synced is none that was ever there.
    Self.waitUntilStopped(run.process)
    let before = reported(reference).map { data -> Data in
      let whole = data.dropLast()
      return whole.lastIndex(of: UInt8(ascii: "\n")).map { data.prefix(through: $0) } ?? Data()
    }
    let isCopied = Self.shell("cp --sparse=always '\(place)/image' '\(place)/second-image'")
    run.send(SIGCONT)
    run.send(SIGKILL)
    _ = run.outcome(within: 30)
    record.blows += 1
    // Where the disk was: jobs are told whole paths.
    // What a killed process held is let go of a moment later.
    let unmount = "umount '\(place)/disk'"
    guard isCopied,
      Self.shell(
        "{ \(unmount) || { sleep 1; \(unmount); } || umount -l '\(place)/disk'; } "
          + "&& mount -o loop '\(place)/second-image' '\(place)/disk'")
    else { throw CampaignError("cannot mount the copy of a disk") }
    checkKept(before, reference, after: what)
    // The campaign's own files are older than the loss, and no part of the job.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(".campaign-") {
      unlink(folder + "/" + name)
    }
    finish(reference, after: what)
    folder = place
  }

  /// Until no thread of a process runs or waits for the disk; half a minute at most.
  private static func waitUntilStopped(_ process: pid_t) {
    let threads = "/proc/\(process)/task"
    for _ in 0..<3000 {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? []
      let states = names.compactMap { name in
        // The state follows the name, which is in parentheses.
        (try? String(contentsOfFile: "\(threads)/\(name)/stat", encoding: .utf8))?
          .split(separator: ")").last?.first { $0 != " " }
      }
      if states.allSatisfy({ "TtZX".contains($0) }) { return }
      usleep(10_000)
    }
  }

  @discardableResult
  private static func shell(_ script: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "{ \(script); } >/dev/null 2>&1"]
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
