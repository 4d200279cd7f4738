/// A text cut into pieces of about `size` bytes that together are the whole of it: at a blank line where
/// there is one soon, else at the end of a line, else at a space, else between two characters.
func stretches(of text: [UInt8], size: Int) -> [Range<Int>] {
  var ranges: [Range<Int>] = []
  var start = 0
  while text.count - start > 2 * size {
    let least = start + size
    let most = start + 2 * size
    var end: Int?
    if let gap = text.find("\n\n", from: least, to: most) {
      var place = gap + 2
      while place < text.count, text[place] == .newline { place += 1 }
      end = place
    }
    end = end ?? text.find(.newline, from: least, to: most).map { $0 + 1 }
    end = end ?? text.find(.space, from: least, to: most)
    var place = end ?? most
    while place < text.count, text[place] & 0xc0 == 0x80, place < most + 4 { place += 1 }
    ranges.append(start..<place)
    start = place
  }
  if start < text.count || ranges.isEmpty { ranges.append(start..<text.count) }
  return ranges
}
