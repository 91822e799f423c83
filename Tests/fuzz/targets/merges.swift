// fuzz: -max_len=4096
import System
@testable import Tokenizer

/// A merge list, plain or gzip. What was read is written and read again, and says the same: of one size in four, since
/// that takes most of the time.
@_cdecl("fuzz_merges")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  guard let tokenizer = try? Tokenizer(file: bytes), size % 4 == 0 else { return 0 }
  guard let list = try? tokenizer.mergeList() else { return 0 }
  let again = try? Tokenizer(mergeList: list[0], vocabularySize: tokenizer.vocabularySize)
  guard let written = try? again?.mergeList() else { fatalError("what was written is read") }
  precondition(written[0].elementsEqual(list[0]))
  return 0
}
