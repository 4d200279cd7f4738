import ArgumentParsing
import Foundation

/// Ends the program with a line where a limit on its memory (`ulimit -v`) leaves too little for
/// OpenBLAS, which would ask for it again and again for ever.
///
/// OpenBLAS takes one buffer for each thread that multiplies at once: 128 MiB (0.3.21, `BUFFER_SIZE` on
/// x86-64), never given back. Nothing is asked where there is no limit.
func refuseWithoutMemory() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
    limit.rlim_cur < rlim_t(1) << 62, let verb = CommandLine.arguments.dropFirst().first,
    !verb.hasPrefix("-"), !["corpus", "help"].contains(verb),
    !CommandLine.arguments.contains("--help"), !CommandLine.arguments.contains("-h")
  else { return }
  let cores = ProcessInfo.processInfo.activeProcessorCount
  let workers = max(askedWorkers ?? cores, 1)
  // The command line says what is wrong with more than anybody may ask for.
  guard workers <= 1024 else { return }
  // And as much again for one buffer, for the models.
  let needed = (workers + 1) * (128 << 20)
  let start = mmap(nil, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard start == MAP_FAILED else {
    munmap(start, needed)
    return
  }
  let line =
    "Error: not enough memory for \(workers) worker\(workers == 1 ? "" : "s"): expected \(needed >> 20) MiB to be free, found "
    + "a limit of \(limit.rlim_cur >> 20) MiB in all (ulimit -v); raise it or give fewer '--workers'\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  // Without the ends of libraries, which wait for threads that there was no memory for.
  _exit(1)
}

private var askedWorkers: Int? {
  let words = CommandLine.arguments
  for (index, word) in words.enumerated().reversed() {
    if word == "--workers" || word == "--cores", index + 1 < words.count {
      return Int(words[index + 1])
    }
    if word.hasPrefix("--workers=") { return Int(word.dropFirst(10)) }
  }
  return nil
}
