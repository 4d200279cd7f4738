/// Levenshtein's distance: insertions, deletions and substitutions from one name to another.
package func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}

/// The name that was probably meant: the nearest within an edit distance of three.
package func nearestName(to name: String, in known: [String]) -> String? {
  let ranked = known.map { (name: $0, distance: editDistance($0, name)) }
  guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance < min(4, max(name.count, 2)) ? best.name : nil
}
