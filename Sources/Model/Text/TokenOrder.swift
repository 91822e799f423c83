import System

/// Rows of token ids in the order of a dictionary.
struct TokenOrder {
  let tokens: UnsafePointer<Int32>  // [rows, length]
  let length: Int

  /// order [count] becomes 0 ..< count, sorted; in place, since the number of rows is the caller's and
  /// memory for it is already there. A million rows take seconds, so that cancelling is heard.
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
