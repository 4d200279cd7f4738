/// A small job of one verb: it leaves something that can be compared, and goes on where it was.
struct Scenario: Sendable {
  var name: String
  /// The verb as it is called: `corpus build`.
  var verb: String
  /// What stands in the folder before: names of the workshop's own.
  var ingredients: [String] = []
  var words: [String]
  /// Whether the same command may be given again: it then goes on, or does the same once more.
  var isRepeatable = true
  /// How it refuses to do again what is done; the result is then compared as after any end.
  var refuses: String?
  /// Keys of JSON that say how often it was run, besides those that two runs are seen to differ in.
  var countingKeys: Set<String> = []
  /// Whether it measures time, so that no two runs give the same.
  var isTiming = false
  /// Commands that are given before, undisturbed.
  var setup: [[String]] = []
  /// A text in a file that is replaced then.
  var edit: (file: String, text: String, by: String)?
  /// Files and folders (with a slash at the end) that an attack may rightly change, as those of attempts that came to
  /// nothing; `(output)` where the command says what was left to do.
  var ignores: Set<String> = []
  /// Folders whose files have names by chance: there must be some.
  var keepsSome: Set<String> = []

  /// Whether it goes on from a journal that it wrote itself, so that a torn one is made whole.
  var resumes: Bool { ingredients.isEmpty && setup.isEmpty && words[0] != "bench" }

  /// A study whose runs are processes of a trainer that takes no time.
  static let byOwnTrainer = [
    "study", "e", "--trainer", "sh '{workshop}/trainer.sh' {folder}", "--trainer-name", "law",
    "--domains", "a,b,c", "--size", "10M", "--tokens", "1000000", "--methods", "sobol,bo",
    "--trials", "3", "--finalists", "1", "--confirmation-seeds", "1", "--workers", "2",
    "--retry-pause", "1s", "--retries", "9", "--json", "-q",
  ]
  /// One whose jobs a scheduler has taken and never begins.
  private static let waiting =
    byOwnTrainer + [
      "--engine", "command", "--submit", "true {script}; echo 7", "--alive", "echo {ids}",
      "--cancel", "true {id}", "--step",
    ]

  /// Jobs of a second or less, of every kind.
  static let short: Set<String> = [
    "study", "transfer", "report", "sweep", "replay", "suggest", "corpus build", "corpus list",
    "corpus add", "export", "predict", "ask", "tell", "study by jobs", "run", "status", "cancel",
  ]

  /// Every verb that does work worth losing. Words that begin with `@` are paths in the workshop.
  static let all: [Scenario] = [
    Scenario(
      name: "study", verb: "study",
      words: [
        "study", "s", "--corpus", "@corpus", "--size", "50k", "--tokens", "4000", "--methods",
        "bo,sobol", "--trials", "4", "--finalists", "1", "--confirmation-seeds", "2", "--workers",
        "1", "--json", "-q",
      ]),
    Scenario(
      name: "study on two workers", verb: "study",
      words: [
        "study", "s", "--corpus", "@corpus", "--size", "50k", "--tokens", "6000", "--methods",
        "bo,uniform", "--trials", "5", "--finalists", "1", "--confirmation-seeds", "2",
        "--workers", "2", "--json", "-q",
      ]),
    Scenario(
      name: "study of sizes", verb: "study",
      words: [
        "study", "z", "--corpus", "@corpus", "--sizes", "50k,100k", "--target", "100k",
        "--budget", "3", "--tokens", "12000", "--rungs", "0.5,1", "--methods", "scale-bo",
        "--workers", "2", "--confirmation-seeds", "2", "--json", "-q",
      ]),
    Scenario(
      name: "compare", verb: "compare",
      words: [
        "compare", "c", "--corpus", "@corpus", "--size", "50k", "--tokens", "2000", "--methods",
        "sobol,uniform,regmix", "--trials", "3", "--optimizer-seeds", "1",
        "--confirmation-seeds", "2", "--checkpoints", "none", "--workers", "1", "--json", "-q",
      ]),
    Scenario(
      name: "transfer", verb: "transfer", ingredients: ["s"],
      words: [
        "transfer", "s", "--sizes", "100k", "--seeds", "2", "--workers", "1", "--json", "-q",
      ]),
    Scenario(
      name: "report", verb: "report", ingredients: ["s"], words: ["report", "s"]),
    Scenario(
      name: "train", verb: "train",
      words: [
        "train", "--corpus", "@corpus", "--mixture", "uniform", "--size", "100k", "--tokens",
        "60000", "--workers", "1", "--output", "r", "--json",
      ]),
    Scenario(
      name: "sweep", verb: "sweep",
      words: [
        "sweep", "w", "--corpus", "@corpus", "--sizes", "50k", "--rates", "0.5,1", "--seeds", "2",
        "--tokens", "3000", "--workers", "1",
      ]),
    Scenario(
      name: "testbed", verb: "testbed",
      words: [
        "testbed", "t", "--corpus", "@corpus", "--sizes", "50k", "--mixtures", "3", "--seeds", "2",
        "--replicated", "1", "--tokens", "4000", "--rungs", "0.5,1", "--workers", "1", "-q",
      ]),
    Scenario(
      name: "replay", verb: "replay",
      words: [
        "replay", "@runs.csv", "--methods", "random,sobol", "--seeds", "6", "--initial", "4",
        "--budget", "9", "--output", "r", "--workers", "1", "--json", "-q",
      ]),
    Scenario(
      name: "replay at sizes", verb: "replay",
      words: [
        "replay", "@sizes.csv", "--target", "16M", "--methods", "random,hyperband-sizes",
        "--seeds", "4", "--budget", "3", "--output", "r", "--workers", "1", "--json", "-q",
      ]),
    Scenario(
      name: "suggest", verb: "suggest",
      words: ["suggest", "--observations", "@runs.csv", "--count", "3"]),
    Scenario(
      name: "suggest into the table", verb: "suggest", ingredients: ["runs.csv"],
      words: ["suggest", "--observations", "runs.csv", "--count", "2", "--append"],
      isRepeatable: false),
    Scenario(
      name: "suggest to a file", verb: "suggest", ingredients: ["runs.csv"],
      words: ["suggest", "--observations", "runs.csv", "--count", "2", "--output", "next.csv"],
      refuses: "as nothing is overwritten"),
    Scenario(
      name: "corpus build", verb: "corpus build", ingredients: ["texts"],
      words: [
        "corpus", "build", "--domain", "a=texts/a*.txt", "--domain", "b=texts/b*.txt",
        "--vocabulary", "400", "--output", "made", "--quiet",
      ]),
    Scenario(
      name: "corpus build from a manifest", verb: "corpus build",
      words: ["corpus", "build", "@mini.json", "--output", "made", "--quiet"]),
    Scenario(
      name: "corpus list", verb: "corpus list", words: ["corpus", "list", "@corpus", "--json"]),
    Scenario(
      name: "corpus add", verb: "corpus add", ingredients: ["small", "texts"],
      words: [
        "corpus", "add", "small", "--domain", "c=texts/b1*.txt", "--replace", "--quiet",
      ], countingKeys: ["inputs"]),
    Scenario(
      name: "corpus rebuild", verb: "corpus rebuild", ingredients: ["small", "texts"],
      words: ["corpus", "rebuild", "small", "a", "--quiet"], countingKeys: ["inputs"]),
    Scenario(
      name: "export", verb: "export", ingredients: ["s"],
      words: ["export", "s", "--to", "megatron", "--output", "blend.txt", "-q"]),
    Scenario(
      name: "predict", verb: "predict", ingredients: ["s"], words: ["predict", "s", "--json"]),
    Scenario(
      name: "watch", verb: "watch", ingredients: ["s"], words: ["watch", "s", "--once"],
      // It says how long ago runs ended.
      ignores: ["(output)"]),
    Scenario(
      name: "ask", verb: "ask", ingredients: ["session"],
      words: ["ask", "session", "--count", "2", "--json"], isRepeatable: false),
    Scenario(
      name: "ask for the best", verb: "ask", ingredients: ["session"],
      words: ["ask", "session", "--recommend", "--json"]),
    Scenario(
      name: "tell", verb: "tell", ingredients: ["session"],
      words: ["tell", "session", "13", "--losses", "a=3.1,b=3.2,c=2.9"]),
    Scenario(
      name: "study by jobs", verb: "study", words: byOwnTrainer,
      ignores: ["e/attempts/", "e/checkpoints/", "e/outbox/"]),
    Scenario(
      name: "run", verb: "run", words: ["run", "e/attempts/0-1"], setup: [waiting],
      // A job waits ten minutes for an outbox that refuses its message.
      edit: ("e/attempts/0-1/job.json", "\"outboxPatience\" : 600", "\"outboxPatience\" : 1"),
      ignores: ["e/attempts/0-1/"],
      keepsSome: ["e/outbox/", "e/jobs/"]),
    Scenario(
      name: "status", verb: "status", words: ["status", "e", "--json"], setup: [waiting],
      keepsSome: ["e/jobs/"]),
    Scenario(
      name: "cancel", verb: "cancel", words: ["cancel", "e"], setup: [waiting],
      ignores: ["(output)"], keepsSome: ["e/jobs/"]),
    Scenario(name: "methods", verb: "methods", words: ["methods", "bo", "--json"]),
    Scenario(
      name: "forecast", verb: "forecast",
      words: [
        "forecast", "@sizes.csv", "--target-size", "32M", "--output", "forecast.html", "--json",
      ]),
    Scenario(
      name: "benchmark", verb: "benchmark",
      words: [
        "benchmark", "m", "--kind", "one-size", "--methods", "sobol,uniform", "--seeds", "2",
        "--workers", "1", "-q", "--json",
      ]),
    Scenario(
      name: "bench", verb: "bench",
      words: [
        "bench", "--shape", "16/1/1/16/64", "--rounds", "1", "--seconds", "0.01", "--modes", "one",
        "--output", "b", "-q",
      ], isTiming: true),
  ]
}
