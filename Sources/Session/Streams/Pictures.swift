import System

/// A fixed number of crops [S, S, 3] of a stream, each free or in use. The owner's lock guards which are free; who took
/// one may write it without the lock.
struct Pictures: ~Copyable {
  private let bytes: GrowingArray<UInt8>
  private let size: Int
  private var free: GrowingArray<Int32>

  /// - Parameter size: S.
  init(count: Int, size: Int) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let each = try product([size, size, 3], "image_size")
    let bytes = try Pictures.memory(count, each)
    let free = try GrowingArray<Int32>(uninitialized: count)
    for place in 0..<count { free.base[place] = Int32(count - 1 - place) }
    self.size = each
    self.bytes = bytes
    self.free = free
  }

  private static func memory(_ count: Int, _ size: Int) throws(Failure) -> GrowingArray<UInt8> {
    let total = try product([count, size], "queue_frames")
    do throws(Failure) { return try GrowingArray(uninitialized: total) } catch {
      throw .outOfMemory("\(count) crops of \(size) bytes")
    }
  }

  var memory: Int { bytes.count }

  /// Takes a free place; nil if all are in use.
  mutating func take() -> Int32? {
    guard !free.isEmpty else { return nil }
    defer { free.removeLast() }
    return free[free.count - 1]
  }

  /// Gives a place back that was taken.
  mutating func give(_ place: Int32) {
    // There is room, since the place was among the free ones before, so nothing is refused.
    try? free.append(place)
  }

  /// The crop at a place.
  func crop(_ place: Int32) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(start: bytes.base + Int(place) * size, count: size)
  }
}
