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
  /// Adds scale · self · x [columns] to y [rows].
  public func multiply(
    _ x: UnsafePointer<Double>, addingTo y: UnsafeMutablePointer<Double>, scale: Double = 1
  ) {
    if columnStride == 1 {
      for row in 0..<rows { y[row] += scale * dot(base + row * rowStride, x, count: columns) }
    } else {
      for column in 0..<columns {
        addScaled(scale * x[column], base + column * columnStride, to: y, count: rows)
      }
    }
  }
}
