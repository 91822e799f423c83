/// Ranges of numbers as messages tell them.
enum BoundText {
  /// "0 to 10", or "above 0 to 1" and "0 to below 1" where a range ends beside a bound that it does not have.
  static func range(_ range: ClosedRange<Double>) -> String {
    let lower = range.lowerBound == .leastNormalMagnitude ? "above 0" : number(range.lowerBound)
    let isBelowWhole = range.upperBound.rounded() == range.upperBound.nextUp
    let upper = isBelowWhole ? "below \(number(range.upperBound.nextUp))" : number(range.upperBound)
    return "\(lower) to \(upper)"
  }

  /// A whole number without a fraction.
  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
