import Foundation
import Testing

@testable import ArgumentParsing

@Suite struct PrintableTests {
  @Test(
    "shows what steers a terminal as its escape",
    arguments: [
      ("plain, räksmörgås 日本語 🙂", "plain, räksmörgås 日本語 🙂"), ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
      ("a\nb\tc\r", "a\\nb\\tc\\r"), ("\u{202e}abc\u{2028}", "\\u{202e}abc\\u{2028}"),
      ("\u{0}\u{7f}\u{9b}", "\\u{0}\\u{7f}\\u{9b}"), ("", ""),
    ]) func showsWhatSteersATerminalAsItsEscape(text: String, expected: String)
  {
    #expect(printable(text) == expected)
  }

  @Test("leaves the lines of a longer text") func leavesTheLinesOfALongerText() {
    #expect(printable("a\n\tb\u{1b}", isOneLine: false) == "a\n\tb\\u{1b}")
  }

  @Test("cuts a line that is much too long in its middle")
  func cutsALineThatIsMuchTooLongInItsMiddle() {
    let text = "start " + String(repeating: "x", count: 100_000) + " end"
    let shown = printable(text)
    #expect(shown.count < 1300 && shown.hasPrefix("start ") && shown.hasSuffix(" end"))
    #expect(printable(text, isOneLine: false) == text)
  }

  @Test(
    "a whole number has a bound",
    arguments: [
      ("1000000000000001", "expected at most 1000000000000000"),
      ("-9223372036854775808", "at most"),
      ("99999999999999999999", "expected a whole number in digits"), ("1e3", "in digits"),
    ]) func aWholeNumberHasABound(word: String, expected: String)
  {
    do {
      _ = try Int(argument: word)
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".contains(expected))
    }
  }

  @Test("a number is finite", arguments: ["nan", "inf", "-inf", "1e999"])
  func aNumberIsFinite(word: String) {
    #expect(throws: ValidationError.self) { try Double(argument: word) }
  }

  @Test("a seed is a number that every reader of JSON keeps")
  func aSeedIsANumberThatEveryReaderOfJSONKeeps() throws {
    #expect(try UInt64(argument: "9007199254740992") == 1 << 53)
    #expect(throws: ValidationError.self) { try UInt64(argument: "9007199254740993") }
    #expect(throws: ValidationError.self) { try UInt64(argument: "99999999999999999999") }
    #expect(throws: UnreadableArgument.self) { try UInt64(argument: "-1") }
  }
}

@Suite struct ErrorWordTests {
  @Test("what the system refused to Foundation is told by path and reason")
  func whatTheSystemRefusedToFoundationIsToldByPathAndReason() {
    let cause = NSError(domain: NSPOSIXErrorDomain, code: Int(EACCES))
    let error = NSError(
      domain: NSCocoaErrorDomain, code: 513,
      userInfo: [NSUnderlyingErrorKey: cause, NSFilePathErrorKey: "/some/folder"])
    #expect(describe(error) == "/some/folder: Permission denied")
  }
}
