import Glibc

/// A growing array in malloc's memory, whose failure to grow is an error: what a caller or a file can make large lives
/// here, because a Swift array ends the process where memory is refused.
public struct GrowingArray<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>?
  private var capacity = 0
  public private(set) var count = 0

  public init() {}

  /// With room for `capacity` elements.
  public init(capacity: Int) throws(Failure) { try reserve(capacity) }

  deinit { free(base) }

  public var isEmpty: Bool { count == 0 }

  /// Valid until the array grows or ends.
  public var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// The same, to be read.
  public var view: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

  /// `index` must be in 0 ..< count.
  public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return buffer[index]
    }
    set {
      precondition(index >= 0 && index < count)
      buffer[index] = newValue
    }
  }

  public mutating func append(_ element: Element) throws(Failure) {
    try makeRoom(for: 1)
    base?[count] = element
    count += 1
  }

  public mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) throws(Failure) {
    guard let source = elements.baseAddress, !elements.isEmpty else { return }
    try makeRoom(for: elements.count)
    (base! + count).initialize(from: source, count: elements.count)
    count += elements.count
  }

  public mutating func append(repeating element: Element, count amount: Int) throws(Failure) {
    guard amount > 0 else { return }
    try makeRoom(for: amount)
    (base! + count).initialize(repeating: element, count: amount)
    count += amount
  }

  public mutating func removeAll() { count = 0 }

  /// Room for `amount` more, at least twice what there was.
  private mutating func makeRoom(for amount: Int) throws(Failure) {
    guard amount > capacity - count else { return }
    let (needed, overflow) = count.addingReportingOverflow(amount)
    guard !overflow, needed <= Int.max / 2 else { throw Failure.outOfMemory(bytes: Int.max) }
    try reserve(max(needed, 2 * capacity, 16))
  }

  private mutating func reserve(_ wanted: Int) throws(Failure) {
    guard wanted > capacity else { return }
    let (bytes, overflow) = wanted.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, let memory = realloc(base, bytes) else {
      throw Failure.outOfMemory(bytes: overflow ? Int.max : bytes)
    }
    base = memory.bindMemory(to: Element.self, capacity: wanted)
    capacity = wanted
  }
}

// Unchecked: it owns its memory alone, like a Swift array.
extension GrowingArray: @unchecked Sendable where Element: Sendable {}

extension GrowingArray where Element == UInt8 {
  public mutating func append(_ text: StaticString) throws(Failure) {
    try append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
