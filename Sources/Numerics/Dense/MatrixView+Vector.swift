import System

/// The sum of a[i] · b[i]: eight sums side by side, which are then added in pairs.
func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
  var sums = SIMD8<Double>()
  var i = 0
  while i + 8 <= count {
    let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Double>.self)
    let y = UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Double>.self)
    sums += x * y
    i += 8
  }
  let four = sums.lowHalf + sums.highHalf
  let two = four.lowHalf + four.highHalf
  var rest = 0.0
  while i < count {
    rest += a[i] * b[i]
    i += 1
  }
  return two[0] + two[1] + rest
}

/// Adds scale · x to y. [count]
func addScaled(
  _ scale: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
) {
  for i in 0..<count { y[i] += scale * x[i] }
}

extension MatrixView {
  /// Adds scale · self · x to y, for vectors x [columns] and y [rows]. The bits are the same for any number of threads.
  public func multiply(
    _ x: UnsafePointer<Double>, addingTo y: UnsafeMutablePointer<Double>, scale: Double = 1,
    pool: ThreadPool? = nil
  ) {
    let share = max(64, (1 << 19) / max(columns, 1))  // rows of a task
    pool.share(rows, share) { part, _ in
      if elements.columnStride == 1 {
        for row in part { y[row] += scale * dot(elements.at(row, 0), x, count: columns) }
      } else {
        for column in 0..<columns {
          let from = elements.at(part.lowerBound, column)
          addScaled(scale * x[column], from, to: y + part.lowerBound, count: part.count)
        }
      }
    }
  }
}
