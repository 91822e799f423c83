import System

/// Bytes of a file in private memory, or a range of the caller's buffer. `bytes` are valid for as long
/// as the block is: a function that keeps only the pointer extends the block's lifetime.
final class ByteBlock {
  let bytes: UnsafeRawBufferPointer
  /// The memory of `bytes`, unless they are the caller's.
  private let owned: MemoryBlock?

  /// `bytes` stay the caller's and must outlive this block.
  init(borrowing bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    owned = nil
  }

  /// New memory, filled by `fill`.
  init(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let memory = try MemoryBlock(count: count, zeroed: false)
    try fill(memory.bytes)
    bytes = UnsafeRawBufferPointer(memory.bytes)
    owned = consume memory
  }
}
