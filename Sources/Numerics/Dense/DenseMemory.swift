import System

/// Doubles outside Swift's heap, 64-byte aligned, freed with the value.
struct DenseMemory: ~Copyable {
  let base: UnsafeMutablePointer<Double>
  private let block: MemoryBlock

  private static let hugePageThreshold = 1 << 20

  /// Memory for `count` doubles. It holds zeros, or anything where `zeroed` is false.
  init(count: Int, zeroed: Bool = false) throws(Failure) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Double>.stride)
    guard count >= 0, !overflow, bytes <= Int.max - 64 else { throw .outOfMemory(bytes: Int.max) }
    block =
      bytes < DenseMemory.hugePageThreshold
      ? try MemoryBlock(count: bytes + 64, zeroed: zeroed) : try MemoryBlock(hugePagesFor: bytes)
    base = block.start.alignedUp(toMultipleOf: 64).bindMemory(to: Double.self, capacity: max(count, 1))
  }
}
