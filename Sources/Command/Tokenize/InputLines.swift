import Glibc

/// Reads standard input line by line, each as soon as it is complete.
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
