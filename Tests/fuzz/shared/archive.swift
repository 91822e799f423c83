import System
import Compression
import Glibc

@testable import Weights

// Support for targets around torch's archives: records, the archive, and the tensors of what was opened.

/// An input's parts: a byte of choices, two with the pickle's length, the pickle, and numbers.
func parts(
  _ data: UnsafePointer<UInt8>?, _ size: Int
) -> (choices: UInt8, pickle: [UInt8], numbers: [UInt8])? {
  guard size >= 3, let data else { return nil }
  let input = UnsafeBufferPointer(start: data, count: size)
  let length = min(Int(input[1]) | Int(input[2]) << 8, size - 3)
  return (input[0], Array(input[3..<3 + length]), Array(input[(3 + length)...]))
}

func read(_ name: String, of file: WeightsFile) {
  guard let info = file.info(name) else { fatalError("\(name) was listed") }
  guard let memory = malloc(max(1, info.count * 8)) else { return }
  defer { free(memory) }
  let floats = UnsafeMutableBufferPointer(
    start: memory.bindMemory(to: Float.self, capacity: info.count), count: info.count)
  do {
    try file.read(name, into: floats)
    let raw = UnsafeMutableRawBufferPointer(start: memory, count: info.count * info.elementType.size)
    let isWhole = try file.readStored(name, into: raw)
    precondition(isWhole == file.isWhole(name) && isWhole == (file.stored(name) != nil))
    if isWhole { try file.read(name, from: 0, into: floats) }
  } catch { fatalError(error.message) }
}

typealias Record = (key: [UInt8], bytes: [UInt8])

/// A record for each storage of a pickle, up to 1 KB in all, filled with the numbers over and over.
func claimed(by pickle: [UInt8], _ form: Pickle.Form, _ numbers: [UInt8]) -> [Record] {
  pickle.withUnsafeBytes { bytes in
    var records: [Record] = []
    guard let pickle = try? Pickle(ByteBlock(borrowing: bytes), form) else { return [] }
    var room = 1024
    for index in 0..<pickle.storages.count {
      let storage = pickle.storages[index]
      let key = Array(pickle.slice(storage.keyStart, storage.keyCount))
      guard storage.count <= room, !records.contains(where: { $0.key == key }) else { continue }
      let size = storage.count * storage.elementType.size
      room -= size
      records.append((key, (0..<size).map { numbers.isEmpty ? 0 : numbers[$0 % numbers.count] }))
      if room <= 0 { break }
    }
    return records
  }
}

/// Records 0, 1, ...: a byte with the length, then so many.
func pieces(_ numbers: [UInt8]) -> [Record] {
  var records: [Record] = []
  var rest = numbers[...]
  while let length = rest.popFirst(), records.count < 16 {
    records.append((Array("\(records.count)".utf8), Array(rest.prefix(Int(length)))))
    rest = rest.dropFirst(Int(length))
  }
  return records
}

/// Stored entries without descriptors.
struct Archive {
  private var file: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  init() {
    file.reserveCapacity(1 << 14)
    directory.reserveCapacity(1 << 11)
  }

  mutating func add(_ name: String, _ data: [UInt8]) { add(Array(name.utf8), data) }

  mutating func add(_ name: [UInt8], _ data: [UInt8]) {
    let offset = file.count
    let crc = data.withUnsafeBytes { CRC32.checksum($0) }
    let sizes: [(Int, Int)] = [
      (0, 8), (Int(crc), 4), (data.count, 4), (data.count, 4), (name.count, 2), (0, 2),
    ]
    Archive.put([(0x0403_4B50, 4), (0, 2)] + sizes, to: &file)
    file += name
    file += data
    Archive.put([(0x0201_4B50, 4), (0, 4)] + sizes + [(0, 8), (0, 2), (offset, 4)], to: &directory)
    directory += name
    count += 1
  }

  mutating func finish() -> [UInt8] {
    let start = file.count
    file += directory
    Archive.put(
      [(0x0605_4B50, 4), (0, 4), (count, 2), (count, 2), (directory.count, 4), (start, 4), (0, 2)], to: &file)
    return file
  }

  /// Values with the bytes that each takes, little-endian.
  private static func put(_ values: [(value: Int, size: Int)], to bytes: inout [UInt8]) {
    for (value, size) in values {
      for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
  }
}
