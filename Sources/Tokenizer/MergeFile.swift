import Glibc

/// Reads a merge list file whole. Regular files only: a FIFO or a device would block or never end.
enum MergeFile {
  /// Compressed bytes accepted; the standard list has 1.4 MB.
  static let maximumCompressed = 16 << 20
  /// Plain bytes accepted, whether read or inflated; the standard list has 3.2 MB.
  static let maximumPlain = 16 << 20

  /// `path` ends with a NUL.
  static func read(_ path: ContiguousArray<CChar>) throws(TokenizerError) -> MemoryBuffer<UInt8> {
    let descriptor = openRetrying(path)
    guard descriptor >= 0 else {
      throw TokenizerError(.fileOpen, "cannot open the merge list: \(errorText(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw TokenizerError(.fileOpen, "cannot examine the merge list: \(errorText(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TokenizerError(.fileOpen, "the merge list is not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= maximumPlain else {
      throw TokenizerError(.limit, "the merge list has \(size) bytes; at most \(maximumPlain) are read")
    }
    var bytes = try MemoryBuffer<UInt8>(capacity: size)
    try bytes.append(repeating: 0, count: size)
    var done = 0
    while done < size {
      let got = Glibc.read(descriptor, bytes.base + done, size - done)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw TokenizerError(.fileRead, "reading stopped at byte \(done) of \(size): \(errorText(errno))")
      }
      guard got > 0 else {
        throw TokenizerError(.fileRead, "the file ended at byte \(done) of \(size) while being read")
      }
      done += got
    }
    // A list that was written to meanwhile may be a mix of two.
    var after = stat()
    guard fstat(descriptor, &after) == 0 else {
      throw TokenizerError(.fileRead, "cannot examine the merge list: \(errorText(errno))")
    }
    guard
      after.st_size == status.st_size, after.st_mtim.tv_sec == status.st_mtim.tv_sec,
      after.st_mtim.tv_nsec == status.st_mtim.tv_nsec
    else { throw TokenizerError(.fileRead, "the file was changed while it was read") }
    return bytes
  }

  private static func openRetrying(_ path: ContiguousArray<CChar>) -> CInt {
    while true {
      let descriptor = path.withUnsafeBufferPointer { path in
        path.baseAddress.map { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) } ?? -1
      }
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }

  /// The usual errors as the C library words them in English: strerror follows the host's locale.
  private static func errorText(_ code: CInt) -> String {
    switch code {
    case ENOENT: "No such file or directory"
    case ENOTDIR: "Not a directory"
    case EACCES: "Permission denied"
    case EPERM: "Operation not permitted"
    case ELOOP: "Too many levels of symbolic links"
    case ENAMETOOLONG: "File name too long"
    case EMFILE: "Too many open files"
    case ENFILE: "Too many open files in system"
    case ENXIO: "No such device or address"
    case ENOMEM: "Cannot allocate memory"
    case EIO: "Input/output error"
    default: "error \(code)"
    }
  }
}
