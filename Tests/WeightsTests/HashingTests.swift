import System
import Digest
import Foundation
import Testing

@testable import Weights

@Suite("A file's SHA-256, asked for when it is opened") struct HashingTests {
  static let names = ["plain.safetensors", "checkpoint.safetensors", "plain.pt", "checkpoint.pt"]

  func digest(_ bytes: [UInt8]) -> SHA256.Digest { bytes.withUnsafeBytes { SHA256.hash(of: $0) } }

  func refusal(_ path: String, _ hashing: HashRequest) -> Failure? {
    #expect(throws: Failure.self) { try WeightsFile(path: path, hashing: hashing, keys: .sample) }
  }

  func refusal(_ bytes: [UInt8], _ hashing: HashRequest) -> Failure? {
    bytes.withUnsafeBytes { buffer in
      #expect(throws: Failure.self) { try WeightsFile(bytes: buffer, hashing: hashing, keys: .sample) }
    }
  }

  @Test("Hashed or not, from a file or from memory: the same tensors", arguments: names)
  func sameTensors(_ name: String) throws {
    let path = TestFiles.fixtures.appendingPathComponent(name).path
    let bytes = try TestFiles.fixture(name)
    let plain = try WeightsFile(path: path, keys: .sample)
    #expect(plain.sha256 == nil)
    try bytes.withUnsafeBytes { buffer in
      for hashing in [HashRequest.compute, .expect(digest(bytes))] {
        for file in try [
          WeightsFile(path: path, hashing: hashing, keys: .sample),
          WeightsFile(bytes: buffer, hashing: hashing, keys: .sample),
        ] {
          #expect(file.sha256 == digest(bytes))
          #expect(file.names == plain.names && file.format == plain.format && file.sections == plain.sections)
          for name in plain.names {
            #expect(file.info(name) == plain.info(name))
            #expect(try read(name, from: file).bits == read(name, from: plain).bits)
          }
          try file.checkUnchanged()
        }
      }
    }
  }

  @Test("The whole file is hashed, over more than one piece of reading") func largeFile() throws {
    let count = 1 << 20
    let header = #"{"a":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#
    let bytes = safetensors(header, (0..<count).map { UInt8(truncatingIfNeeded: $0 &* ($0 >> 7)) })
    try TestFiles.withFile(bytes) { path in
      let file = try WeightsFile(path: path, hashing: .compute, keys: .sample)
      #expect(file.sha256 == digest(bytes))
      #expect(try read("a", from: file) == bytes.suffix(count).map { Float($0) })
      var last = bytes
      last[last.count - 1] ^= 1
      #expect(refusal(path, .expect(digest(last)))?.kind == .hashMismatch)
    }
  }

  @Test("Another file is refused, with both hashes, its name and what that means") func mismatch() throws {
    let bytes = try TestFiles.fixture("plain.safetensors")
    let expected = digest(bytes + [0])
    let message =
      "the file's SHA-256 is \(digest(bytes).hexadecimal), expected \(expected.hexadecimal): it is not the "
      + "file that was meant"
    #expect(refusal(bytes, .expect(expected)) == Failure(.hashMismatch, message))
    try TestFiles.withFile(bytes) { path in
      #expect(refusal(path, .expect(expected)) == Failure(.hashMismatch, "\(path): \(message)"))
    }
  }

  @Test(
    "The hash is judged before anything is parsed",
    arguments: [
      [], Array("nothing".utf8), [0x50, 0x4B, 3, 4, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0x7B],
      [0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func hashFirst(_ malformed: [UInt8]) throws {
    try TestFiles.withFile(malformed) { path in
      for wrong in [refusal(path, .expect(digest([1]))), refusal(malformed, .expect(digest([1])))] {
        #expect(wrong?.kind == .hashMismatch)
      }
      // With the right hash, and where none is expected, the damage is told as ever.
      let plain = refusal(path, .none)
      #expect(plain != nil && plain?.kind != .hashMismatch)
      #expect(refusal(path, .expect(digest(malformed))) == plain)
      #expect(refusal(path, .compute) == plain)
    }
  }

  @Test("What is no file is told as ever") func noFile() {
    for path in ["/nonexistent/weights.pt", "/tmp", "/dev/zero"] {
      #expect(refusal(path, .compute) == refusal(path, .none))
      #expect(refusal(path, .compute)?.kind == .fileOpen)
    }
  }

  @Test("A file too large for memory is refused unread") func sparseGiant() throws {
    try TestFiles.withFile([1]) { path in
      #expect(truncate(path, 1 << 42) == 0)
      let error = refusal(path, .compute)
      #expect(error?.kind == .limit)
      #expect(error?.message.contains("\(1 << 42) bytes") == true)
    }
  }

  @Test("Replaced between opening and reading, by another file of that name: the one that was opened counts")
  func replaced() throws {
    let (meant, other) = (try TestFiles.fixture("plain.safetensors"), try TestFiles.fixture("plain.pt"))
    try TestFiles.withFile(meant) { path in
      let file = try FileBytes(path: FilePath(path))
      try TestFiles.withFile(other) { #expect(rename($0, path) == 0) }
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == other)
      let weights = try WeightsFile(file, .expect(digest(meant)), .sample)
      #expect(weights.format == .safetensors && weights.sha256 == digest(meant))
      #expect(refusal(path, .expect(digest(meant)))?.kind == .hashMismatch)
    }
  }

  @Test("Written over between opening and reading: refused, even if it says the same") func overwritten()
    throws
  {
    let bytes = try TestFiles.fixture("plain.safetensors")
    for hashing in [HashRequest.none, .compute, .expect(digest(bytes))] {
      try TestFiles.withFile(bytes) { path in
        let refusal = refusalOpening(path, hashing) {
          overwrite(path, bytes)
          setTime(path, 100)
        }
        #expect(refusal?.kind == .fileRead)
        #expect(refusal?.message.contains("changed") == true)
      }
    }
  }

  @Test("Written over with its time put back: the time of the change tells") func disguised() throws {
    let meant = try TestFiles.fixture("plain.safetensors")
    var other = meant
    other[other.count - 1] ^= 0x40
    try TestFiles.withFile(meant) { path in
      setTime(path, 1000)
      let change = {
        overwrite(path, other)
        setTime(path, 1000)
      }
      for hashing in [HashRequest.none, .expect(digest(meant))] {
        let refusal = refusalOpening(path, hashing, change)
        #expect(refusal?.kind == .fileRead || refusal?.kind == .hashMismatch)
        setTime(path, 1000)
      }
    }
  }

  /// A hash is of what is used: not even a disguised change after opening gets into the tensors.
  @Test("Once opened, the tensors are what was hashed, whatever is written over the file", arguments: names)
  func tensorsAreWhatWasHashed(_ name: String) throws {
    let bytes = try TestFiles.fixture(name)
    try TestFiles.withFile(bytes) { path in
      let before = try values(of: WeightsFile(path: path, keys: .sample))
      let file = try WeightsFile(path: path, hashing: .expect(digest(bytes)), keys: .sample)
      overwrite(path, [UInt8](repeating: 0x55, count: bytes.count))
      #expect(truncate(path, 10) == 0)
      for name in file.names { #expect(try read(name, from: file).bits == before[name]?.bits) }
      try file.checkUnchanged()
    }
  }

  private func refusalOpening(_ path: String, _ hashing: HashRequest, _ change: () -> Void) -> Failure? {
    do throws(Failure) {
      let file = try FileBytes(path: FilePath(path))
      change()
      _ = try WeightsFile(file, hashing, .sample)
      return nil
    } catch { return error }
  }

  private func overwrite(_ path: String, _ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY)
    #expect(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    close(descriptor)
  }

  private func setTime(_ path: String, _ seconds: Int) {
    let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
    #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
  }

  @Test("Files that are one model are read as far as their bytes together may go") func together() throws {
    let path = FilePath(TestFiles.fixtures.appendingPathComponent("plain.safetensors").path)
    let size = try UnparsedWeights(path: path, beside: 0).byteCount
    #expect(try UnparsedWeights(path: path, beside: WeightsLimits.hashedBytes - size).byteCount == size)
    let error = #expect(throws: Failure.self) {
      try UnparsedWeights(path: path, beside: WeightsLimits.hashedBytes - size + 1)
    }
    #expect(error?.kind == .limit && error?.message.contains("with this file of \(size) bytes") == true)
  }
}
