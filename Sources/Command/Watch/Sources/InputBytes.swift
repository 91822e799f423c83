import Glibc

/// Reads standard input by lines and by numbers of bytes, until its end or a stop.
struct InputBytes {
  private let stop: StopRequest
  private var buffered: ArraySlice<UInt8> = []

  init(until stop: StopRequest) { self.stop = stop }

  /// The next line without its line feed, at most `limit` bytes of it; nil at the end. A line without a line feed is
  /// one that is too long, or the last.
  mutating func line(atMost limit: Int) throws(CommandError) -> (bytes: [UInt8], isWhole: Bool)? {
    while true {
      if let end = buffered.prefix(limit).firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffered = buffered[(end + 1)...] }
        return (Array(buffered[..<end]), true)
      }
      if buffered.count >= limit { return (Array(buffered.prefix(limit)), false) }
      guard try stop.waitToRead(STDIN_FILENO),
        let chunk = try Files.readChunk(STDIN_FILENO, name: "standard input")
      else {
        defer { buffered = [] }
        return buffered.isEmpty ? nil : (Array(buffered), false)
      }
      buffered = buffered.isEmpty ? chunk[...] : buffered + chunk
    }
  }

  /// Fills a buffer; fewer bytes than it has are read at the end alone.
  mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CommandError) -> Int {
    let before = buffered.prefix(buffer.count)
    buffer.copyBytes(from: before)
    buffered = buffered.dropFirst(before.count)
    var count = before.count
    while count < buffer.count {
      guard try stop.waitToRead(STDIN_FILENO) else { break }
      let got = read(STDIN_FILENO, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      if got == 0 { break }
      if got < 0, errno == EINTR || errno == EAGAIN { continue }
      guard got > 0 else { throw CommandError.system("standard input") }
      count += got
    }
    return count
  }
}
