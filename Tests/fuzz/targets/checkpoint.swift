// fuzz: -max_len=4096
// with: archive.swift
import System
@testable import Families
@testable import Weights

/// A whole checkpoint. The input is a pickle and numbers, and the archive around them is made here, sound and with
/// right checksums, so that what is behind those checks is reached. First a byte: whether there is a record of the
/// right size for every storage the pickle claims, or some of whatever size; then two with the pickle's length, the
/// pickle, and the numbers.
@_cdecl("fuzz_checkpoint")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let (choices, pickle, numbers) = parts(data, size) else { return 0 }
  var archive = Archive()
  archive.add("c/data.pkl", pickle)
  if choices & 2 != 0 { archive.add("c/byteorder", Array("little".utf8)) }
  let records = choices & 1 == 0 ? claimed(by: pickle, .save, numbers) : pieces(numbers)
  for record in records { archive.add(Array("c/data/".utf8) + record.key, record.bytes) }
  let bytes = archive.finish()
  bytes.withUnsafeBytes { bytes in
    guard let file = try? WeightsFile(bytes: bytes, keys: .known) else { return }
    for name in file.names { read(name, of: file) }
  }
  return 0
}
