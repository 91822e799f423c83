import System

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

  /// The number of frames of a folder; nil for a file.
  public var pictureCount: Int? { folder?.count }

  /// The number of bytes, of a folder those of its first picture.
  public var byteCount: Int64 { source.size }
}
