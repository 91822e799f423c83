import System
import Glibc
import Text

/// Reads a tokenizer's file whole. Regular files only: a FIFO or a device would block or never end.
enum TokenizerFile {
  /// Compressed bytes accepted; the standard list has 1.4 MB.
  static let maximumCompressed = 16 << 20
  /// Plain bytes accepted, whether read or inflated; the standard list has 3.2 MB, a tokenizer.json 3.6 MB.
  static let maximumPlain = 16 << 20

  /// `path` ends with a NUL.
  static func read(_ path: ContiguousArray<CChar>) throws(TokenizerError) -> GrowingArray<UInt8> {
    let descriptor = openRetrying(path)
    guard descriptor >= 0 else {
      throw TokenizerError(.fileOpen, "cannot open the tokenizer file: \(errorText(errno))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw TokenizerError(.fileOpen, "cannot examine the tokenizer file: \(errorText(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TokenizerError(.fileOpen, "the tokenizer file is not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= maximumPlain else {
      throw TokenizerError(.limit, "the tokenizer file has \(size) bytes; at most \(maximumPlain) are read")
    }
    var bytes = try GrowingArray<UInt8>(capacity: size)
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
    // A list that was written to meanwhile may be a mix of two. The time of writing can be set back, that of the last
    // change cannot; a name that comes or goes is no change of the bytes.
    var after = stat()
    guard fstat(descriptor, &after) == 0 else {
      throw TokenizerError(.fileRead, "cannot examine the tokenizer file: \(errorText(errno))")
    }
    guard
      after.st_size == status.st_size, same(after.st_mtim, status.st_mtim),
      same(after.st_ctim, status.st_ctim) || after.st_nlink != status.st_nlink
    else { throw TokenizerError(.fileRead, "the file was changed while it was read") }
    return bytes
  }

  private static func same(_ a: timespec, _ b: timespec) -> Bool {
    a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec
  }

  /// The path of the vocab.json that lies beside a merges.txt, as Hugging Face keeps them; nil if there is none.
  static func vocabulary(beside path: ContiguousArray<CChar>) -> ContiguousArray<CChar>? {
    let folder = path.prefix((path.lastIndex(of: CChar(UInt8(ascii: "/"))) ?? -1) + 1)
    guard path.dropFirst(folder.count).elementsEqual("merges.txt".utf8CString) else { return nil }
    let beside = ContiguousArray(folder) + "vocab.json".utf8CString
    return beside.withUnsafeBufferPointer { $0.baseAddress.map { access($0, F_OK) } } == 0 ? beside : nil
  }

  /// A path for a message. It ends with a NUL.
  static func name(_ path: ContiguousArray<CChar>) -> String {
    quoted(path.dropLast().lazy.map { UInt8(bitPattern: $0) }, limit: 4096)
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
