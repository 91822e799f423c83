/// Rows of token ids in the order of a dictionary.
struct TokenOrder {
  let tokens: UnsafePointer<Int32>  // [rows, length]
  let length: Int

  /// order [count] becomes 0 ..< count, sorted; in place, since the number of rows is the caller's and
  /// memory for it is already there (a heap sort).
  func sort(_ order: UnsafeMutablePointer<Int>, count: Int) throws(ModelError) {
    for i in 0..<count { order[i] = i }
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) {
      try checkCancelled()
      sink(order, parent, count)
    }
    for last in stride(from: count - 1, to: 0, by: -1) {
      try checkCancelled()
      swap(&order[0], &order[last])
      sink(order, 0, last)
    }
  }

  private func sink(_ heap: UnsafeMutablePointer<Int>, _ start: Int, _ count: Int) {
    var parent = start
    while true {
      var largest = 2 * parent + 1
      guard largest < count else { return }
      if largest + 1 < count, isBefore(heap[largest], heap[largest + 1]) { largest += 1 }
      guard isBefore(heap[parent], heap[largest]) else { return }
      swap(&heap[parent], &heap[largest])
      parent = largest
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (tokens + a * length, tokens + b * length)
    for i in 0..<length where x[i] != y[i] { return x[i] < y[i] }
    return a < b
  }
}
