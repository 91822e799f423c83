import Glibc

/// A fixed number of bytes outside Swift's heap, freed with the value. Blocks of 4 MiB and more ask for huge pages:
/// weights are read from end to end, and a page fault for each small page takes longer than reading the page.
public struct MemoryBlock: ~Copyable, @unchecked Sendable {
  // Unchecked: the block is the only owner of its memory, and callers keep writes through `start` to one thread.
  public let start: UnsafeMutableRawPointer
  public let count: Int
  private let isMapped: Bool

  private static let hugePageThreshold = 4 << 20

  /// Allocates `count` bytes.
  /// - Parameter zeroed: false if the caller writes every byte before reading it.
  public init(count: Int, zeroed: Bool) throws(Failure) {
    isMapped = count >= MemoryBlock.hugePageThreshold
    let memory =
      isMapped
      ? mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      : zeroed ? calloc(1, max(count, 1)) : malloc(max(count, 1))
    guard let memory, memory != MAP_FAILED else { throw .outOfMemory(bytes: count) }
    if isMapped { madvise(memory, count, MADV_HUGEPAGE) }  // only advice: a refusal does no harm
    start = memory
    self.count = max(count, 0)
  }

  deinit { if isMapped { munmap(start, count) } else { free(start) } }

  /// The bytes of the block, valid until it is destroyed.
  public var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: count)
  }
}
