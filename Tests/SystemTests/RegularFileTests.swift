import Foundation
import System
import Testing

/// Tests of files: reading, refusal of other kinds of file, and detection of changes.
struct RegularFileTests {
  /// Calls `body` with a new folder, which is removed afterwards.
  private func withFolder(_ body: (FilePath) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("system-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(FilePath(folder.path))
  }

  private func write(_ bytes: [UInt8], to path: FilePath, _ flags: Int32 = O_TRUNC) {
    let descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | flags, 0o600) }
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  private func read(_ file: RegularFile, at offset: Int, count: Int) throws -> [UInt8] {
    let bytes = try GrowingArray<UInt8>(uninitialized: count)
    try file.read(at: offset, into: UnsafeMutableRawBufferPointer(bytes.buffer))
    return Array(bytes.view)
  }

  private func refusal(_ path: FilePath) -> String? {
    let error = #expect(throws: OpenFailure.self) { try RegularFile(path) }
    #expect(error?.failure.kind == .fileOpen)
    return error?.failure.message
  }

  @Test func readsAFileWhosePathIsNotUTF8() throws {
    try withFolder { folder in
      let path = folder.file([0x61, 0xFF])
      write([1, 2, 3, 4], to: path)
      let file = try RegularFile(path)
      #expect(file.size == 4)
      #expect(try read(file, at: 1, count: 3) == [2, 3, 4])
      try file.checkUnchanged()
    }
  }

  @Test func refusesWhatIsNoRegularFileByItsKind() throws {
    try withFolder { folder in
      let fifo = folder.file("fifo")
      #expect(fifo.withCString { mkfifo($0, 0o600) } == 0)
      #expect(refusal(fifo) == "is a FIFO, not a regular file")
      #expect(refusal(folder) == "is a directory, not a regular file")
      #expect(refusal(FilePath("/dev/zero")) == "is a device, not a regular file")
      #expect(refusal(folder.file("none")) == "cannot be opened: no such file")
      #expect(refusal(FilePath(bytes: Array("/tmp\0/x".utf8))) == "contains a NUL")
      #expect(refusal(FilePath("")) == "cannot be opened: no such file")
    }
  }

  @Test func noticesThatAFileWasWrittenTo() throws {
    try withFolder { folder in
      let path = folder.file("a")
      write([1, 2, 3], to: path)
      let file = try RegularFile(path)
      write([4], to: path, O_APPEND)
      #expect(!file.isUnmodified)
      let error = #expect(throws: Failure.self) { try file.checkUnchanged() }
      #expect(error == Failure(.fileRead, "the file was changed while it was read"))
    }
  }

  @Test func noticesAWritingWhoseTimeWasSetBack() throws {
    try withFolder { folder in
      let path = folder.file("a")
      write([1, 2, 3], to: path)
      let times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
      #expect(path.withCString { utimensat(AT_FDCWD, $0, times, 0) } == 0)
      let file = try RegularFile(path)
      write([3, 2, 1], to: path, 0)
      #expect(path.withCString { utimensat(AT_FDCWD, $0, times, 0) } == 0)
      #expect(file.isUnmodified)
      #expect(throws: Failure.self) { try file.checkUnchanged() }
    }
  }

  @Test func letsAnotherFileTakeItsName() throws {
    try withFolder { folder in
      let (path, other) = (folder.file("a"), folder.file("b"))
      write([1, 2, 3], to: path)
      write([4, 5, 6], to: other)
      let file = try RegularFile(path)
      #expect(other.withCString { other in path.withCString { rename(other, $0) } } == 0)
      try file.checkUnchanged()
      #expect(try read(file, at: 0, count: 3) == [1, 2, 3])
    }
  }

  @Test func saysWhereAFileEndsTooEarly() throws {
    try withFolder { folder in
      let path = folder.file("a")
      write([1, 2, 3, 4], to: path)
      let file = try RegularFile(path)
      #expect(path.withCString { truncate($0, 2) } == 0)
      let error = #expect(throws: Failure.self) { try read(file, at: 0, count: 4) }
      #expect(error?.message.hasPrefix("the file got shorter while it was read:") == true)
      #expect(error?.message.hasSuffix(": it had 4 bytes and now ends at byte 2") == true)
    }
  }

  @Test func pathsHaveFoldersAndLastParts() {
    let path = FilePath("models/vit.pt")
    #expect(path.folder.bytes == Array("models/".utf8))
    #expect(path.lastPart.elementsEqual("vit.pt".utf8))
    #expect(path.folder.file("a").bytes == Array("models/a".utf8))
    #expect(FilePath("vit.pt").folder.file("a").bytes == Array("a".utf8))
    #expect(FilePath("/").isDirectory && !FilePath("/none").exists)
  }

  @Test func anErrnoHasTheSameWordsEverywhere() {
    #expect(systemReason(ENOENT) == "no such file")
    #expect(systemReason(EMFILE) == "this process has too many open files")
    #expect(systemReason(9999) == "errno 9999")
  }
}
