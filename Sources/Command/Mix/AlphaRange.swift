import ArgumentParser

/// Shares of the second model's weights: one, such as 0.5, or from:to:step, such as 0:1:0.1.
struct AlphaRange: CustomStringConvertible {
  /// Ascending, each 0 to 1.
  let values: [Double]

  private static let most = 1000

  init(argument: String) throws {
    let expected = ValidationError("expected a number from 0 to 1, or from:to:step such as 0:1:0.1")
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    let numbers = parts.compactMap { $0 }
    guard numbers.count == parts.count, numbers.allSatisfy({ (0...1).contains($0) }) else { throw expected }
    switch numbers.count {
    case 1: values = numbers
    case 3:
      let (first, last, step) = (numbers[0], numbers[1], numbers[2])
      guard first <= last, step > 0, (last - first) / step <= Double(AlphaRange.most) else { throw expected }
      // A little more than the last, so that 0:1:0.1 has 1.
      let count = Int(((last - first) / step + 1e-9).rounded(.down)) + 1
      values = (0..<count).map { min(last, first + Double($0) * step) }
    default: throw expected
    }
  }

  var description: String { values.map { formatted("%g", $0) }.joined(separator: ", ") }
}
