import System
import Testing

@testable import Tokenizer

/// Tests of the rows for the text encoder. The markers of the tiny vocabulary have the ids 632 and 633.
struct RowTests {
  private let start: Int32 = 632
  private let end: Int32 = 633

  @Test func aRowIsStartIdsEndAndZeros() throws {
    let tokenizer = try Tiny.tokenizer()
    let ids = try tokenizer.ids("playing the flute")
    #expect(ids.count == 3)
    #expect(try tokenizer.row("playing the flute", context: 8) == [start] + ids + [end, 0, 0, 0])
    #expect(try tokenizer.row("", context: 4) == [start, end, 0, 0])
  }

  @Test func aTextThatJustFitsNeedsNoZeros() throws {
    let tokenizer = try Tiny.tokenizer()
    let ids = try tokenizer.ids("playing the flute")
    for truncate in [false, true] {
      #expect(
        try tokenizer.row("playing the flute", context: 5, truncate: truncate) == [start] + ids + [end])
    }
  }

  @Test func aLongerTextIsAnErrorThatSaysByHowMuch() throws {
    let tokenizer = try Tiny.tokenizer()
    let error = failure { _ = try tokenizer.row("playing the flute", context: 4) }
    #expect(error?.kind == .textTooLong)
    #expect(
      error?.message == "the text 'playing the flute' has 3 tokens, but a context of 4 holds 2; "
        + "shorten it or ask for truncation")
  }

  @Test func orItIsCutAndTheLastIdIsEndOfText() throws {
    let tokenizer = try Tiny.tokenizer()
    let ids = try tokenizer.ids("playing the flute")
    #expect(try tokenizer.row("playing the flute", context: 4, truncate: true) == [start] + ids[..<2] + [end])
    #expect(try tokenizer.row("playing the flute", context: 2, truncate: true) == [start, end])
  }

  @Test func onlyTheContextIsWritten() throws {
    let row = try Tiny.tokenizer().row("the", context: 4, capacity: 6)
    #expect(row == [start, 515, end, 0, -7, -7])
  }

  @Test func nothingIsWrittenOnFailure() throws {
    let tokenizer = try Tiny.tokenizer()
    for text in ["playing the flute", "the \u{FF}"] {
      var bytes = Array(text.utf8)
      if text.hasPrefix("the") { bytes[4] = 0xFF }
      var row = [Int32](repeating: -7, count: 4)
      let error = failure {
        try row.withUnsafeMutableBufferPointer { row in
          try bytes.withUnsafeBufferPointer {
            try tokenizer.encodeRow($0, contextLength: 4, truncate: false, into: row)
          }
        }
      }
      #expect(error != nil)
      #expect(row == [-7, -7, -7, -7])
    }
  }

  @Test(arguments: [(Int.min, 4), (-1, 4), (0, 4), (1, 4), (5, 4), (Int.max, 4), (2, 0)])
  func aContextWithoutRoomIsRefused(context: Int, capacity: Int) throws {
    let tokenizer = try Tiny.tokenizer()
    let error = failure { _ = try tokenizer.row("the", context: context, capacity: capacity) }
    #expect(error?.kind == .invalidArgument)
  }
}
