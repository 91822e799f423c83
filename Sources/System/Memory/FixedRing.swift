/// A queue of at most `capacity` elements, whose memory is taken once.
public struct FixedRing<Element: BitwiseCopyable>: ~Copyable {
  private let elements: GrowingArray<Element>
  public let capacity: Int
  public private(set) var count = 0
  private var first = 0

  /// - Parameter capacity: at least 1.
  public init(capacity: Int) throws(Failure) {
    elements = try GrowingArray(uninitialized: capacity)
    self.capacity = max(capacity, 1)
  }

  public var isFull: Bool { count == capacity }

  /// The place in memory of the element at `index`.
  private func place(_ index: Int) -> Int {
    let place = first + index
    return place < capacity ? place : place - capacity
  }

  /// The element at `index`, which must be in 0 ..< count; 0 is the oldest.
  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count)
    return elements.base[place(index)]
  }

  /// Adds an element, for which there must be room, and returns its place in memory, 0 ..< capacity, which no other
  /// element has at the same time.
  @discardableResult
  public mutating func append(_ element: Element) -> Int {
    precondition(count < capacity)
    let place = place(count)
    elements.base[place] = element
    count += 1
    return place
  }

  /// Removes the oldest element, of which there must be one, and returns it with the place that it had in memory.
  @discardableResult
  public mutating func removeFirst() -> (element: Element, place: Int) {
    precondition(count > 0)
    let place = first
    first = self.place(1)
    count -= 1
    return (elements.base[place], place)
  }

  /// Removes the element at `index`, which must be in 0 ..< count, and returns it. Later elements move by one.
  public mutating func remove(at index: Int) -> Element {
    let removed = self[index]
    for later in index + 1..<count { elements.base[place(later - 1)] = elements.base[place(later)] }
    count -= 1
    return removed
  }

  public mutating func removeAll() { (first, count) = (0, 0) }
}

// Unchecked, because the compiler cannot see that each ring is the only owner of its memory.
extension FixedRing: @unchecked Sendable where Element: Sendable {}
