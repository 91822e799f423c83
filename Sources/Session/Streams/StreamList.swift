import System

/// Streams in memory whose refusal is an answer, since a caller says how many there are. The list keeps them alive.
struct StreamList: ~Copyable {
  private var streams = GrowingArray<Unmanaged<Stream>>()

  init() {}

  deinit { for stream in streams.view { stream.release() } }

  var count: Int { streams.count }

  /// The stream at `index`, which must be in 0 ..< count.
  subscript(index: Int) -> Stream { streams[index].takeUnretainedValue() }

  mutating func append(_ stream: Stream) throws(Failure) {
    // Retained only once there is room.
    try streams.append(Unmanaged.passUnretained(stream))
    _ = streams[streams.count - 1].retain()
  }

  /// Lets go of all streams and keeps the memory.
  mutating func removeAll() {
    for stream in streams.view { stream.release() }
    streams.removeAll()
  }
}
