import Foundation
import TextSources

/// A file's bytes as UTF-8, whatever wrote them: spreadsheets on Windows export UTF-16 and Windows-1252,
/// and tables are kept compressed.
enum TableText {
  struct Decoded: Equatable {
    var text: [UInt8]
    /// How it was decoded, where that is not plain UTF-8.
    var notes: [String] = []
    var isCompressed = false
    var encoding = TableEncoding.utf8
  }

  static func decoded(_ bytes: [UInt8], path: String) throws(RunTableError) -> Decoded {
    if bytes.starts(with: [0x1F, 0x8B]) {
      let text: [UInt8]
      do {
        text = try gunzip(bytes)
      } catch {
        throw .unreadable(
          path: path, found: "a damaged gzip file (\(error))", hint: "compress it anew")
      }
      var inner = try decoded(text, path: path)
      inner.isCompressed = true
      return inner
    }
    if let found = knownBinary(bytes) {
      throw .unreadable(path: path, found: found.name, hint: found.hint)
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      guard bytes.count % 2 == 0 else {
        throw .unreadable(
          path: path, found: "UTF-16 that ends in the middle of a character",
          hint: "export the table anew, as UTF-8")
      }
      return Decoded(
        text: utf16(bytes), notes: ["read as UTF-16"],
        encoding: bytes[0] == 0xFF ? .utf16LittleEndian : .utf16BigEndian)
    }
    if bytes.prefix(4096).contains(0) {
      throw .unreadable(
        path: path, found: "bytes that are no text", hint: "give a text file")
    }
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    if String(validating: body, as: UTF8.self) != nil { return Decoded(text: body) }
    return Decoded(
      text: windows1252(body), notes: ["not UTF-8: read as Windows-1252"], encoding: .windows1252)
  }

  private static func knownBinary(_ text: [UInt8]) -> (name: String, hint: String)? {
    func begins(_ bytes: [UInt8]) -> Bool { text.starts(with: bytes) }
    if begins(Array("PAR1".utf8)) {
      return ("Parquet", "convert it, e.g. with pandas: read_parquet(…).to_csv(…, index=False)")
    }
    if begins([0x50, 0x4B, 3, 4]) { return ("a zip or Excel file", "save it as CSV") }
    let start = String(decoding: text.prefix(64), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    for mark in ["<!doctype", "<html", "<table", "<?xml", "<div"] where start.hasPrefix(mark) {
      return ("a page of HTML or XML", "save the table in it as CSV")
    }
    if start.hasPrefix("\\begin{") || start.hasPrefix("{\\rtf") {
      return ("a typeset document", "save the table in it as CSV")
    }
    if start.hasPrefix("sqlite format 3") {
      return (
        "a database",
        "export a table, e.g. of Optuna: study.trials_dataframe().to_csv(…, index=False)"
      )
    }
    if start.hasPrefix("%pdf-") { return ("PDF", "save the table in it as CSV") }
    if begins([0x89, 0x48, 0x44, 0x46]) {
      return ("HDF5", "convert it, e.g. with pandas: read_hdf(…).to_csv(…, index=False)")
    }
    if text.count > 1, text[0] == 0x80, 2...5 ~= text[1] {
      return ("a pickle", "convert it, e.g. with pandas: read_pickle(…).to_csv(…, index=False)")
    }
    if begins([0xFD, 0x37, 0x7A, 0x58, 0x5A]) || begins(Array("BZh".utf8)) {
      return ("a compressed file", "decompress it, or compress it with gzip")
    }
    if begins([0x28, 0xB5, 0x2F, 0xFD]) { return ("a zstd file", "decompress it with unzstd") }
    return nil
  }

  private static func utf16(_ bytes: [UInt8]) -> [UInt8] {
    let isLittle = bytes[0] == 0xFF
    let units = stride(from: 2, to: bytes.count - 1, by: 2).map { at -> UInt16 in
      let (a, b) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
      return isLittle ? a | b << 8 : a << 8 | b
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  private static func windows1252(_ bytes: [UInt8]) -> [UInt8] {
    var text = String.UnicodeScalarView()
    for byte in bytes {
      let code =
        0x80..<0xA0 ~= byte ? TableEncoding.windowsControls[Int(byte) - 0x80] : UInt32(byte)
      text.append(Unicode.Scalar(code)!)
    }
    return Array(String(text).utf8)
  }
}
