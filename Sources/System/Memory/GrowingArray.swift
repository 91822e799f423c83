import Glibc

/// A growing array in malloc's memory, whose failure to grow is an error: what a caller or a file can make large lives
/// here, because a Swift array ends the process where memory is refused. Inlined into other rooms, whose inner loops
/// append and index.
public struct GrowingArray<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline internal var memory: UnsafeMutablePointer<Element>?
  @usableFromInline internal var capacity = 0
  @usableFromInline internal var used = 0

  @inlinable
  public init() {}

  /// An empty array with room for `capacity` elements.
  @inlinable
  public init(capacity: Int) throws(Failure) { try reserve(capacity) }

  /// `count` elements whose values are not set, which the caller writes before reading them.
  @inlinable
  public init(uninitialized count: Int) throws(Failure) {
    try reserve(max(count, 1))
    used = max(count, 0)
  }

  /// `count` copies of `element`.
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

  /// The first element, for loops that index without a check; valid until the array grows or ends. The array must have
  /// room for one element at least.
  @inlinable
  public var base: UnsafeMutablePointer<Element> { memory! }

  /// The elements, to be written in place; valid until the array grows or ends. Take it of an array that a variable holds:
  /// a temporary one has ended before its elements are read.
  @inlinable
  public var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: memory, count: used)
  }

  /// The elements, to be read; valid for as long as `buffer` is.
  @inlinable
  public var view: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: memory, count: used) }

  /// `index` must be in 0 ..< count.
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < used)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < used)
      base[index] = newValue
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
  public mutating func append(repeating element: Element, count amount: Int) throws(Failure) {
    guard amount > 0 else { return }
    try makeRoom(for: amount)
    (base + used).initialize(repeating: element, count: amount)
    used += amount
  }

  /// Appends `length` elements that begin `distance` before the end; the two ranges may overlap, as in LZ77. `distance`
  /// must be in 1 ... count, and `length` at least 0.
  @inlinable
  public mutating func append(length: Int, fromEnd distance: Int) throws(Failure) {
    precondition(distance > 0 && distance <= used && length >= 0)
    try makeRoom(for: length)
    let target = base + used
    let source = target - distance
    for index in 0..<length { target[index] = source[index] }
    used += length
  }

  /// Makes `index` one of the array's, with `element` at all places up to it that are new.
  @inlinable
  public mutating func extend(to index: Int, filling element: Element) throws(Failure) {
    try append(repeating: element, count: index - used + 1)
  }

  @inlinable
  public mutating func removeAll() { used = 0 }

  /// Removes the last `amount` elements, or all if there are fewer.
  @inlinable
  public mutating func removeLast(_ amount: Int = 1) { used -= min(max(amount, 0), used) }

  /// Keeps the first `newCount` elements, which must be at most `count`.
  @inlinable
  public mutating func removeLast(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= used)
    used = newCount
  }

  /// Makes room for `amount` more elements; memory grows to twice what it was at least.
  @usableFromInline
  internal mutating func makeRoom(for amount: Int) throws(Failure) {
    guard amount > capacity - used else { return }
    let (needed, overflow) = used.addingReportingOverflow(amount)
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

// Unchecked: it owns its memory alone, like a Swift array.
extension GrowingArray: @unchecked Sendable where Element: Sendable {}

extension GrowingArray where Element: Comparable {
  /// The number of elements that are not above `value`; the elements must ascend.
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
  public mutating func append(_ text: StaticString) throws(Failure) {
    try append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
