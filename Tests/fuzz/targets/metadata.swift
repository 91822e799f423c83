// fuzz: -max_len=2048
@testable import Model
@testable import ModelFile
@testable import Numerics
@testable import Weights

/// What a model's file says besides the weights: lines of "key=value", each key with "actionclip." put before it. What
/// is accepted is written as a file's metadata and read again, and says the same.
@_cdecl("fuzz_metadata")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  // As from a file: without repeats, sorted by key.
  var entries: [(key: String, value: String)] = []
  for line in text.utf8.split(separator: 0x0A) {
    let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    let key = "actionclip." + String(Substring(parts[0]))
    guard !entries.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) else { continue }
    entries.append((key, parts.count == 2 ? String(Substring(parts[1])) : ""))
  }
  entries.sort { bytesPrecede($0.key, $1.key) }
  do throws(WeightsError) {
    let metadata = try ModelMetadata(entries)
    guard !entries.isEmpty else { return 0 }
    let c = Configuration()
    try? metadata.check(c)
    let again = try ModelMetadata(metadata.entries(for: c, compute: .fp32).filter { !isSize($0) })
    precondition(again.labels == metadata.labels && again.templates == metadata.templates)
    precondition(again.merges == metadata.merges && again.notes.count == metadata.notes.count)
    for (key, value) in metadata.notes { precondition(again.note(key) == value) }
  } catch { precondition(!error.message.isEmpty) }
  return 0
}

/// Of an empty configuration they are 0, which no file may say.
private func isSize(_ entry: (key: String, value: String)) -> Bool {
  let name = removing("actionclip.", from: entry.key)
  return name == "frames" || ModelMetadata.sizes.contains { $0.key == name }
}
