// fuzz: -max_len=4096
import System
@testable import Weights

/// An archive's directory, then every entry: found by its name, and read.
@_cdecl("fuzz_zip")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let file = FileBytes(UnsafeRawBufferPointer(start: data, count: size))
  do throws(Failure) {
    let archive = try ZipArchive.open(file)
    for index in 0..<archive.entries.count {
      let entry = archive.entries[index]
      precondition(archive.find(Array(archive.name(of: entry))) == index)
      if let block = try? archive.read(entry, from: file) { precondition(block.bytes.count == entry.size) }
    }
    precondition(archive.find([]) == nil)
  } catch { precondition(!error.message.isEmpty) }
  return 0
}
