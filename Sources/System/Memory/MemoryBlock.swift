import Glibc

/// A fixed number of bytes outside Swift's heap, freed with the value. Blocks of 4 MiB and more ask for huge pages:
/// weights are read from end to end, and a page fault for each small page takes longer than reading the page.
public struct MemoryBlock: ~Copyable, @unchecked Sendable {
  // Unchecked: the block is the only owner of its memory, and callers keep writes through `start` to one thread.
  public let start: UnsafeMutableRawPointer
  public let count: Int
  /// The whole pages that hold the bytes; nil where they come from malloc.
  private let mapping: UnsafeMutableRawBufferPointer?

  private static let hugePageThreshold = 4 << 20
  private static let hugePage = 2 << 20

  /// Allocates `count` bytes.
  /// - Parameter zeroed: false if the caller writes every byte before reading it.
  public init(count: Int, zeroed: Bool) throws(Failure) {
    if count >= MemoryBlock.hugePageThreshold {
      let pages = try MemoryBlock.map(count, reporting: count)
      (start, mapping) = (pages, UnsafeMutableRawBufferPointer(start: pages, count: count))
      madvise(pages, count, MADV_HUGEPAGE)  // only advice: a refusal does no harm
    } else {
      guard let memory = zeroed ? calloc(1, max(count, 1)) : malloc(max(count, 1)) else {
        throw .outOfMemory(bytes: count)
      }
      (start, mapping) = (memory, nil)
    }
    self.count = max(count, 0)
  }

  /// Allocates `count` zeros and rounds them up to whole huge pages, for memory that comes and goes: the page faults of
  /// small pages would take longer than the work.
  public init(hugePagesFor count: Int) throws(Failure) {
    let page = MemoryBlock.hugePage
    guard count >= 0, count <= Int.max - 2 * page else { throw .outOfMemory(bytes: count) }
    let rounded = (count + page - 1) / page * page
    let pages = try MemoryBlock.map(rounded + page, reporting: count)
    start = pages.alignedUp(toMultipleOf: page)
    madvise(start, rounded, MADV_HUGEPAGE)
    mapping = UnsafeMutableRawBufferPointer(start: pages, count: rounded + page)
    self.count = count
  }

  private static func map(_ count: Int, reporting bytes: Int) throws(Failure) -> UnsafeMutableRawPointer {
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw .outOfMemory(bytes: bytes) }
    return memory
  }

  deinit { if let mapping { munmap(mapping.baseAddress, mapping.count) } else { free(start) } }

  /// The bytes of the block, valid until it is destroyed.
  public var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: count)
  }
}
