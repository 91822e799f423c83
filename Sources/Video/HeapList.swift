internal import Glibc

/// A growing array from malloc: its length comes from a file, and want of memory must be an answer.
struct HeapList<Element: BitwiseCopyable>: ~Copyable {
  private(set) var count = 0
  private var capacity = 0
  private var base: UnsafeMutablePointer<Element>?

  deinit { free(base) }

  /// False without memory.
  mutating func append(_ element: Element) -> Bool {
    if count == capacity {
      let (larger, overflow) = max(256, capacity).multipliedReportingOverflow(by: 2)
      let (bytes, overflows) = larger.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
      guard !overflow, !overflows, let memory = realloc(base, bytes) else { return false }
      base = memory.bindMemory(to: Element.self, capacity: larger)
      capacity = larger
    }
    (base! + count).initialize(to: element)
    count += 1
    return true
  }

  /// `index` must be in 0 ..< count.
  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base![index]
    }
    set {
      precondition(index >= 0 && index < count)
      base![index] = newValue
    }
  }

  mutating func clear() { count = 0 }

  /// Of ascending elements, how many are below or at `value`.
  func countNotAbove(_ value: Element) -> Int where Element: Comparable {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
