// fuzz: -max_len=2048
@testable import Compression
import System

/// A deflate stream. Where it inflates, it is wrapped as a gzip file with its right checksum, so that the checks behind
/// it are reached: as a whole it must give the same bytes. Of the first byte, the bits say which optional fields the
/// header has.
@_cdecl("fuzz_gzip")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 1, let data else { return 0 }
  let stream = UnsafeBufferPointer(start: data, count: size)
  do throws(Failure) {
    var plain = GrowingArray<UInt8>()
    var inflate = Inflate(stream, at: 1)
    let end = try inflate.run(into: &plain, limit: 1 << 16)
    precondition(end <= size && plain.count <= 1 << 16)
    let flags = stream[0] & 0x1C
    var file: [UInt8] = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3]
    if flags & 0x04 != 0 { file += [3, 0, 1, 2, 3] }
    if flags & 0x08 != 0 { file += [0x61, 0] }
    if flags & 0x10 != 0 { file += [0] }
    file += stream[1..<end]
    let crc = CRC32.checksum(UnsafeRawBufferPointer(plain.view))
    for value in [crc, UInt32(plain.count)] {
      for byte in 0..<4 { file.append(UInt8(value >> (8 * byte) & 0xFF)) }
    }
    let gzip = try whole(file)
    precondition(gzip.view.elementsEqual(plain.view))
  } catch { precondition(!error.message.isEmpty) }
  return 0
}

private func whole(_ file: [UInt8]) throws(Failure) -> GrowingArray<UInt8> {
  var copy = try GrowingArray<UInt8>(capacity: file.count)
  for byte in file { try copy.append(byte) }
  return try Gzip.decompress(copy.view, atMost: 16 << 20)
}
