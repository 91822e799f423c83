// fuzz: -max_len=1024
import System
import Glibc

@testable import Tokenizer

private let tokenizer: Tokenizer = {
  let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
    separator: "/")
  guard let made = try? Tokenizer(path: FilePath(root + "/TokenizerTests/Fixtures/tiny_merges.txt")) else {
    fatalError("tiny_merges.txt cannot be read")
  }
  return made
}()

/// Any bytes as a text: its ids, and its row for the text encoder, whole and cut.
@_cdecl("fuzz_text")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let text = UnsafeBufferPointer(start: data, count: size)
  var ids: [Int32] = []
  do throws(Failure) {
    try tokenizer.encode(text) { (found) throws(Failure) in ids = Array(found) }
  } catch {
    precondition(String(validating: text, as: UTF8.self) == nil, "every short text has ids")
    return 0
  }
  precondition(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
  guard let memory = malloc(16 * 4) else { return 0 }
  defer { free(memory) }
  let row = UnsafeMutableBufferPointer(start: memory.bindMemory(to: Int32.self, capacity: 16), count: 16)
  let isWhole = (try? tokenizer.encodeRow(text, contextLength: 16, truncate: false, into: row)) != nil
  precondition(isWhole == (ids.count <= 14))
  guard (try? tokenizer.encodeRow(text, contextLength: 16, truncate: true, into: row)) != nil else {
    fatalError("a cut text has a row")
  }
  precondition(row[0] == tokenizer.startOfText && row.contains(tokenizer.endOfText))
  return 0
}
