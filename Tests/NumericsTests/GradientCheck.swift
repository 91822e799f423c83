import System

@testable import Numerics

/// Central differences, in Double, of a plain forward pass, which gradients are compared with.
struct GradientCheck {
  /// Errors of right gradients in fp32 are below this, and of wrong ones above.
  static let tolerance = 2e-3

  private let count: Int
  private let slopes: [(index: Int, slope: Double)]

  /// Differentiates a loss at `point`, by some of many entries.
  init(at point: [Float], samples: Int = 40, of loss: ([Double]) -> Double) {
    var x = point.map(Double.init)
    count = x.count
    slopes = stride(from: 0, to: x.count, by: max(1, x.count / samples)).map { i in
      let own = x[i]
      let h = 1e-5 * max(1, abs(own))
      x[i] = own + h
      let above = loss(x)
      x[i] = own - h
      let below = loss(x)
      x[i] = own
      return (i, (above - below) / (2 * h))
    }
  }

  /// The largest error of a gradient: |a - n| over the larger of both, or over a thousandth of the largest entry where
  /// both are small.
  func error(of gradient: [Float]) -> Double {
    let largest = slopes.reduce(0) { max($0, abs($1.slope)) }
    // A gradient that is zero everywhere would prove nothing.
    guard gradient.count == count, largest > 0 else { return .infinity }
    return slopes.reduce(0) { error, entry in
      let own = Double(gradient[entry.index])
      let difference = abs(own - entry.slope) / (max(abs(own), abs(entry.slope)) + 1e-3 * largest)
      return difference.isNaN ? .infinity : max(error, difference)
    }
  }

  func passes(_ gradient: [Float]) -> Bool { error(of: gradient) < GradientCheck.tolerance }
}

/// Rows of numbers with memory of their own.
struct Matrix {
  let buffer: FloatBuffer
  let rowCount, width: Int

  init(_ rowCount: Int, _ width: Int) throws {
    buffer = try FloatBuffer(count: rowCount * width)
    (self.rowCount, self.width) = (rowCount, width)
  }

  init(_ rowCount: Int, _ width: Int, _ numbers: inout Numbers) throws {
    try self.init(rowCount, width)
    for i in 0..<buffer.count { buffer.base[i] = numbers.next() }
  }

  var rows: FloatRows { FloatRows(buffer.base, stride: width) }
  var values: [Float] { (0..<rowCount * width).map { buffer[$0] } }
}

/// Linear combination of numbers: the loss whose gradient is `weights`, random numbers and never all ones, with which
/// rows of a softmax would have no gradient at all.
func combined(_ values: [Double], _ weights: [Float]) -> Double {
  zip(values, weights).reduce(0) { $0 + $1.0 * Double($1.1) }
}
