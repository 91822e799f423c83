import System

/// Checks AVI's indexes. FFmpeg follows an index of indexes (OpenDML) as it is: one that names the same index over and
/// over would give more entries than the file has bytes.
struct AVICheck {
  let source: ByteSource
  private let window: ByteWindow
  private var chunks: Int64 = 0
  private var entries: Int64 = 0
  private var streams = 0

  private static let maxDepth = 8
  private static let maxStreams = 256

  init(_ source: ByteSource) throws(Failure) {
    self.source = source
    window = try ByteWindow(source)
  }

  mutating func run() throws(Failure) { try walk(from: 0, to: source.size, depth: 0) }

  private mutating func walk(from start: Int64, to end: Int64, depth: Int) throws(Failure) {
    guard depth <= Self.maxDepth else {
      throw ContainerCheck.tooMany(source, "lists more than \(Self.maxDepth) deep")
    }
    var position = start
    while position <= end - 8, let type = try window.number(at: position, size: 4),
      let size = try little32(at: position + 4)
    {
      // Cameras leave zeros after the end of a recording, and FFmpeg needs nothing there.
      if type == 0 { return }
      chunks += 1
      guard chunks <= (1 << 20) + source.size / 64 else {
        throw ContainerCheck.tooMany(source, "\(chunks) chunks")
      }
      let next = position + 8 + size + (size & 1)
      switch type {
      case Self.code("RIFF"), Self.code("LIST"):
        // The list of pictures (movi) is long and has nothing else.
        if try window.number(at: position + 8, size: 4) != Self.code("movi") {
          try walk(from: position + 12, to: min(next, end), depth: depth + 1)
        }
      case Self.code("strh"):
        streams += 1
        guard streams <= Self.maxStreams else {
          throw ContainerCheck.tooMany(source, "more than \(streams - 1) streams")
        }
      case Self.code("indx"): try checkIndex(at: position + 8, depth: 0)
      default: break
      }
      position = next
    }
  }

  private mutating func checkIndex(at position: Int64, depth: Int) throws(Failure) {
    guard let kind = try window.integer(at: position + 3, size: 1), let count = try little32(at: position + 4)
    else {
      return
    }
    if kind != 0 || depth > 1 { return try add(count) }
    guard count * 16 <= source.size else {
      throw ContainerCheck.claimsTooMuch(source, "its index claims \(count) indexes")
    }
    for index in 0..<count {
      let entry = position + 24 + index * 16
      guard let low = try little32(at: entry), let high = try little32(at: entry + 4) else { return }
      try add(1)
      if high < 1 << 30 { try checkIndex(at: (high << 32) + low + 8, depth: depth + 1) }
    }
  }

  private mutating func add(_ count: Int64) throws(Failure) {
    entries += count
    guard entries <= ContainerCheck.maxEntries(source) else {
      throw ContainerCheck.claimsTooMuch(source, "its indexes claim \(entries) entries and more")
    }
  }

  /// Reads a little-endian number of 4 bytes; nil beyond the end.
  private func little32(at position: Int64) throws(Failure) -> Int64? {
    try window.number(at: position, size: 4).map { Int64(UInt32(truncatingIfNeeded: $0).byteSwapped) }
  }

  /// A four-letter code as a number.
  private static func code(_ name: StaticString) -> UInt64 {
    UnsafeBufferPointer(start: name.utf8Start, count: 4).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
