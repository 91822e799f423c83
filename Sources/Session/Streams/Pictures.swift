import System

/// A fixed number of crops [S, S, 3], one after the other, whose memory never moves. Only the thread that has taken a
/// crop's place from the stream's `FreePlaces` writes it, and it is read only while its frame waits or is kept, so no
/// lock is needed.
struct Pictures: ~Copyable, Sendable {
  private let bytes: GrowingArray<UInt8>
  private let size: Int

  /// - Parameter size: S.
  init(count: Int, size: Int) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let each = try product([size, size, 3], "image_size")
    let bytes = try Pictures.memory(count, each)
    self.size = each
    self.bytes = bytes
  }

  private static func memory(_ count: Int, _ size: Int) throws(Failure) -> GrowingArray<UInt8> {
    let total = try product([count, size], "queue_frames")
    do throws(Failure) { return try GrowingArray(uninitialized: total) } catch {
      throw .outOfMemory("\(count) crops of \(size) bytes")
    }
  }

  /// Bytes that the crops take.
  var memory: Int { bytes.count }

  /// The crop at a place, 0 ..< count.
  func crop(_ place: Int32) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(start: bytes.base + Int(place) * size, count: size)
  }
}
