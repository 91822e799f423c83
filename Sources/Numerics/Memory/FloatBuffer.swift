import System
import CKernels
import Glibc
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
    guard let memory = FloatBuffer.zeroed(bytes: padded) else { throw .outOfMemory(bytes: bytes) }
    allocation = memory.start
    mapped = memory.mapped
    let address = UInt(bitPattern: allocation)
    let aligned = UnsafeMutableRawPointer(bitPattern: (address &+ 63) & ~63) ?? allocation
    base = aligned.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  private let allocation: UnsafeMutableRawPointer
  /// Bytes to unmap; 0 for what malloc gave.
  private let mapped: Int

  deinit { if mapped > 0 { munmap(allocation, mapped) } else { free(allocation) } }

  /// Large memory is asked for in huge pages: weights are walked through from end to end in every product, and
  /// a fault for each small page is a good part of the time that loading takes.
  private static func zeroed(bytes: Int) -> (start: UnsafeMutableRawPointer, mapped: Int)? {
    guard bytes >= 4 << 20 else { return calloc(1, bytes).map { ($0, 0) } }
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    madvise(memory, bytes, MADV_HUGEPAGE)  // advice: without huge pages it is as before
    return (memory, bytes)
  }

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
