import ArgumentParsing

/// What '--front' may name.
///
/// - Throws: `ValidationError` for anything but two different names.
func checkFront(_ names: [String]?) throws {
  if let names, names.count != 2 || names[0] == names[1] {
    throw ValidationError(
      "Found '--front \(names.joined(separator: ","))', expected two different held-out domains")
  }
}

/// - Parameter origin: where the held-out domains are: ` of the table`.
/// - Throws: `ValidationError` for a name that is none of them.
func checkFront(_ names: [String]?, among heldOut: [String], origin: String = "") throws {
  if let name = names?.first(where: { !heldOut.contains($0) }) {
    throw ValidationError(
      "Found '--front' with '\(name)', expected held-out domains\(origin): "
        + heldOut.joined(separator: ", "))
  }
}
