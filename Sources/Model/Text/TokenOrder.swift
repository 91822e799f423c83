import System

/// Sorts rows of token ids in lexicographic order, so that prompts that begin alike are neighbours.
struct TokenOrder {
  let tokens: UnsafePointer<Int32>  // [rows, length]
  let length: Int

  /// Writes the rows 0 ..< count to order [count], sorted. It takes no memory, since the number of rows is the
  /// caller's. Ends early when it is cancelled: a million rows take seconds.
  func sort(_ order: UnsafeMutablePointer<Int>, count: Int) throws(Failure) {
    for i in 0..<count { order[i] = i }
    try UnsafeMutableBufferPointer(start: order, count: count).heapSort { (a, b) throws(Failure) in
      try checkCancelled()
      return isBefore(a, b)
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (tokens + a * length, tokens + b * length)
    for i in 0..<length where x[i] != y[i] { return x[i] < y[i] }
    return a < b
  }
}
