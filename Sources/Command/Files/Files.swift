import Glibc

/// Reads and writes whole files, and splits text into lines.
enum Files {
  static func read(_ path: FilePath) throws(CommandError) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachChunk(of: path) { bytes += $0 }
    return bytes
  }

  static func forEachChunk(of path: FilePath, _ body: ([UInt8]) -> Void) throws(CommandError) {
    let descriptor = open(path.cString, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
    defer { close(descriptor) }
    while let chunk = try readChunk(descriptor, name: path.shown) { body(chunk) }
  }

  /// Reads a file's beginning, `count` bytes or all if it has fewer.
  static func read(_ path: FilePath, first count: Int) throws(CommandError) -> [UInt8] {
    let descriptor = open(path.cString, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < count, let chunk = try readChunk(descriptor, name: path.shown) { bytes += chunk }
    return Array(bytes.prefix(count))
  }

  /// Reads the rest of an open file.
  static func read(_ descriptor: Int32, name: String) throws(CommandError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let chunk = try readChunk(descriptor, name: name) { bytes += chunk }
    return bytes
  }

  /// Checks before hours of work that the result can be written after them.
  static func requireWritable(_ path: FilePath) throws(CommandError) {
    if path.isFolder {
      throw CommandError.system(path.shown, code: EISDIR)
    }
    if access(path.cString, W_OK) == 0 { return }
    guard errno == ENOENT, access(path.folder.cString, W_OK) == 0 else {
      throw CommandError.system(path.shown)
    }
    try requireNoLink(path)
  }

  /// Checks before hours of work that a text can be written after them. A file that is there is replaced if it is
  /// text: a video given by mistake is not.
  static func requireWritableText(_ path: FilePath) throws(CommandError) {
    try requireWritable(path)
    var status = stat()
    guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    guard try read(path, first: 4096).contains(0) else { return }
    throw CommandError("\(path.shown): is there and is no text, so it is not replaced: give another path")
  }

  /// Checks that each file is written to a place of its own, and not over one that the same run reads.
  static func requireOwnPlaces(_ written: [FilePath?], beside read: [FilePath?]) throws(CommandError) {
    var taken = Set(read.compactMap { $0 }.map { resolved($0).bytes })
    for path in written.compactMap({ $0 }) {
      guard !path.isStandardInput else {
        throw CommandError("-: the path of a file is needed; one that is named so is ./-")
      }
      guard taken.insert(resolved(path).bytes).inserted else {
        throw CommandError("\(path.shown): is read or written already: give another path")
      }
    }
  }

  /// Refuses a symbolic link whose target does not exist: writing would replace the link itself.
  private static func requireNoLink(_ path: FilePath) throws(CommandError) {
    var status = stat()
    guard lstat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
    throw CommandError(
      "\(path.shown): is a link to a file that does not exist: give that file's path, or remove the link")
  }

  /// Refuses an existing path that is not a regular file, since it cannot be replaced.
  static func requireRegular(_ path: FilePath) throws(CommandError) {
    var status = stat()
    guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
    throw CommandError("\(path.shown): not a regular file")
  }

  /// Writes a temporary file beside `path` and renames it: readers see the old file or the new one. Devices and pipes
  /// are written to directly.
  static func replace(_ path: FilePath, with bytes: [UInt8]) throws(CommandError) {
    var status = stat()
    let exists = stat(path.cString, &status) == 0
    guard !exists || status.st_mode & S_IFMT == S_IFREG else {
      let descriptor = open(path.cString, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw CommandError.system(path.shown) }
      defer { close(descriptor) }
      return try write(bytes[...], to: descriptor, name: path.shown)
    }
    if !exists { try requireNoLink(path) }
    // The target of a link is replaced, not the link.
    let target = exists ? resolved(path) : path
    var name = FilePath(bytes: target.bytes + Array(".XXXXXX".utf8)).cString
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
    do throws(CommandError) {
      defer { close(descriptor) }
      // mkstemp gives access to the owner alone.
      let mask = umask(0)
      umask(mask)
      var mode = exists ? status.st_mode & 0o777 : 0o666 & ~mask
      if exists, fchown(descriptor, status.st_uid, status.st_gid) != 0,
        fchown(descriptor, uid_t.max, status.st_gid) != 0
      {
        mode &= ~0o070 | (mode & 0o007) << 3  // another group gets no more than everybody had
      }
      guard fchmod(descriptor, mode) == 0 else {
        throw CommandError.system(path.shown)
      }
      try write(bytes[...], to: descriptor, name: path.shown)
      guard fsync(descriptor) == 0 else { throw CommandError.system(path.shown) }
    } catch {
      unlink(name)
      throw error
    }
    guard rename(name, target.cString) == 0 else {
      let error = CommandError.system(path.shown)
      unlink(name)
      throw error
    }
  }

  /// The path that symbolic links lead to; `path` itself if it does not exist.
  static func resolved(_ path: FilePath) -> FilePath {
    guard let found = realpath(path.cString, nil) else { return path }
    defer { free(found) }
    return FilePath(bytes: Array(UnsafeRawBufferPointer(start: found, count: strlen(found))))
  }

  static func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, name: String
  ) throws(CommandError) {
    var rest = bytes
    while !rest.isEmpty {
      let (written, code) = rest.withUnsafeBytes { raw in
        let written = Glibc.write(descriptor, raw.baseAddress, raw.count)
        return (written, errno)
      }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if written == 0 || code != EINTR {
        throw CommandError.system(name, code: code)
      }
    }
  }

  /// Splits text into lines at line feeds, carriage returns or both. A leading byte order mark is dropped; with one,
  /// UTF-16 is read too.
  static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var lines: [ArraySlice<UInt8>] = []
    var rest = utf8(bytes)
    while let end = rest.firstIndex(where: { $0 == lineFeed || $0 == carriageReturn }) {
      lines.append(rest[..<end])
      let isPair = rest[end] == carriageReturn && rest[end...].dropFirst().first == lineFeed
      rest = rest[(end + (isPair ? 2 : 1))...]
    }
    return lines + [rest]
  }

  /// UTF-8 text without its byte order mark. UTF-16 with a mark is converted. Bytes without a mark, and those that
  /// are no UTF-16 after one, are returned unchanged.
  private static func utf8(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes.dropFirst(3) }
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    guard isLittle || bytes.starts(with: [0xFE, 0xFF]) else { return bytes[...] }
    let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
      let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
      return isLittle ? second << 8 | first : first << 8 | second
    }
    guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
      return bytes[...]
    }
    return Array(text.utf8)[...]
  }

  /// Reads up to 64 KiB; nil at the end.
  static func readChunk(_ descriptor: Int32, name: String) throws(CommandError) -> [UInt8]? {
    while true {
      var code: Int32 = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        code = got < 0 ? errno : 0
        count = max(0, got)
      }
      if code == EINTR { continue }
      guard code == 0 else { throw CommandError.system(name, code: code) }
      return chunk.isEmpty ? nil : chunk
    }
  }

  /// Makes a folder of its own among temporary files, where TMPDIR says, else in /tmp.
  static func temporaryFolder() throws(CommandError) -> FilePath {
    let named = getenv("TMPDIR").map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
    let parent = FilePath(bytes: named.isEmpty ? Array("/tmp".utf8) : named)
    var name = parent.file("actionclip-XXXXXX").cString
    guard mkdtemp(&name) != nil else { throw CommandError.system(parent.shown) }
    return FilePath(bytes: name.dropLast().map(UInt8.init(bitPattern:)))
  }
}
