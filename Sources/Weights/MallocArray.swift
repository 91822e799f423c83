import System
import Glibc

/// A growing array in malloc'd memory. A Swift array that cannot grow ends the process; what a
/// file can make large lives here, where running out of memory is an error.
struct MallocArray<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>?
  private var capacity = 0
  private(set) var count = 0

  init() {}

  deinit { free(elements) }

  var isEmpty: Bool { count == 0 }

  subscript(index: Int) -> Element {
    get { buffer[index] }
    set { buffer[index] = newValue }
  }

  /// The elements, until the next append. Indexing it is checked in debug builds only, so indices
  /// must be ones this array gave out.
  var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: elements, count: count)
  }

  mutating func append(_ element: Element) throws(WeightsError) {
    if count == capacity { try grow(to: capacity == 0 ? 64 : capacity * 2) }
    guard let elements else { return }
    (elements + count).initialize(to: element)
    count += 1
  }

  /// Makes room for `index`, filling with `element`. The caller has bounded `index`.
  mutating func extend(to index: Int, filling element: Element) throws(WeightsError) {
    guard index >= count else { return }
    if index >= capacity { try grow(to: max(64, index + 1, 2 * capacity)) }
    guard let elements else { return }
    (elements + count).initialize(repeating: element, count: index + 1 - count)
    count = index + 1
  }

  mutating func removeLast(_ number: Int = 1) { count -= min(number, count) }

  private mutating func grow(to newCapacity: Int) throws(WeightsError) {
    let (bytes, overflow) = newCapacity.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let moved = realloc(elements, bytes) else {
      throw WeightsError(.outOfMemory, "no memory for \(newCapacity) items of the file's index")
    }
    elements = moved.bindMemory(to: Element.self, capacity: newCapacity)
    capacity = newCapacity
  }
}
