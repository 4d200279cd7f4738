import Foundation
import Storage
import Testing

@testable import Engines

@Suite("A scheduler") struct SchedulerTests {
  @Test(
    "of Slurm's lists jobs a line each",
    arguments: [
      ("12|N/A|mix-1|RUNNING|n3|None", "12", nil, JobStatus.State.running, "n3"),
      ("12|7|mix-1|PENDING||Resources", "12_7", 7, .waiting, nil),
      ("12|7|mix-1|PENDING|(null)|launch failed requeued held", "12_7", 7, .held, nil),
      ("9|N/A|mix-1|NODE_FAIL|n1|NodeDown", "9", nil, .nodeFailed, "n1"),
      ("9|N/A|mix-1|PREEMPTED|n1|None", "9", nil, .preempted, "n1"),
      ("9|N/A|mix-1|TIMEOUT|n1|TimeLimit", "9", nil, .timedOut, "n1"),
      ("9|N/A|mix-1|COMPLETED|n1|None", "9", nil, .completed, "n1"),
      ("9|N/A|mix-1|COMPLETING|n1|None", "9", nil, .running, "n1"),
      ("9|N/A|mix-1|FAILED|n1|NonZeroExitCode", "9", nil, .failed, "n1"),
      ("9|N/A|mix-1|CANCELLED|n1|a|b", "9", nil, .cancelled, "n1"),
    ] as [(String, String, Int?, JobStatus.State, String?)])
  func slurmLine(line: String, id: String, index: Int?, state: JobStatus.State, node: String?) {
    let found = CommandScheduler.slurmStatus(Substring(line))
    #expect(found?.id == id && found?.index == index && found?.state == state)
    #expect(found?.node == node && found?.name == "mix-1")
  }

  @Test("that cannot be reached may take a job later; one that refuses it would do so again")
  func passing() {
    for words in [
      "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
      "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
      "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying",
    ] {
      #expect(CommandScheduler.isPassing(words), "\(words)")
    }
    for words in [
      "sbatch: error: invalid partition specified: big",
      "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
      "sbatch: error: Batch job submission failed: Requested node configuration is not available",
    ] {
      #expect(!CommandScheduler.isPassing(words), "\(words)")
    }
  }

  private func settings() -> EngineSettings {
    var settings = EngineSettings()
    settings.kind = .slurm
    settings.time = 7200
    settings.account = "a"
    settings.partition = "p"
    settings.qos = "q"
    settings.memory = "16G"
    settings.cpus = 4
    settings.atOnce = 8
    settings.options = ["--gres=gpu:1", "--constraint='a&b'"]
    settings.workingFolder = "/home/me"
    return settings
  }

  @Test("gets a script that says all that was asked for, and finds an array's place by a file")
  func script() throws {
    let script = JobScript(settings(), program: "/opt/my programs/mixpipe")
    var job = Job(
      name: "mix-3", attempts: (0..<3).map { AttemptFolder("/s/attempts/\($0)-1") },
      list: "/s/jobs/mix-3.list", script: "/s/jobs/mix-3.sh", log: "/s/jobs/mix-3-%a.log")
    job.excludedNodes = ["n1", "n2"]
    let lines = script.text(job).split(separator: "\n").map(String.init)
    #expect(lines[0] == "#!/bin/sh")
    for option in [
      "--job-name=mix-3", "--array=0-2%8", "--account=a", "--partition=p", "--qos=q", "--mem=16G",
      "--cpus-per-task=4", "--time=2:00:00", "--signal=B:USR1@90", "--no-requeue",
      "--exclude=n1,n2", "--gres=gpu:1", "--constraint='a&b'", "--chdir=/home/me",
    ] {
      #expect(lines.contains("#SBATCH " + option), "\(option)")
    }
    #expect(lines.last == "exec '/opt/my programs/mixpipe' run \"$folder\"")
    let alone = Job(
      name: "mix-4", attempts: [AttemptFolder("/s/attempts/9-2")], script: "x", log: "l")
    let text = script.text(alone)
    #expect(!text.contains("--array") && text.hasSuffix("run /s/attempts/9-2\n"))
  }

  @Test("that is not Slurm's gets no lines of Slurm's")
  func plainScript() {
    var other = settings()
    other.kind = .command
    let text = JobScript(other, program: "/m").text(
      Job(name: "a", attempts: [AttemptFolder("/it's/0-1")], script: "x", log: "l"))
    #expect(text == "#!/bin/sh\nexec /m run '/it'\\''s/0-1'\n")
  }

  @Test("of any kind is asked by its commands")
  func commands() throws {
    let folder = NSTemporaryDirectory() + "mixpipe-commands-\(UUID().uuidString)"
    try makeFolder(at: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func scheduler(submit: String, alive: String) -> CommandScheduler {
      CommandScheduler(
        SchedulerCommands(
          submit: submit, alive: alive, cancel: "echo {id} {name} >> \(folder)/gone"),
        script: JobScript(EngineSettings(), program: "/m"))
    }
    let job = Job(
      name: "mix-1", attempts: [AttemptFolder("/s/0-1")], script: folder + "/a b.sh", log: "l")
    let good = scheduler(
      submit: "test -x {script} && echo 'submitted' && echo 42.server",
      alive: "printf '42.server  R on n1\\nother Q\\n'")
    #expect(try good.submit(job) == "42.server")
    let handle = JobHandle(name: "mix-1", id: "42.server")
    let found = try good.query([handle, JobHandle(name: "mix-2", id: "43.server")])
    #expect(found.map(\.name) == ["mix-1"] && found[0].words.contains("R on n1"))
    try good.cancel([handle])
    #expect(
      try String(contentsOfFile: folder + "/gone", encoding: .utf8) == "42.server mix-1\n")
    // What cannot be asked says nothing of jobs.
    #expect(throws: SubmissionError.self) {
      try scheduler(submit: "true {script}", alive: "exit 3").query([handle])
    }
    #expect {
      try scheduler(submit: "true {script}", alive: "true").submit(job)
    } throws: { "\($0)".contains("printed no id") }
    #expect {
      try scheduler(submit: "echo no such queue >&2; false {script}", alive: "").submit(job)
    } throws: { ($0 as? SubmissionError)?.isPassing == false && "\($0)".contains("no such queue") }
  }

  @Test("that does not answer is not waited for, with all that it started")
  func timeOut() throws {
    let start = ContinuousClock.now
    let result = try ShellCommand.run("sleep 100 & sleep 100", seconds: 0.5)
    #expect(result.timedOut && start.duration(to: .now) < .seconds(20))
    #expect(try ShellCommand.run("echo out; echo err >&2; exit 3").code == 3)
    #expect(try ShellCommand.run("kill -9 $$").code == 137)
  }
}
