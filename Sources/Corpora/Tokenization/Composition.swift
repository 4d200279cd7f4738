import Foundation

/// Text in Unicode's form NFC; nil where it is that already for certain. What is no UTF-8 stays as it is.
func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
  // No scalar below U+0300 is changed, nor joins what is before it.
  guard text.contains(where: { $0 >= 0xcc }) else { return nil }
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var start = 0
  var position = 0
  func flush() {
    if start < position {
      let part = String(decoding: text[start..<position], as: UTF8.self)
      result.append(contentsOf: part.precomposedStringWithCanonicalMapping.utf8)
    }
  }
  while position < text.count {
    let (value, width) = text.scalar(at: position)
    if value == 0x110000 {
      flush()
      result.append(text[position])
      start = position + 1
    }
    position += width
  }
  flush()
  return result
}
