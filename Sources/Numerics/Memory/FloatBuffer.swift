import System
import CKernels
import Synchronization

/// Floats outside Swift's heap, 64-byte aligned, freed with the object: whoever uses `base` holds the
/// object for as long. Swift's own allocator kills the process when memory runs out; this one throws.
public final class FloatBuffer: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  /// Zeroed memory for `count` floats (at least one).
  public init(count: Int) throws(Failure) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: 4)
    // Whole lines of 64 bytes, which kernels may read to the end, and room to align the first.
    let (padded, overflow2) = bytes.addingReportingOverflow(126)
    guard count >= 0, !overflow, !overflow2 else { throw .outOfMemory(bytes: Int.max) }
    do { allocation = try MemoryBlock(count: padded, zeroed: true) } catch {
      throw .outOfMemory(bytes: bytes)
    }
    base = allocation.start.alignedUp(toMultipleOf: 64).bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  private let allocation: MemoryBlock

  /// One number. It is safe on a temporary, unlike `base`, which does not keep the memory alive.
  public subscript(index: Int) -> Float { withExtendedLifetime(self) { base[index] } }

  public var pointer: UnsafePointer<Float> { UnsafePointer(base) }
  public var buffer: UnsafeMutableBufferPointer<Float> { .init(start: base, count: count) }

  /// Writes these [rows, columns] numbers to `other` as [columns, rows].
  public func transpose(rows: Int, columns: Int, into other: FloatBuffer) {
    precondition(count >= rows * columns && other.count >= rows * columns)
    for row in 0..<rows {
      for column in 0..<columns { other.base[column * rows + row] = base[row * columns + column] }
    }
  }

  /// Sets every number to zero.
  public func clear(_ pool: ThreadPool) {
    let (base, count, share) = (base, count, 1 << 16)
    pool.run(count: (count + share - 1) / share) { index, _ in
      (base + index * share).update(repeating: 0, count: min(share, count - index * share))
    }
  }

  /// Whether no number is NaN or infinity.
  public var isFinite: Bool { ckernels_all_finite(count, base) != 0 }
}

/// Whether none of `count` floats is NaN or infinity.
public func allFinite(_ values: UnsafePointer<Float>, count: Int, pool: ThreadPool? = nil) -> Bool {
  let share = 1 << 18
  guard let pool, count > share else { return ckernels_all_finite(count, values) != 0 }
  let sound = Atomic<Bool>(true)
  pool.run(count: (count + share - 1) / share) { index, _ in
    let first = index * share
    if ckernels_all_finite(min(share, count - first), values + first) == 0 {
      sound.store(false, ordering: .relaxed)
    }
  }
  return sound.load(ordering: .relaxed)
}
