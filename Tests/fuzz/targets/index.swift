// fuzz: -max_len=2048 -runs=200000
import Glibc
import Index
import System

/// An archive's folder: the texts of its manifest, its lines, its removed rows and its rows, each but the last after its
/// size in two bytes. What opens is searched, and a file is cut between two searches.
@_cdecl("fuzz_index")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  var rest = UnsafeBufferPointer(start: data, count: size)[...]
  for name in ["manifest.json", "meta_0000.jsonl", "removed.jsonl"] {
    guard rest.count >= 2 else { return 0 }
    let count = min(Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8, rest.count - 2)
    write(name, rest.dropFirst(2).prefix(count), isWanted: name != "removed.jsonl" || count > 0)
    rest = rest.dropFirst(2 + count)
  }
  write("emb_0000.npy", rest, isWanted: true)
  do throws(Failure) {
    let index = try ArchiveIndex(FilePath(bytes: Array(folder.utf8)), threads: 1, inMemory: size % 2 == 0)
    precondition(index.rows >= index.removedRows && index.removedRows >= 0)
    for row in 0..<min(index.rows, 8) { if let place = try? index.place(of: row) { check(place) } }
    let numbers = try GrowingArray<Float>(repeating: 1, count: index.manifest.dimension)
    for isCut in [false, true] {
      if isCut { truncate(folder + "/emb_0000.npy", off_t(size / 2)) }
      let query = try SearchQuery(numbers.base, weights: nil, count: 1, dimension: numbers.count)
      let found = try index.search(query, count: 3, minimum: -.infinity, merges: size % 4 < 2)
      precondition(found.count <= min(3, index.rows - index.removedRows))
      for place in 0..<found.count {
        let moment = found[place]
        precondition(abs(moment.score) <= 1 && moment.start <= moment.end)
        precondition(place == 0 || moment.score <= found[place - 1].score)
      }
    }
  } catch { precondition(!error.message.isEmpty && error.kind != .internal) }
  return 0
}

private func check(_ place: WindowPlace) {
  precondition(!place.path.isEmpty && !place.path.contains(0) && place.start <= place.end)
}

private func write(_ name: String, _ bytes: Slice<UnsafeBufferPointer<UInt8>>, isWanted: Bool) {
  let path = folder + "/" + name
  unlink(path)
  guard isWanted, let file = fopen(path, "w") else { return }
  for byte in bytes { fputc(CInt(byte), file) }
  fclose(file)
}

/// A folder of this process in memory, which holds four small files at a time.
private let folder: String = {
  var template = Array("/dev/shm/actionclip-fuzz-XXXXXX".utf8CString)
  precondition(mkdtemp(&template) != nil)
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  atexit { remove() }
  removed = path
  return path
}()
private nonisolated(unsafe) var removed = ""
private func remove() {
  for name in ["manifest.json", "meta_0000.jsonl", "removed.jsonl", "emb_0000.npy"] {
    unlink(removed + "/" + name)
  }
  rmdir(removed)
}
