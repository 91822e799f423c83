// fuzz: -max_len=2048
import System
@testable import Model
@testable import ModelFile
@testable import Numerics
@testable import Weights

/// Metadata of a model's file: lines of "key=value", each key prefixed with "actionclip.". Metadata that is accepted is
/// written and read again, with the same result.
@_cdecl("fuzz_metadata")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let input = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  // As from a file: without repeats, sorted by key.
  var entries: [(key: String, value: String)] = []
  for line in input.utf8.split(separator: 0x0A) {
    let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    let key = "actionclip." + String(Substring(parts[0]))
    guard !entries.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) else { continue }
    entries.append((key, parts.count == 2 ? String(Substring(parts[1])) : ""))
  }
  entries.sort { bytesPrecede($0.key, $1.key) }
  do throws(Failure) {
    let metadata = try ModelMetadata(pairs(entries))
    guard !entries.isEmpty else { return 0 }
    let c = Configuration()
    try? metadata.check(c)
    let written: TextPairs
    do throws(Failure) { written = try metadata.entries(for: c, compute: .fp32) } catch {
      throw error
    }
    let all = (0..<written.count).map { (key: text(written.key($0)), value: text(written.value($0))) }
    let again = try ModelMetadata(pairs(all.filter { !isSize($0) }))
    precondition(same(again.labels, metadata.labels) && same(again.templates, metadata.templates))
    precondition((again.merges == nil) == (metadata.merges == nil))
    if let own = metadata.merges, let other = again.merges { precondition(same(own, other)) }
    precondition(again.notes.count == metadata.notes.count)
    for index in 0..<metadata.notes.count {
      precondition(again.notes.key(index).elementsEqual(metadata.notes.key(index)))
      precondition(again.notes.value(index).elementsEqual(metadata.notes.value(index)))
    }
  } catch { precondition(!error.message.isEmpty) }
  return 0
}

private func pairs(_ entries: [(key: String, value: String)]) throws(Failure) -> TextPairs {
  let pairs = TextPairs()
  do throws(Failure) {
    for (key, value) in entries { try pairs.append(key, value) }
  } catch { throw error }
  return pairs
}

private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

private func same(_ one: TextList, _ other: TextList) -> Bool {
  one.count == other.count && (0..<one.count).allSatisfy { one[$0].elementsEqual(other[$0]) }
}

/// The sizes of an empty configuration are 0, which no file may state.
private func isSize(_ entry: (key: String, value: String)) -> Bool {
  let name = removing("actionclip.", from: entry.key)
  return name == "frames" || ModelMetadata.sizes.contains { $0.key == name }
}
