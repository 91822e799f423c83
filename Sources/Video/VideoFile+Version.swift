import System
internal import Glibc
internal import Text

extension VideoFile {
  /// The name by which messages call the video.
  public var name: String { source.name }

  /// The file's version, which tells whether it was changed until it is opened again; nil for bytes in memory.
  public var version: RegularFile.Version? { source.version }

  /// Calls `body` with the video's first bytes and its last ones, up to 64 KiB each, by which videos can be told apart
  /// without reading them whole; for a folder of frames with those of its first picture and of its last.
  public func forEachEnd(_ body: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
    try VideoFile.forEachEnd(of: source, body)
    guard let folder, folder.count > 1 else { return }
    try VideoFile.forEachEnd(
      of: ByteSource(picture: folder.path(folder.count - 1), source.allowance), body)
  }

  private static func forEachEnd(
    of source: ByteSource, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Failure) {
    let most = 64 << 10
    let bytes = try GrowingArray<UInt8>(uninitialized: most)
    for start in [0, max(0, source.size - Int64(most))] {
      var done = 0
      while done < most {
        let got = source.read(bytes.base + done, count: most - done, at: start + Int64(done))
        guard got >= 0 else { throw source.readFailure(Int32(clamping: -got)) }
        if got == 0 { break }
        done += got
      }
      body(UnsafeRawBufferPointer(start: bytes.base, count: done))
    }
  }

  /// Calls `body` with the name and the number of bytes of each frame of a folder. A file has none.
  public func forEachPicture(_ body: (_ name: String, _ bytes: Int64) -> Void) throws(Failure) {
    guard let folder else { return }
    for index in 0..<folder.count {
      try source.allowance.check()
      let path = folder.path(index)
      var status = stat()
      guard path.withCString({ stat($0, &status) }) == 0 else {
        throw Failure(.fileRead, "picture \(path.shown) cannot be read: \(systemReason(errno))")
      }
      body(String(decoding: path.lastPart, as: UTF8.self), Int64(status.st_size))
    }
  }

  /// The number of bytes, of a folder those of its first picture.
  public var byteCount: Int64 { source.size }
}
