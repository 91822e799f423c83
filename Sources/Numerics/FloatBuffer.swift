import CKernels
import Glibc

/// Floats outside Swift's heap, 64-byte aligned, freed with the object: whoever uses `base` holds the
/// object for as long. Swift's own allocator kills the process when memory runs out; this one throws.
public final class FloatBuffer: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  /// Zeroed memory for `count` floats (at least one).
  public init(count: Int) throws(NumericsError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: 4)
    // Whole lines of 64 bytes, which kernels may read to the end, and room to align the first.
    let (padded, overflow2) = bytes.addingReportingOverflow(126)
    guard count >= 0, !overflow, !overflow2 else { throw .outOfMemory(bytes: Int.max) }
    // calloc first, so that a large request is fresh zero pages and costs nothing until touched.
    guard let raw = calloc(1, padded) else { throw .outOfMemory(bytes: bytes) }
    allocation = raw
    let address = UInt(bitPattern: raw)
    let aligned = UnsafeMutableRawPointer(bitPattern: (address &+ 63) & ~63) ?? raw
    base = aligned.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  private let allocation: UnsafeMutableRawPointer

  deinit { free(allocation) }

  /// One number. Unlike `base`, which does not keep the memory alive, safe on a temporary.
  public subscript(index: Int) -> Float { withExtendedLifetime(self) { base[index] } }

  public var pointer: UnsafePointer<Float> { UnsafePointer(base) }
  public var buffer: UnsafeMutableBufferPointer<Float> { .init(start: base, count: count) }

  /// These [rows, columns] numbers as [columns, rows].
  public func transpose(rows: Int, columns: Int, into other: FloatBuffer) {
    precondition(count >= rows * columns && other.count >= rows * columns)
    for row in 0..<rows {
      for column in 0..<columns { other.base[column * rows + row] = base[row * columns + column] }
    }
  }

  /// No NaN and no infinity among them.
  public var isFinite: Bool { ckernels_all_finite(count, base) != 0 }
}

/// No NaN and no infinity among `count` floats.
public func allFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
  ckernels_all_finite(count, values) != 0
}
