import System

/// The direction that a search looks for: the weighted sum of some vectors, each scaled to unit length, scaled to unit
/// length itself.
public struct SearchQuery: ~Copyable {
  let numbers: GrowingArray<Float>  // [dimension]

  /// Joins `vectors` [count, dimension] by `weights` [count]; nil weights are 1. A weight below 0 takes a meaning away.
  public init(
    _ vectors: UnsafePointer<Float>, weights: UnsafePointer<Float>?, count: Int, dimension: Int
  ) throws(Failure) {
    let sums = try GrowingArray<Double>(repeating: 0, count: dimension)
    for index in 0..<count {
      let weight = Double(weights?[index] ?? 1)
      guard weight.isFinite else {
        throw .argument("weights[\(index)] is \(weight), expected a finite number")
      }
      let vector = vectors + index * dimension
      let length = SearchQuery.length(dimension) { Double(vector[$0]) }
      guard length.isFinite else { throw Failure(.notFinite, "vector \(index) holds NaN or infinity") }
      guard length > 0 else { throw .argument("vector \(index) is zero, so it has no direction") }
      for i in 0..<dimension { sums.base[i] += weight * (Double(vector[i]) / length) }
    }
    let length = SearchQuery.length(dimension) { sums.base[$0] }
    guard length > 1e-6 else {
      throw .argument("the vectors cancel each other out: nothing is left to search for")
    }
    guard length.isFinite else { throw .argument("the weights are too large") }
    numbers = try GrowingArray(uninitialized: dimension)
    for i in 0..<dimension { numbers.base[i] = Float(sums.base[i] / length) }
  }

  private static func length(_ count: Int, _ number: (Int) -> Double) -> Double {
    var square = 0.0
    for i in 0..<count { square += number(i) * number(i) }
    return square.squareRoot()
  }
}
