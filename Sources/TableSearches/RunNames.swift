import RunTables

/// Names for new runs: numbers go on where the table's end; other names get one that no run has.
struct RunNames {
  private var taken: Set<String>
  private var number: Int
  private let isNumbered: Bool

  init(_ table: RunTable, others: [String]) {
    let names = table.runNames + others
    // Beyond these a name is no number that one could go on from.
    let numbers = names.compactMap { Int($0) }.filter { abs(Double($0)) < 1e15 }
    taken = Set(names)
    isNumbered = numbers.count == names.count
    number = isNumbered ? numbers.max() ?? table.rows.count : table.rows.count
  }

  mutating func next() -> String {
    repeat { number += 1 } while taken.contains(name)
    taken.insert(name)
    return name
  }

  private var name: String { isNumbered ? String(number) : "suggested-\(number)" }
}
