import Corpora
import Foundation

/// A few seconds' worth of generated text: domains that help each other a little, so that a whole
/// comparison can be tried without any other data.
enum SmokeCorpus {
  /// In the form of `corpora/synthetic.json`.
  private static let text = """
    {
      "kind": "synthetic", "name": "smoke", "description": "", "seed": 7,
      "bytesPerDomain": 90000, "bytesPerDocument": 1500,
      "topics": [
        {"name": "common", "words": 60, "exponent": 1.0, "successors": 3, "predictability": 0.6},
        {"name": "stories", "words": 200, "exponent": 1.0, "successors": 3, "predictability": 0.7},
        {"name": "talk", "words": 120, "exponent": 1.1, "successors": 3, "predictability": 0.6},
        {"name": "syntax", "words": 80, "exponent": 1.2, "successors": 2, "predictability": 0.9},
        {"name": "terms", "words": 300, "exponent": 0.9, "successors": 3, "predictability": 0.75}
      ],
      "domains": [
        {"name": "books", "role": "train", "shares": [0.2, 0.8, 0.0, 0.0, 0.0]},
        {"name": "web", "role": "train", "shares": [0.3, 0.3, 0.2, 0.0, 0.2]},
        {"name": "code", "role": "train", "shares": [0.1, 0.0, 0.0, 0.8, 0.1]},
        {"name": "papers", "role": "train", "shares": [0.2, 0.0, 0.0, 0.0, 0.8]},
        {"name": "chat", "role": "train", "shares": [0.3, 0.1, 0.6, 0.0, 0.0]},
        {"name": "reviews", "role": "held-out", "shares": [0.3, 0.4, 0.3, 0.0, 0.0]}
      ]
    }
    """

  /// Builds it in a folder, or opens what is there already.
  static func open(at folder: String) throws -> Corpus {
    let text = try JSONDecoder().decode(SyntheticText.self, from: Data(text.utf8))
    var settings = CorpusSettings()
    settings.vocabularySize = 300
    settings.sampleBytes = 20_000
    settings.heldOutTokens = 1100
    settings.heldOutOnlyBytes = 20_000
    _ = try CorpusBuilder(text, settings: settings).build(at: folder, workers: 1)
    // By the name that it was given, the first time and any other.
    return try Corpus.open(at: folder)
  }
}
