import Glibc

/// A growing array in memory from malloc that throws where memory is refused. Anything whose size comes from a caller
/// or a file is kept in one, because a Swift array ends the process instead. Inlinable, since inner loops of other
/// rooms append to it and index it.
public struct GrowingArray<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline internal var memory: UnsafeMutablePointer<Element>?
  @usableFromInline internal var capacity = 0
  @usableFromInline internal var used = 0

  @inlinable
  public init() {}

  /// Makes an empty array with room for `capacity` elements.
  @inlinable
  public init(capacity: Int) throws(Failure) { try reserve(capacity) }

  /// Makes an array of `count` elements without values; the caller writes them before reading them.
  @inlinable
  public init(uninitialized count: Int) throws(Failure) {
    try reserve(max(count, 1))
    used = max(count, 0)
  }

  /// Makes an array of `count` copies of `element`.
  @inlinable
  public init(repeating element: Element, count: Int) throws(Failure) {
    try self.init(uninitialized: count)
    buffer.initialize(repeating: element)
  }

  @inlinable
  deinit { free(memory) }

  @inlinable
  public var count: Int { used }

  @inlinable
  public var isEmpty: Bool { used == 0 }

  /// The address of the first element, for loops that index without a bounds check; valid until the array grows or is
  /// destroyed. The array must have room for at least one element.
  @inlinable
  public var base: UnsafeMutablePointer<Element> { memory! }

  /// The elements for writing in place; valid until the array grows or is destroyed. Keep the array in a variable: a
  /// temporary array is destroyed before its elements are read.
  @inlinable
  public var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: memory, count: used)
  }

  /// The elements for reading; valid until the array grows or is destroyed.
  @inlinable
  public var view: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: memory, count: used) }

  /// The element at `index`, which must be in 0 ..< count.
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < used)
      return memory.unsafelyUnwrapped[index]  // there is an element, so there is memory
    }
    set {
      precondition(index >= 0 && index < used)
      memory.unsafelyUnwrapped[index] = newValue
    }
  }

  // MARK: - Growing and shrinking

  @inlinable @inline(__always)
  public mutating func append(_ element: Element) throws(Failure) {
    if used == capacity { try makeRoom(for: 1) }
    base[used] = element
    used += 1
  }

  @inlinable
  public mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) throws(Failure) {
    guard let source = elements.baseAddress, !elements.isEmpty else { return }
    try makeRoom(for: elements.count)
    (base + used).initialize(from: source, count: elements.count)
    used += elements.count
  }

  @inlinable
  public mutating func append(repeating element: Element, count copies: Int) throws(Failure) {
    guard copies > 0 else { return }
    try makeRoom(for: copies)
    (base + used).initialize(repeating: element, count: copies)
    used += copies
  }

  /// Appends a copy of the `length` elements that begin `distance` before the end; source and copy may overlap, as in
  /// LZ77. `distance` must be in 1 ... count, and `length` at least 0.
  @inlinable
  public mutating func append(length: Int, fromEnd distance: Int) throws(Failure) {
    precondition(distance > 0 && distance <= used && length >= 0)
    try makeRoom(for: length)
    let target = base + used
    let source = target - distance
    for index in 0..<length { target[index] = source[index] }
    used += length
  }

  /// Makes the array long enough to have an element at `index`; new elements are copies of `element`.
  @inlinable
  public mutating func extend(to index: Int, filling element: Element) throws(Failure) {
    try append(repeating: element, count: index - used + 1)
  }

  @inlinable
  public mutating func removeAll() { used = 0 }

  /// Removes the last `removed` elements, or all if there are fewer.
  @inlinable
  public mutating func removeLast(_ removed: Int = 1) { used -= min(max(removed, 0), used) }

  /// Keeps the first `newCount` elements, which must be at most `count`.
  @inlinable
  public mutating func removeLast(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= used)
    used = newCount
  }

  /// Makes room for `added` more elements; where the capacity grows, it at least doubles.
  @usableFromInline
  internal mutating func makeRoom(for added: Int) throws(Failure) {
    guard added > capacity - used else { return }
    let (needed, overflow) = used.addingReportingOverflow(added)
    guard !overflow, needed <= Int.max / 2 else { throw .outOfMemory(bytes: Int.max) }
    try reserve(max(needed, 2 * capacity, 16))
  }

  @usableFromInline
  internal mutating func reserve(_ wanted: Int) throws(Failure) {
    guard wanted > capacity else { return }
    let (bytes, overflow) = wanted.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let larger = realloc(memory, bytes) else {
      throw .outOfMemory(bytes: overflow ? Int.max : bytes)
    }
    memory = larger.bindMemory(to: Element.self, capacity: wanted)
    capacity = wanted
  }
}

// Unchecked, because the compiler cannot see that each array is the only owner of its memory.
extension GrowingArray: @unchecked Sendable where Element: Sendable {}

extension GrowingArray where Element: Comparable {
  /// The number of elements that are at most `value`; the elements must be in ascending order.
  public func countNotAbove(_ value: Element) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension GrowingArray where Element == UInt8 {
  /// Appends the UTF-8 bytes of a string literal.
  public mutating func append(_ text: StaticString) throws(Failure) {
    try append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
