import System
import Glibc

/// A growing array whose failure to grow is an error: what is sized by outside data lives here,
/// because a Swift array ends the process when memory runs out.
struct MemoryBuffer<Element: BitwiseCopyable>: ~Copyable {
  fileprivate(set) var base: UnsafeMutablePointer<Element>
  fileprivate(set) var count = 0
  fileprivate var capacity: Int

  /// Each step of cleaning a text begins with one, so that cancelling is heard between them.
  init(capacity: Int = 64) throws(TokenizerError) {
    try checkCancelled()
    let wanted = max(capacity, 16)
    base = try Self.allocate(wanted)
    self.capacity = wanted
  }

  deinit { free(base) }

  /// Valid until the buffer grows or ends. Take it of a named buffer, which lives to the end of its scope;
  /// a temporary one would end before the view is used.
  var view: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  @inline(__always)
  mutating func append(_ element: Element) throws(TokenizerError) {
    if count == capacity { try grow(by: 1) }
    base[count] = element
    count += 1
  }

  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) throws(TokenizerError) {
    guard let source = elements.baseAddress, !elements.isEmpty else { return }
    if capacity - count < elements.count { try grow(by: elements.count) }
    (base + count).initialize(from: source, count: elements.count)
    count += elements.count
  }

  /// Appends `amount` copies of `element`.
  mutating func append(repeating element: Element, count amount: Int) throws(TokenizerError) {
    if capacity - count < amount { try grow(by: amount) }
    (base + count).initialize(repeating: element, count: amount)
    count += amount
  }

  mutating func removeAll() { count = 0 }

  mutating func removeLast(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    count = newCount
  }

  fileprivate mutating func grow(by amount: Int) throws(TokenizerError) {
    let (needed, overflow) = count.addingReportingOverflow(amount)
    guard !overflow, needed <= Int.max / 4 else { throw .outOfMemory(bytes: Int.max) }
    let wanted = max(needed, capacity * 2)
    let larger = try Self.allocate(wanted)
    larger.moveInitialize(from: base, count: count)
    free(base)
    base = larger
    capacity = wanted
  }

  private static func allocate(_ count: Int) throws(TokenizerError) -> UnsafeMutablePointer<Element> {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let memory = malloc(bytes) else { throw .outOfMemory(bytes: bytes) }
    return memory.bindMemory(to: Element.self, capacity: count)
  }
}

/// The inflater's two steps, concrete because the compiler does not specialise them otherwise.
extension MemoryBuffer where Element == UInt8 {
  mutating func appendByte(_ byte: UInt8) throws(TokenizerError) {
    if count == capacity { try grow(by: 1) }
    base[count] = byte
    count += 1
  }

  /// Appends `length` bytes that begin `distance` before the end; the two may overlap, as in LZ77.
  mutating func appendRepeat(distance: Int, length: Int) throws(TokenizerError) {
    precondition(distance > 0 && distance <= count && length >= 0)
    if capacity - count < length { try grow(by: length) }
    let target = base + count
    let source = target - distance
    for index in 0..<length { target[index] = source[index] }
    count += length
  }
}
