import System
import Text

import Foundation
import Testing

@testable import Weights

@Suite struct WeightsFileTests {
  private func openError(_ path: String) -> Failure? {
    #expect(throws: Failure.self) { try WeightsFile(path: path, keys: .sample) }
  }

  @Test(arguments: [
    ("/nonexistent/weights.pt", "no such file"), ("/tmp", "directory"), ("/dev/zero", "device"),
    ("", "no such file"), ("/tmp\0/x", "NUL"), ("/dev/null/x", "not a directory"),
    (String(repeating: "x", count: 5000), "too long"),
  ])
  func refusesWhatIsNoFile(_ path: String, _ reason: String) {
    let error = openError(path)
    #expect(error?.kind == .fileOpen)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }

  @Test func opensAPathThatIsNotUTF8() throws {
    let directory = FileManager.default.temporaryDirectory.path
    let path = Array((directory + "/weights-").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    let bytes = try TestFiles.fixture("plain.safetensors")
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    defer { unlink(path) }
    #expect(try WeightsFile(path: FilePath(path), keys: .sample).names.count == load(bytes).count)
  }

  @Test func refusesASparseGiantUnread() throws {
    let size = 17 << 30
    let header = #"{"a":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]}}"#
    try TestFiles.withFile(safetensors(header)) { path in
      #expect(truncate(path, 8 + header.utf8.count + size) == 0)
      #expect(openError(path)?.kind == .limit)
    }
  }

  @Test func doesNotWaitForAFIFO() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("weights-\(UUID().uuidString)").path
    #expect(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let error = openError(path)
    #expect(error?.kind == .fileOpen)
    #expect(error?.message.contains("FIFO") == true)
  }

  @Test func refusesASymbolicLinkLoop() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("weights-\(UUID().uuidString)").path
    #expect(symlink(path, path) == 0)
    defer { unlink(path) }
    #expect(openError(path)?.message.contains("symbolic links") == true)
  }

  @Test func namesTheFileInItsErrors() throws {
    try TestFiles.withFile(Array("nothing".utf8)) { path in
      let error = openError(path)
      #expect(error?.kind == .unknownFormat)
      #expect(error?.message.hasPrefix(path + ": ") == true)
    }
  }

  @Test(
    arguments: [
      ([], "empty"),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), "git lfs pull"),
      (Array("<!DOCTYPE html><html>".utf8), "HTML"), (Array("\n <html lang=en>".utf8), "HTML"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], "gzip"), ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z"),
      ([0x50, 0x4B, 5, 6], "empty zip"), (Array("GGUF....".utf8), "GGUF"), ([1, 2, 3], "01 02 03"),
      ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "HDF5"),
      ([UInt8](repeating: 0, count: 4096), "00 00"),
      (Array("{\"a\": 1}   ".utf8), "begins with"), ([UInt8](repeating: 0xFF, count: 64), "ff ff"),
    ] as [([UInt8], String)])
  func namesWhatElseItIs(_ bytes: [UInt8], _ named: String) {
    expectRefusal(bytes, .unknownFormat, named)
  }

  @Test func namesAnOldTorchFile() {
    let magic: [UInt8] = [
      0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    expectRefusal(magic + [0x80, 2, 0x4D], .unsupported, "torch.save(torch.load(")
    expectRefusal([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0], .unsupported, "pickle")
  }

  @Test func aHeaderLengthMayLookLikeAPickle() throws {
    // 0x0280 = 640 bytes of header: the first bytes are 80 02.
    let header = "{}" + String(repeating: " ", count: 638)
    #expect(try load(safetensors(header)).isEmpty)
  }

  @Test func readingSaysWhatDoesNotFit() throws {
    let bytes = try TestFiles.fixture("plain.pt")
    try bytes.withUnsafeBytes { buffer in
      let file = try WeightsFile(bytes: buffer, keys: .sample)
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 12)
      defer { memory.deallocate() }
      memory.initialize(repeating: 7)
      let missing = #expect(throws: Failure.self) { try file.read("nobody", into: memory) }
      #expect(missing?.kind == .missingTensor)
      #expect(missing?.message.contains("'nobody'") == true)
      let short = UnsafeMutableBufferPointer(rebasing: memory[..<11])
      let shape = #expect(throws: Failure.self) { try file.read("0.weight", into: short) }
      #expect(shape?.kind == .tensorShape)
      #expect(shape?.message.contains("[4, 3]") == true)
      #expect(memory.allSatisfy { $0 == 7 })
      try file.read("0.weight", into: memory)
      #expect(memory.allSatisfy { abs($0) < 1 })
    }
  }

  /// In parts a tensor is what it is as a whole, from a file and from memory; no part goes beyond its end.
  @Test(arguments: ["plain.safetensors", "checkpoint.pt"])
  func partsAreThoseOfTheWhole(_ name: String) throws {
    let path = TestFiles.fixtures.appendingPathComponent(name).path
    let bytes = try TestFiles.fixture(name)
    try bytes.withUnsafeBytes { buffer in
      for file in try [WeightsFile(path: path, keys: .sample), WeightsFile(bytes: buffer, keys: .sample)] {
        for name in file.names where file.isWhole(name) {
          let whole = try read(name, from: file)
          for (first, count) in [(0, whole.count), (whole.count / 3, whole.count / 2), (whole.count, 0)] {
            var part = [Float](repeating: 0, count: count)
            try part.withUnsafeMutableBufferPointer { try file.read(name, from: first, into: $0) }
            #expect(part.map(\.bitPattern) == whole[first..<first + count].map(\.bitPattern))
          }
          for (first, count) in [(0, whole.count + 1), (whole.count, 1), (-1, 1), (Int.max, 1)] {
            var part = [Float](repeating: 0, count: count)
            #expect(throws: Failure.self) {
              try part.withUnsafeMutableBufferPointer { try file.read(name, from: first, into: $0) }
            }
          }
        }
      }
    }
  }

  /// Tensors of a safetensors file are read late: what happens to it meanwhile is noticed.
  @Test func aFileThatChangesAfterItWasOpenedIsNoticed() throws {
    try TestFiles.withFile(TestFiles.fixture("plain.safetensors")) { path in
      let file = try WeightsFile(path: path, keys: .sample)
      try file.checkUnchanged()
      truncate(path, 1_000)
      let short = #expect(throws: Failure.self) { _ = try values(of: file) }
      #expect(short?.kind == .fileRead)
      let changed = #expect(throws: Failure.self) { try file.checkUnchanged() }
      #expect(changed?.kind == .fileRead)
    }
  }

  @Test(arguments: [(100, ""), (50, "shorter"), (0, "shorter"), (150, "changed")])
  func aFileThatChangesWhileReadIsRefused(_ size: Int, _ named: String) throws {
    try TestFiles.withFile([UInt8](repeating: 1, count: 100)) { path in
      let refusal = refusalReading(path) { if size != 100 { truncate(path, size) } }
      #expect(refusal?.kind == (size == 100 ? nil : .fileRead))
      #expect(refusal == nil || refusal?.message.contains(named) == true)
    }
  }

  /// Opens a file of 100 bytes, lets it be changed, then reads it.
  private func refusalReading(_ path: String, change: () -> Void) -> Failure? {
    do throws(Failure) {
      let file = try FileBytes(path: FilePath(path))
      change()
      _ = try file.block(at: 0, count: 100)
      try file.checkUnchanged()
      return nil
    } catch { return error }
  }

  @Test func leavesNoDescriptorOpen() throws {
    func descriptors() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
    let good = TestFiles.fixtures.appendingPathComponent("checkpoint.pt").path
    let before = try descriptors()
    try TestFiles.withFile(Array(TestFiles.fixture("checkpoint.pt").dropLast(30))) { path in
      for _ in 0..<50 {
        _ = try WeightsFile(path: good, keys: .sample)
        _ = try? WeightsFile(path: path, keys: .sample)
        _ = try? WeightsFile(path: "/tmp")
      }
    }
    // Other tests run beside this one and open files too.
    #expect(try descriptors() < before + 40)
  }

  @Test func quotedTextStaysOnOneLine() {
    #expect(quoted("a\nb\u{202E}c\u{2028}".utf8) == "'a?b?c?'")
    #expect(quoted([0x61, 0xFF]) == "'a\u{FFFD}'")
    #expect(quoted([UInt8](repeating: 0x61, count: 200), limit: 3) == "'aaa...'")
  }
}
