import Glibc

/// Whole files and lines of standard input.
enum Files {
  static func read(_ path: FilePath) throws(CommandError) -> [UInt8] {
    let descriptor = open(path.cString, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while let chunk = try readChunk(descriptor, name: path.shown) { bytes += chunk }
    return bytes
  }

  /// The next bytes there are, at most 64 KiB; nil at the end.
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
}

/// Standard input, line by line, as soon as a line is complete.
struct InputLines {
  private var pending: ArraySlice<UInt8> = []
  private var ended = false

  /// The next line without its line feed; nil at the end.
  mutating func next() throws(CommandError) -> ArraySlice<UInt8>? {
    var searched = pending.startIndex
    while true {
      if let end = pending[searched...].firstIndex(of: 0x0A) {
        defer { pending = pending[(end + 1)...] }
        return pending[..<end]
      }
      if ended {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
      }
      searched = pending.endIndex
      if let chunk = try Files.readChunk(STDIN_FILENO, name: "standard input") {
        if pending.isEmpty {
          pending = chunk[...]
          searched = 0
        } else {
          pending += chunk
        }
      } else {
        ended = true
      }
    }
  }
}
