import Foundation
import Storage

extension Tokenizer {
  /// The tokenizer in the form of Hugging Face's `tokenizers`, which encodes identically with it.
  ///
  /// A text that spells out `<|endoftext|>` is ordinary text here; over there only with
  /// `encode_special_tokens = True`.
  package func json() -> Data {
    if let file { return file }
    let names = tokenNames()
    func quoted(_ name: String) -> String {
      "\""
        + name.replacingOccurrences(of: "\\", with: "\\\\")
        .replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }
    let vocabulary = names.enumerated().map { "      \(quoted($1)): \($0)" }
    let merges = merges.map {
      "      " + quoted("\(names[Int($0.left)]) \(names[Int($0.right)])")
    }
    let byteLevel = """
      {
          "type": "ByteLevel",
          "add_prefix_space": false,
          "trim_offsets": true,
          "use_regex": true
        }
      """
    let text = """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
          {
            "id": \(endOfText),
            "content": "\(Self.endOfTextName)",
            "single_word": false,
            "lstrip": false,
            "rstrip": false,
            "normalized": false,
            "special": true
          }
        ],
        "normalizer": null,
        "pre_tokenizer": \(byteLevel),
        "post_processor": null,
        "decoder": \(byteLevel),
        "model": {
          "type": "BPE",
          "dropout": null,
          "unk_token": null,
          "continuing_subword_prefix": null,
          "end_of_word_suffix": null,
          "fuse_unk": false,
          "byte_fallback": false,
          "ignore_merges": false,
          "vocab": {
      \(vocabulary.joined(separator: ",\n"))
          },
          "merges": [
      \(merges.joined(separator: ",\n"))
          ]
        }
      }

      """
    return Data(text.utf8)
  }

  /// Each token spelled in the byte alphabet.
  func tokenNames() -> [String] {
    tokens.enumerated().map { id, bytes in
      if id == Int(endOfText) { return Self.endOfTextName }
      var name = String.UnicodeScalarView()
      for byte in bytes { name.append(Self.scalarOfByte[Int(byte)]) }
      return String(name)
    }
  }

  /// GPT-2's alphabet: printable bytes are themselves, the others follow from U+0100 in order.
  static let scalarOfByte: [Unicode.Scalar] = {
    var unprintable: UInt32 = 0x100
    return (0...255).map { (byte: UInt32) in
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: return Unicode.Scalar(byte)!
      default:
        defer { unprintable += 1 }
        return Unicode.Scalar(unprintable)!
      }
    }
  }()

  static let byteOfScalar: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: scalarOfByte.enumerated().map { ($1.value, UInt8($0)) })
}
