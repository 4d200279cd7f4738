import Storage
import Testing

@Suite struct SHA256Tests {
  // Examples of FIPS 180-2, appendix B, and the digest of the empty message.
  @Test(
    "agrees with the published examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func agreesWithThePublishedExamples(message: String, expected: String) {
    #expect(SHA256.hexadecimal(of: message.utf8) == expected)
  }

  // Python's hashlib: sha256(bytes(i * 7 % 256 for i in range(n))).
  @Test(
    "does not depend on how the message is cut",
    arguments: [
      (55, "576a1bf8d4478657e6dc4af9398544765c2a92cde28478b019235cfed315fc09"),
      (56, "9b20501dfd1d99161c257950f3444f3e49230c351c5c8e0943ef369f85f5205d"),
      (63, "30b345906b493f06f69444b6521113511c242f30e29840462950035043682f1e"),
      (64, "d8bc63b4fc1156e5e7d95a418b9bf54cd3174bedbc2db40f74895349b229b3c0"),
      (65, "1ee23b0fbcaecc1aff4a9e8f1645f35ab2c8e13609cd73b68df8b5e3f63ce073"),
      (1000, "89f4ff56a25dd1db06a4ce6033603775d705fb96f30f8693733fef602a1ca532"),
    ])
  func doesNotDependOnHowTheMessageIsCut(count: Int, expected: String) {
    let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for piece in [1, 3, 63, 64, 65, 1000] {
      var hash = SHA256()
      for start in stride(from: 0, to: count, by: piece) {
        hash.update(message[start..<min(start + piece, count)])
      }
      #expect(hash.hexadecimal() == expected)
    }
  }
}
