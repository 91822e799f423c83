import Numerics
import System

/// The weights of prompt templates in a score: each is 0 or more, and together they are 1.
public struct TemplateWeights: Sendable {
  private let numbers: FloatBuffer
  /// Whether all weights are the same, so that a score may have the bits of a plain mean.
  let areEqual: Bool

  /// Copies weights and divides them by their sum. Weights whose sum is 1 already keep their bits, so that those of a
  /// file that is saved and loaded again do. `name` is the argument or key that a message names.
  public init(_ given: UnsafeBufferPointer<Float>, name: String) throws(Failure) {
    var sum = 0.0
    for (index, weight) in given.enumerated() {
      guard weight.isFinite, weight >= 0 else {
        throw .argument("\(name)[\(index)] is \(weight), expected a finite number, 0 or more")
      }
      sum += Double(weight)
    }
    guard sum > 0 else { throw .argument("\(name): all are 0, expected at least one above 0") }
    numbers = try FloatBuffer(count: given.count)
    let divisor = abs(sum - 1) <= 1e-6 ? 1 : sum
    for (index, weight) in given.enumerated() { numbers.base[index] = Float(Double(weight) / divisor) }
    areEqual = given.allSatisfy { $0 == given.first }
  }

  public var count: Int { numbers.count }

  /// The weight at `index`, which must be in 0 ..< count.
  public subscript(index: Int) -> Float { numbers[index] }

  /// The weights for reading; valid for as long as this value is.
  public var view: UnsafeBufferPointer<Float> { UnsafeBufferPointer(numbers.buffer) }
}
