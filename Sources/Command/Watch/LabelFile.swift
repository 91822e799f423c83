import Glibc

/// Notices that the file of labels was changed. A change counts when the file has stayed the same for half a second, so
/// that one being written is not read.
struct LabelFile {
  let path: FilePath
  private var known: Version?
  private var seen: Version?
  private var checked = Clock.now

  private struct Version: Equatable {
    let device, inode: UInt64
    let size, seconds, nanoseconds: Int
  }

  init(_ path: FilePath) {
    self.path = path
    known = LabelFile.version(of: path)
    seen = known
  }

  private static func version(of path: FilePath) -> Version? {
    var status = stat()
    guard stat(path.cString, &status) == 0 else { return nil }
    return Version(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  /// Whether the file has changed since the last change that was told.
  mutating func hasChanged() -> Bool {
    let now = Clock.now
    guard now - checked >= 500_000_000 else { return false }
    checked = now
    guard let version = LabelFile.version(of: path), version != known else { return false }
    defer { seen = version }
    guard version == seen else { return false }
    known = version
    return true
  }

  /// The labels in the file now.
  mutating func read() throws(CommandError) -> [String] {
    known = LabelFile.version(of: path)
    seen = known
    return try LabelList.distinct(path)
  }
}
