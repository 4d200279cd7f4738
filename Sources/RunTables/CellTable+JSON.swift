import Storage

/// Runs as JSON: an object a line, an array of objects, the layouts of pandas, a study's journal.
extension CellTable {
  /// Ten thousand runs with five thousand columns, in a gigabyte of memory.
  private static let mostCells = 50_000_000

  mutating func readJSON(_ text: [UInt8]) throws(RunTableError) {
    var objects: [(line: Int, value: JSONValue)] = []
    if let whole = try? JSONValue.parse(text) {
      objects = try Self.records(of: whole, path: path)
      dialect.form =
        objects.count == 1 && objects[0].value == whole ? .lines : .closed
    } else {
      dialect.form = .lines
      dialect.lineEnd = "\n"
      var line = 0
      for bytes in text.split(separator: 10, omittingEmptySubsequences: false) {
        line += 1
        let isLast = bytes.endIndex == text.endIndex
        guard bytes.contains(where: { $0 > 32 }) else { continue }
        do throws(JSONValue.Problem) {
          objects.append((line, try JSONValue.parse(Array(bytes))))
        } catch {
          // What a journal that is being written ends with was not reported yet.
          if isLast, !objects.isEmpty { break }
          throw .malformedLine(
            path: path, line: line,
            reason: "\(error.reason) at byte \(error.offset + 1); mend or remove the line")
        }
      }
    }
    if objects.first?.value["event"] == .string("began") {
      objects = try StudyJournal.runs(objects, path: path)
      isJournal = true
      dialect.form = .closed
    }
    guard !objects.isEmpty else { throw .noRows(path: path) }
    var places: [String: Int] = [:]
    for (line, value) in objects {
      guard case .object = value else {
        throw .malformedLine(
          path: path, line: line,
          reason: "found no object, expected one run such as "
            + "{\"weight_books\": 0.3, …, \"loss_books\": 3.1}")
      }
      // A cell for every row and key: keys that are new in each line are no table.
      guard columns.count * (rows.count + 1) <= Self.mostCells else {
        throw .malformedLine(
          path: path, line: line,
          reason:
            "found \(columns.count) different names in \(rows.count) runs, expected the same few "
            + "in each; write only weights, losses and what tells runs apart")
      }
      var row = Row(line: line, cells: columns.map { _ in "" })
      for (name, cell) in Self.flattened(value, name: "") {
        if places[name] == nil {
          places[name] = columns.count
          columns.append(name)
          row.cells.append("")
        }
        row.cells[places[name]!] = cell
      }
      rows.append(row)
    }
    for index in rows.indices {
      rows[index].cells += [String](
        repeating: "", count: columns.count - rows[index].cells.count)
    }
  }

  // MARK: Layouts of whole documents

  /// The runs of a document: pandas' `to_json` with each `orient`, a list, or one run alone.
  private static func records(
    of whole: JSONValue, path: String
  ) throws(RunTableError) -> [(line: Int, value: JSONValue)] {
    func numbered(_ values: [JSONValue]) -> [(line: Int, value: JSONValue)] {
      values.enumerated().map { ($0.offset + 1, $0.element) }
    }
    switch whole {
    case .array(let elements):
      if case .array? = elements.first {
        throw .malformedLine(
          path: path, line: 1,
          reason: "found lists of values without names (pandas' orient='values'), expected names; "
            + "write the table with orient='records', or as CSV")
      }
      return numbered(elements)
    case .object(let members):
      if case .array(let names)? = whole["columns"], case .array(let data)? = whole["data"] {
        var labels: [JSONValue] = []
        if case .array(let index)? = whole["index"] { labels = index }
        return numbered(
          try data.enumerated().map { row, cells throws(RunTableError) in
            try record(names, cells, label: labels.indices.contains(row) ? labels[row] : nil, path)
          })
      }
      if whole["schema"]?["fields"] != nil, case .array(let data)? = whole["data"] {
        return numbered(data)
      }
      for name in ["runs", "trials", "rows", "data", "results", "records"] {
        guard case .array(let list)? = whole[name], case .object? = list.first else { continue }
        return numbered(list)
      }
      if let table = table(members) ?? columns(members) { return numbered(table) }
      return [(1, whole)]
    default: return [(1, whole)]
    }
  }

  private static func record(
    _ names: [JSONValue], _ cells: JSONValue, label: JSONValue?, _ path: String
  ) throws(RunTableError) -> JSONValue {
    guard case .array(let values) = cells, values.count == names.count else {
      throw .malformedLine(
        path: path, line: 1,
        reason: "found a row that is no list of \(names.count) values, expected pandas' "
          + "orient='split'; write it anew")
    }
    var members: [JSONValue.Member] = []
    for (name, value) in zip(names, values) {
      members.append(.init(key: Self.label(name), value: value))
    }
    if let label, !members.contains(where: { ColumnName($0.key).fixedUse == .run }) {
      members.insert(.init(key: "index", value: label), at: 0)
    }
    return .object(members)
  }

  /// A column's name; of several levels joined by a slash.
  private static func label(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): return text
    case .number(let number): return text(number)
    case .array(let levels):
      return levels.map(label).filter { !$0.isEmpty }.joined(separator: "/")
    default: return ""
    }
  }

  /// pandas' `orient='columns'` and `orient='index'`: an object of objects that all have the same keys.
  private static func table(_ members: [JSONValue.Member]) -> [JSONValue]? {
    var inner: [[JSONValue.Member]] = []
    for member in members {
      guard case .object(let entries) = member.value, !entries.isEmpty,
        ColumnName.container(member.key) == nil
      else { return nil }
      inner.append(entries)
    }
    guard let first = inner.first?.map(\.key) else { return nil }
    func areLabels(_ keys: [String]) -> Bool { keys.allSatisfy { Int($0) != nil } }
    func known(_ keys: [String]) -> Int {
      keys.count { ![.unknown, .other].contains(ColumnName($0).use) }
    }
    let outer = members.map(\.key)
    // `weights` and `losses` within each are those of a run.
    let isByRun = first.contains { [.weight, .loss].contains(ColumnName.container($0)) }
    let isByColumn =
      isByRun
      ? false
      : areLabels(first) != areLabels(outer)
        ? areLabels(first) : known(outer) > known(first)
    guard isByColumn else {
      return zip(outer, inner).map { label, entries in
        entries.contains { ColumnName($0.key).fixedUse == .run }
          ? .object(entries)
          : .object([.init(key: "index", value: .string(label))] + entries)
      }
    }
    var labels: [String] = []
    var places: [String: Int] = [:]
    for entry in inner.joined() where places[entry.key] == nil {
      places[entry.key] = labels.count
      labels.append(entry.key)
    }
    var rows = labels.map { [JSONValue.Member(key: "index", value: .string($0))] }
    for (name, entries) in zip(outer, inner) {
      for entry in entries { rows[places[entry.key]!].append(.init(key: name, value: entry.value)) }
    }
    if outer.contains(where: { ColumnName($0).fixedUse == .run }) {
      for index in rows.indices { rows[index].removeFirst() }
    }
    return rows.map(JSONValue.object)
  }

  /// A list for each column, as pandas' `to_dict('list')`. Lists of weights and losses without headings of
  /// their own are one run's.
  private static func columns(_ members: [JSONValue.Member]) -> [JSONValue]? {
    var lists: [[JSONValue]] = []
    for member in members {
      // A list called 'loss' is a column of losses, where the weights have columns of their own.
      guard case .array(let list) = member.value,
        [nil, .loss].contains(ColumnName.container(member.key)),
        list.count == lists.first?.count ?? list.count, list.count > 1,
        list.allSatisfy({ cell in
          switch cell {
          case .object, .array: false
          default: true
          }
        })
      else { return nil }
      lists.append(list)
    }
    guard let count = lists.first?.count, lists.count > 2 else { return nil }
    return (0..<count).map { row in
      .object(zip(members, lists).map { .init(key: $0.key, value: $1[row]) })
    }
  }

  // MARK: One run

  /// Nested names joined by a slash. A mixture or losses may also be two lists side by side, or a list of
  /// objects that name their domain, as in mixpipe's own files.
  static func flattened(_ value: JSONValue, name: String) -> [(String, String)] {
    switch value {
    case .null: return [(name, "")]
    case .bool(let isTrue): return [(name, isTrue ? "true" : "false")]
    case .number(let number): return [(name, text(number))]
    case .string(let text): return [(name, text.trimmed)]
    case .array(let elements):
      return elements.enumerated().flatMap { index, element in
        for key in ["domain", "heldOut"] {
          if case .string(let domain)? = element[key], case .number(let loss)? = element["loss"] {
            let isNamed = ColumnName(name).words.contains { HeadingWords.losses[$0.text] != nil }
            return [("\(name)/\(domain)" + (isNamed ? "" : "/loss"), text(loss))]
          }
        }
        return flattened(element, name: "\(name)/\(index)")
      }
    case .object(let members):
      if case .array(let domains)? = value["domains"], case .array(let weights)? = value["weights"],
        domains.count == weights.count
      {
        return zip(domains, weights).compactMap { domain, weight in
          guard case .string(let domain) = domain, case .number(let weight) = weight else {
            return nil
          }
          return ("\(name.isEmpty ? "mixture" : name)/\(domain)", text(weight))
        }
      }
      return members.flatMap {
        flattened($0.value, name: name.isEmpty ? $0.key : "\(name)/\($0.key)")
      }
    }
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
  }
}
