/// What `--json` prints: the members of a value, with the version of the schema and what kind of document it
/// is. `mixpipe.schema.json`, beside the documentation, describes them all.
struct VersionedDocument<Value: Encodable>: Encodable {
  var kind: String
  var value: Value

  private enum Key: CodingKey { case version, kind }

  /// - Precondition: the value has members of its own.
  func encode(to encoder: any Encoder) throws {
    try value.encode(to: encoder)
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(JSONSchema.version, forKey: .version)
    try members.encode(kind, forKey: .kind)
  }
}

/// Prints a value as a document of some kind.
func emitDocument(_ value: some Encodable, kind: String) throws {
  try emitDocument(VersionedDocument(kind: kind, value: value))
}
