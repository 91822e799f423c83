import Numerics
import System

/// Minimises a smooth function with the limited-memory BFGS method (Nocedal and Wright, Numerical Optimization,
/// algorithm 7.5), from a given start and in a fixed order of sums.
struct LimitedMemoryBFGS {
  private static let memory = 10
  private let count: Int
  private let history: DenseMatrix
  private var pairs = 0

  init(count: Int) throws(Failure) {
    self.count = count
    // Steps, then differences of gradients, [2 · memory]; the direction, the point and the gradient that are tried.
    history = try DenseMatrix(rows: 2 * LimitedMemoryBFGS.memory + 3, columns: count)
  }

  /// Overwrites `point` [count] with a minimum and returns the number of evaluations. It ends when no element of the
  /// gradient exceeds `tolerance`, when no step along the direction lowers the function, or after `limit` evaluations.
  /// - Parameter evaluate: writes the gradient at a point and returns the value.
  mutating func minimise(
    _ point: UnsafeMutablePointer<Double>, tolerance: Double, limit: Int,
    _ evaluate: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) throws(Failure) -> Double
  ) throws(Failure) -> Int {
    let memory = LimitedMemoryBFGS.memory
    let direction = history.row(2 * memory)
    let tried = history.row(2 * memory + 1)
    let triedGradient = history.row(2 * memory + 2)
    let gradient = try GrowingArray<Double>(repeating: 0, count: count)
    var value = try evaluate(point, gradient.base)
    var evaluations = 1
    pairs = 0
    while evaluations < limit, largest(gradient.base) > tolerance {
      findDirection(gradient.base, direction)
      var slope = DenseVector.dot(gradient.base, direction, count)
      if slope >= 0 {
        pairs = 0
        for i in 0..<count { direction[i] = -gradient.base[i] }
        slope = -DenseVector.dot(gradient.base, gradient.base, count)
      }
      var length = pairs == 0 ? min(1, 1 / DenseVector.norm(gradient.base, count)) : 1.0
      var lowered = false
      while evaluations < limit, length > 1e-12 {
        for i in 0..<count { tried[i] = point[i] + length * direction[i] }
        let next = try evaluate(tried, triedGradient)
        evaluations += 1
        if next <= value + 1e-4 * length * slope {
          value = next
          lowered = true
          break
        }
        // The minimum of the parabola through the two values and the slope, within bounds.
        let parabola = -slope * length * length / (2 * (next - value - slope * length))
        length = parabola.isFinite ? max(0.1 * length, min(0.5 * length, parabola)) : 0.1 * length
      }
      guard lowered else { break }
      remember(point, gradient.base, tried, triedGradient)
      point.update(from: tried, count: count)
      gradient.base.update(from: triedGradient, count: count)
    }
    return evaluations
  }

  private func largest(_ gradient: UnsafePointer<Double>) -> Double {
    var largest = 0.0
    for i in 0..<count { largest = max(largest, abs(gradient[i])) }
    return largest
  }

  /// The row of the pair that is `age` steps old, from 0.
  private func index(_ age: Int) -> Int { (pairs - 1 - age) % LimitedMemoryBFGS.memory }

  private func findDirection(_ gradient: UnsafePointer<Double>, _ direction: UnsafeMutablePointer<Double>) {
    let memory = LimitedMemoryBFGS.memory
    let kept = min(pairs, memory)
    for i in 0..<count { direction[i] = -gradient[i] }
    guard kept > 0 else { return }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: memory) { factors in
      for age in 0..<kept {
        let (step, change) = (history.row(index(age)), history.row(memory + index(age)))
        let factor = DenseVector.dot(step, direction, count) / DenseVector.dot(step, change, count)
        factors[age] = factor
        DenseVector.add(-factor, change, to: direction, count)
      }
      let (step, change) = (history.row(index(0)), history.row(memory + index(0)))
      let scale = DenseVector.dot(step, change, count) / DenseVector.dot(change, change, count)
      for i in 0..<count { direction[i] *= scale }
      for age in stride(from: kept - 1, through: 0, by: -1) {
        let (step, change) = (history.row(index(age)), history.row(memory + index(age)))
        let factor =
          factors[age] - DenseVector.dot(change, direction, count) / DenseVector.dot(step, change, count)
        DenseVector.add(factor, step, to: direction, count)
      }
    }
  }

  private mutating func remember(
    _ point: UnsafePointer<Double>, _ gradient: UnsafePointer<Double>, _ next: UnsafePointer<Double>,
    _ nextGradient: UnsafePointer<Double>
  ) {
    let memory = LimitedMemoryBFGS.memory
    let (step, change) = (history.row(pairs % memory), history.row(memory + pairs % memory))
    for i in 0..<count {
      step[i] = next[i] - point[i]
      change[i] = nextGradient[i] - gradient[i]
    }
    // Only a pair of positive curvature keeps the approximation positive definite.
    if DenseVector.dot(step, change, count) > 1e-12 * DenseVector.dot(change, change, count) { pairs += 1 }
  }
}
