extension UnsafeMutableBufferPointer {
  /// Sorts in place (a heap sort): Swift's own sort takes memory for half of the elements. Not stable.
  @inlinable
  public func heapSort(by isBefore: (Element, Element) -> Bool) {
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { sink(parent, below: count, isBefore) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      swapAt(0, last)
      sink(0, below: last, isBefore)
    }
  }

  @inlinable
  func sink(_ start: Int, below end: Int, _ isBefore: (Element, Element) -> Bool) {
    var parent = start
    while true {
      var largest = 2 * parent + 1
      guard largest < end else { return }
      if largest + 1 < end, isBefore(self[largest], self[largest + 1]) { largest += 1 }
      guard isBefore(self[parent], self[largest]) else { return }
      swapAt(parent, largest)
      parent = largest
    }
  }
}
