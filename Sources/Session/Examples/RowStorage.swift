import Numerics
import Synchronization
import System

/// Memory for rows of floats, to which successive sets of examples append without copying the rows before. A row that
/// has been written never changes.
final class RowStorage: Sendable {
  let floats: FloatBuffer
  let capacity: Int
  private let size: Int
  /// Rows that belong to some set.
  private let used: Atomic<Int>

  /// Room for `capacity` rows of `size` floats, the first ones copied.
  init(capacity: Int, size: Int, copying rows: UnsafePointer<Float>? = nil, count: Int = 0) throws(Failure) {
    floats = try FloatBuffer(count: product([capacity, size], "examples"))
    if let rows { floats.base.update(from: rows, count: count * size) }
    used = Atomic(count)
    self.capacity = capacity
    self.size = size
  }

  /// Gives the caller `count` rows from `first` on to write. False if another set has them or there is no room.
  func claim(_ count: Int, from first: Int) -> Bool {
    guard count <= capacity - first else { return false }
    return used.compareExchange(expected: first, desired: first + count, ordering: .relaxed).exchanged
  }

  /// The address of a row. [E]
  func row(_ row: Int) -> UnsafeMutablePointer<Float> { floats.base + row * size }
}
