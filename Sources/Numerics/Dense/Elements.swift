import System

/// Where the elements of a matrix lie, in memory that somebody else keeps alive: for loops that touch no reference
/// count.
struct Elements: @unchecked Sendable {
  // Unchecked: as for the matrix that owns the memory.
  let base: UnsafeMutablePointer<Double>
  /// Doubles from an element to the one below it, and to the one beside it; negative where the order is reversed.
  let rowStride, columnStride: Int

  func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Double> {
    base + (row * rowStride + column * columnStride)
  }

  /// The elements from this place on.
  func from(_ row: Int, _ column: Int) -> Elements {
    Elements(base: at(row, column), rowStride: rowStride, columnStride: columnStride)
  }

  var transposed: Elements { Elements(base: base, rowStride: columnStride, columnStride: rowStride) }

  /// The elements with the first of `rows` rows at the end.
  func reversingRows(_ rows: Int) -> Elements {
    Elements(base: at(max(rows - 1, 0), 0), rowStride: -rowStride, columnStride: columnStride)
  }
}

/// Doubles outside Swift's heap, 64-byte aligned, freed with the value.
struct DenseMemory: ~Copyable {
  let base: UnsafeMutablePointer<Double>
  private let block: MemoryBlock

  /// Memory for `count` doubles. It holds zeros, or anything where `zeroed` is false.
  init(count: Int, zeroed: Bool = false) throws(Failure) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Double>.stride)
    guard count >= 0, !overflow, bytes <= Int.max - 64 else { throw .outOfMemory(bytes: Int.max) }
    block = try MemoryBlock(count: bytes + 64, zeroed: zeroed)
    base = block.start.alignedUp(toMultipleOf: 64).bindMemory(to: Double.self, capacity: max(count, 1))
  }
}
