import Storage

extension MixtureExport {
  /// The file's contents.
  package func text(for format: ExportFormat) throws(ExportError) -> String {
    let entries = try entries(for: format)
    let body: String =
      switch format {
      case .megatron: try megatron(entries)
      case .megatronSplit: try megatronSplit(entries)
      case .olmoCore: olmoCore(entries)
      case .nanotron: nanotron(entries)
      case .levanter: levanter(entries)
      case .lingua: lingua(entries)
      case .regmix: regmix(entries)
      case .doremi: doremi(entries)
      case .huggingFace: huggingFace(entries)
      case .llamaFactory: llamaFactory(entries)
      case .streaming: streaming(entries)
      case .olmix: olmix(entries)
      case .json: json(entries)
      case .csv: csv(entries)
      }
    guard let comment = format.comment else { return body }
    // The mixture itself, so that the file can be read back whatever the names and units in it are.
    let exact = Self.rounded(domains.map(\.weight))
    let mixture = zip(domains, exact).map { "\(quoted($0.name)): \(Self.decimal($1))" }
    let lines =
      ["made by 'mixpipe export --to \(format.rawValue)'"] + (try notes(for: format))
      + ["mixture: {\(mixture.joined(separator: ", "))}"]
    return lines.map { comment + $0 + "\n" }.joined() + body
  }

  /// A string of JSON, which is one of YAML and Python too.
  func quoted(_ text: String) -> String { quotedJSON(text) }

  private func list(_ items: [String]) -> String { "[\(items.joined(separator: ", "))]" }

  /// Each path with its part of the domain's weight: equal parts, since sizes over there are not known.
  private func parts(_ entry: Entry) -> [(weight: String, path: String)] {
    let units = Int((entry.weight * 1e8).rounded())
    let count = entry.paths.count
    return entry.paths.enumerated().map { index, path in
      let part = units / count + (index < units % count ? 1 : 0)
      return (Self.decimal(Double(part) / 1e8), path)
    }
  }

  private func megatronWords(_ entries: [Entry]) throws(ExportError) -> [[String]] {
    for entry in entries {
      for path in entry.paths where path.contains(where: \.isWhitespace) {
        throw .whiteSpaceInPath(domain: entry.name, path: path)
      }
    }
    return entries.flatMap { parts($0).map { [$0.weight, $0.path] } }
  }

  private func megatron(_ entries: [Entry]) throws(ExportError) -> String {
    try megatronWords(entries).map { $0.joined(separator: " ") + "\n" }.joined()
  }

  private func megatronSplit(_ entries: [Entry]) throws(ExportError) -> String {
    let words = try megatronWords(entries).flatMap { $0 }.map(quoted)
    // All three keys are read; null is no data set.
    return "{\n  \"train\": \(list(words)),\n  \"valid\": null,\n  \"test\": null\n}\n"
  }

  private func olmoCore(_ entries: [Entry]) -> String {
    "sources:\n"
      + entries.map { entry in
        """
          - source_name: \(quoted(entry.name))
            target_ratio: \(Self.decimal(entry.weight))
            max_repetition_ratio: \(Self.decimal(entry.repetitions, 2))
            paths:
        \(entry.paths.map { "      - \(quoted($0))\n" }.joined())
        """
      }.joined()
  }

  private func nanotron(_ entries: [Entry]) -> String {
    let all = entries.flatMap(parts)
    return """
      data_stages:
        - name: mixture
          start_training_step: 1
          data:
            seed: 42
            num_loading_workers: 1
            dataset:
              dataset_folder:
      \(all.map { "          - \(quoted($0.path))\n" }.joined())\
              dataset_weights: \(list(all.map(\.weight)))

      """
  }

  private func levanter(_ entries: [Entry]) -> String {
    "configs:\n"
      + entries.map { entry in
        "  \(quoted(entry.name)):\n    train_urls: \(list(entry.paths.map(quoted)))\n"
      }.joined() + "train_weights:\n" + weights(entries, indent: 2) + "stop_strategy: restart\n"
  }

  private func weights(_ entries: [Entry], indent: Int) -> String {
    let space = String(repeating: " ", count: indent)
    return entries.map { "\(space)\(quoted($0.name)): \(Self.decimal($0.weight))\n" }.joined()
  }

  private func lingua(_ entries: [Entry]) -> String {
    // Sources are folders below one root.
    let paths = entries.flatMap(\.paths)
    let folders = paths.map { path in
      path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
    let root = folders.allSatisfy { $0 == folders[0] } ? folders[0] : ""
    let sources = entries.flatMap(parts).map { weight, path in
      let name = root.isEmpty ? path : String(path.dropFirst(root.utf8.count + 1))
      return "    \(quoted(name)): \(weight)\n"
    }
    return "data:\n  root_dir: \(quoted(root.isEmpty ? "." : root))\n  sources:\n"
      + sources.joined()
  }

  private func regmix(_ entries: [Entry]) -> String {
    func name(_ entry: Entry, _ part: String) -> String {
      guard let path = entry.domain.paths.first else { return "\(part)_\(entry.name)" }
      let last = path.split(separator: "/").last.map(String.init) ?? path
      return last.hasPrefix("train_") ? part + last.dropFirst(5) : "\(part)_\(last)"
    }
    return "model_name: tinyllama_1_1b\ntrain:\n"
      + entries.map { "  \(quoted(name($0, "train"))): \(Self.decimal($0.weight))\n" }.joined()
      + "valid:\n" + entries.map { "  \(quoted(name($0, "valid"))): 1.0\n" }.joined()
  }

  private func doremi(_ entries: [Entry]) -> String {
    // DoReMi sorts domains by name; what is evaluated on counts alike.
    let sorted = entries.sorted { $0.name < $1.name }
    let even = Self.rounded(sorted.map { _ in 1 })
    func map(_ weights: [Double]) -> String {
      zip(sorted, weights).map { "    \(quoted($0.name)): \(Self.decimal($1))" }
        .joined(separator: ",\n")
    }
    return """
      {
        "train_domain_weights": {
      \(map(sorted.map(\.weight)))
        },
        "eval_domain_weights": {
      \(map(even))
        }
      }

      """
  }

  private func huggingFace(_ entries: [Entry]) -> String {
    """
    from datasets import interleave_datasets, load_dataset

    paths = {
    \(entries.map { "    \(quoted($0.name)): \(list($0.paths.map(quoted))),\n" }.joined())}
    probabilities = {
    \(entries.map { "    \(quoted($0.name)): \(Self.decimal($0.weight)),\n" }.joined())}


    def mixture(seed=42, streaming=True, stopping_strategy="all_exhausted"):
        parts = [
            load_dataset("json", data_files=paths[name], split="train", streaming=streaming)
            for name in probabilities
        ]
        return interleave_datasets(
            parts,
            probabilities=list(probabilities.values()),
            seed=seed,
            stopping_strategy=stopping_strategy,
        )

    """
  }

  private func llamaFactory(_ entries: [Entry]) -> String {
    // Names are those of dataset_info.json; a comma divides them.
    let names = entries.flatMap(\.paths)
    let weights = entries.flatMap(parts).map(\.weight)
    return """
      dataset: \(quoted(names.joined(separator: ",")))
      mix_strategy: interleave_over
      interleave_probs: \(quoted(weights.joined(separator: ",")))

      """
  }

  private func streaming(_ entries: [Entry]) -> String {
    "train_loader:\n  dataset:\n    streams:\n"
      + entries.map { entry in
        parts(entry).enumerated().map { index, part in
          let name = entry.paths.count == 1 ? entry.name : "\(entry.name)-\(index + 1)"
          let isRemote = part.path.contains("://")
          return """
                  \(quoted(name)):
                    \(isRemote ? "remote" : "local"): \(quoted(part.path))
                    split: train
                    proportion: \(part.weight)

            """
        }.joined()
      }.joined()
  }

  private func olmix(_ entries: [Entry]) -> String {
    "mix:\n"
      + entries.map { entry in
        // Source and topic are divided by a colon there.
        let name = entry.name.split(separator: "/", maxSplits: 1).joined(separator: ":")
        return """
            \(quoted(name)):
              weight: \(Self.decimal(entry.weight))
              repetition_factor: \(Self.decimal(entry.repetitions, 2))

          """
      }.joined()
  }

  private func json(_ entries: [Entry]) -> String {
    func member(_ key: String, _ values: [String]) -> String { "  \"\(key)\": \(list(values))" }
    var members = [
      member("domains", entries.map { quoted($0.name) }),
      member("weights", entries.map { Self.decimal($0.weight) }),
    ]
    if let tokens { members.append("  \"tokens\": \(Int(tokens))") }
    if entries.contains(where: { $0.epochs != nil }) {
      members.append(
        member("epochs", entries.map { $0.epochs.map { Self.decimal($0, 4) } ?? "null" }))
    }
    return "{\n\(members.joined(separator: ",\n"))\n}\n"
  }

  private func csv(_ entries: [Entry]) -> String {
    func cell(_ text: String) -> String {
      guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
      return "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
    }
    return "domain,weight,epochs\n"
      + entries.map { entry in
        "\(cell(entry.name)),\(Self.decimal(entry.weight)),"
          + "\(entry.epochs.map { Self.decimal($0, 4) } ?? "")\n"
      }.joined()
  }
}
