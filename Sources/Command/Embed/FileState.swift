import Digest
import Glibc

/// The size of a file and when it was last changed, by which an unchanged file is known.
struct FileState: Equatable {
  let size: Int64
  let mtimeNs: Int64

  init(size: Int64, mtimeNs: Int64) { (self.size, self.mtimeNs) = (size, mtimeNs) }

  private init(_ status: stat) {
    size = Int64(status.st_size)
    mtimeNs = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }

  /// The state of the regular file at a path, links followed.
  init(_ path: FilePath) throws(CommandError) {
    var status = stat()
    guard stat(path.cString, &status) == 0 else { throw CommandError.system(path.shown) }
    try FileState.requireRegular(status, path)
    self.init(status)
  }

  private static func requireRegular(_ status: stat, _ path: FilePath) throws(CommandError) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw CommandError("\(path.shown): is a folder, and a video's file is expected")
    default: throw CommandError("\(path.shown): is no regular file")
    }
  }

  /// Opens a regular file to hash it. The caller closes the descriptor.
  static func open(_ path: FilePath) throws(CommandError) -> (descriptor: Int32, state: FileState) {
    let descriptor = Glibc.open(path.cString, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
    do throws(CommandError) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw CommandError.system(path.shown) }
      try requireRegular(status, path)
      return (descriptor, FileState(status))
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// The SHA-256 of the content of an open file; nil where `isStopped` says so meanwhile.
  static func hash(
    _ descriptor: Int32, _ path: FilePath, isStopped: () -> Bool
  ) throws(CommandError) -> String? {
    var sha = SHA256()
    while let chunk = try Files.readChunk(descriptor, name: path.shown) {
      if isStopped() { return nil }
      chunk.withUnsafeBytes { sha.update($0) }
    }
    return sha.finish().hexadecimal
  }
}
