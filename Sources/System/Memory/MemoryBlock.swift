import Glibc

/// A fixed number of bytes outside Swift's heap, freed with the value. Memory of 4 MiB and more is asked for in huge
/// pages: weights are walked through from end to end, and a fault for each small page takes longer than reading it.
public struct MemoryBlock: ~Copyable, @unchecked Sendable {
  // Unchecked: it owns its memory alone; whoever writes through `start` sees to it that nobody else does.
  public let start: UnsafeMutableRawPointer
  public let count: Int
  private let isMapped: Bool

  private static let hugePages = 4 << 20

  /// - Parameter zeroed: false where the caller writes every byte before reading it.
  public init(count: Int, zeroed: Bool) throws(Failure) {
    isMapped = count >= MemoryBlock.hugePages
    let memory =
      isMapped
      ? mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      : zeroed ? calloc(1, max(count, 1)) : malloc(max(count, 1))
    guard let memory, memory != MAP_FAILED else { throw .outOfMemory(bytes: count) }
    if isMapped { madvise(memory, count, MADV_HUGEPAGE) }  // advice: without huge pages it is as before
    start = memory
    self.count = max(count, 0)
  }

  deinit { if isMapped { munmap(start, count) } else { free(start) } }

  /// The bytes, valid for as long as the block is.
  public var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: count)
  }
}
