// fuzz: -max_len=4096
import System
import Glibc

@testable import Families
@testable import Weights

/// A file in memory: its header, then every tensor in every way that it can be read. A checkpoint is refused here;
/// it has a target of its own.
@_cdecl("fuzz_safetensors")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  guard !bytes.starts(with: "PK".utf8), let file = try? WeightsFile(bytes: bytes, keys: .known) else {
    return 0
  }
  for name in file.names { readEveryWay(name, file) }
  precondition(file.info("no such tensor") == nil)
  return 0
}

private func readEveryWay(_ name: String, _ file: WeightsFile) {
  guard let info = file.info(name), let stored = file.stored(name) else { fatalError("\(name) was listed") }
  precondition(stored.count == info.count * info.elementType.size, "\(name) lies in its file without gaps")
  guard let memory = malloc(max(1, info.count * 4)) else { return }
  defer { free(memory) }
  let floats = UnsafeMutableBufferPointer(
    start: memory.bindMemory(to: Float.self, capacity: info.count), count: info.count)
  do {
    try file.read(name, into: floats)
    let half = info.count / 2
    let before = half < info.count ? floats[half].bitPattern : 0
    try file.read(name, from: half, into: UnsafeMutableBufferPointer(rebasing: floats[half...]))
    if half < info.count { precondition(floats[half].bitPattern == before, "parts are as the whole") }
    guard info.elementType.size <= 4 else { return }
    let raw = UnsafeMutableRawBufferPointer(start: memory, count: info.count * info.elementType.size)
    let isWhole = try file.readStored(name, into: raw)
    precondition(isWhole && raw.elementsEqual(stored))
  } catch { fatalError(error.message) }
}
