// fuzz: -max_len=4096
// with: archive.swift
import System
@testable import Families
@testable import Weights

/// A TorchScript archive. The input is as that of the checkpoint's target: a byte, the pickle's length, the pickle,
/// and numbers; around it are programs and constants, which are never read.
@_cdecl("fuzz_torchscript")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard let (choices, pickle, numbers) = parts(data, size) else { return 0 }
  var archive = Archive()
  archive.add("c/data.pkl", pickle)
  archive.add("c/code/__torch__.py", Array("raise".utf8))
  let records = choices & 1 == 0 ? claimed(by: pickle, .script, numbers) : pieces(numbers)
  for record in records { archive.add(Array("c/data/".utf8) + record.key, record.bytes) }
  archive.add("c/constants.pkl", [])
  archive.finish().withUnsafeBytes { bytes in
    guard let file = try? WeightsFile(bytes: bytes, keys: .known) else { return }
    precondition(file.format == .torchScript)
    for name in file.names { read(name, of: file) }
  }
  return 0
}
