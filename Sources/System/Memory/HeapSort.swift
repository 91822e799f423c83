extension UnsafeMutableBufferPointer {
  /// Sorts in place (a heap sort): Swift's own sort takes memory for half of the elements. Not stable. Where
  /// `isBefore` throws, the elements are all there, in some order.
  @inlinable
  public func heapSort<E: Error>(by isBefore: (Element, Element) throws(E) -> Bool) throws(E) {
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { try sink(parent, below: count, isBefore) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      swapAt(0, last)
      try sink(0, below: last, isBefore)
    }
  }

  @inlinable
  func sink<E: Error>(
    _ start: Int, below end: Int, _ isBefore: (Element, Element) throws(E) -> Bool
  ) throws(E) {
    var parent = start
    while true {
      var largest = 2 * parent + 1
      guard largest < end else { return }
      if largest + 1 < end, try isBefore(self[largest], self[largest + 1]) { largest += 1 }
      guard try isBefore(self[parent], self[largest]) else { return }
      swapAt(parent, largest)
      parent = largest
    }
  }
}
