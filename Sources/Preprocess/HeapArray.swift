import System
import Glibc

/// A fixed-length array from malloc: unlike Swift's own, its allocation can fail and be reported.
/// The elements start uninitialised.
struct HeapArray<Element: BitwiseCopyable>: ~Copyable {
  let base: UnsafeMutablePointer<Element>

  init(count: Int) throws(PreprocessError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let memory = malloc(bytes) else {
      throw PreprocessError(.outOfMemory, "no memory for \(count) elements of preprocessing scratch")
    }
    base = memory.bindMemory(to: Element.self, capacity: count)
  }

  init(zeros count: Int) throws(PreprocessError) {
    try self.init(count: count)
    memset(base, 0, max(count, 1) * MemoryLayout<Element>.stride)
  }

  deinit { free(base) }
}
