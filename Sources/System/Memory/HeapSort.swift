extension UnsafeMutableBufferPointer {
  /// Sorts the elements in place by heap sort, which is not stable. Swift's own sort allocates memory for half of the
  /// elements. If `isBefore` throws, all elements are still there, in an unspecified order.
  @inlinable
  public func heapSort<E: Error>(by isBefore: (Element, Element) throws(E) -> Bool) throws(E) {
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { try sink(parent, below: count, isBefore) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      swapAt(0, last)
      try sink(0, below: last, isBefore)
    }
  }

  /// Moves the element at `start` down the heap `0 ..< end` until no child is greater.
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
