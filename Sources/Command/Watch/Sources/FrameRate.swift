import ArgumentParser

/// Frames a second as a fraction, 1/1000 to 1000.
struct FrameRate: ExpressibleByArgument, Equatable {
  let numerator: Int64
  let denominator: Int64

  static let thirty = FrameRate(numerator: 30, denominator: 1)

  private init(numerator: Int64, denominator: Int64) {
    (self.numerator, self.denominator) = (numerator, denominator)
  }

  init?(_ numerator: Int64, _ denominator: Int64) {
    guard (1...1_000_000_000).contains(numerator), (1...1_000_000_000).contains(denominator) else {
      return nil
    }
    guard numerator <= denominator * 1000, denominator <= numerator * 1000 else { return nil }
    self.init(numerator: numerator, denominator: denominator)
  }

  /// Reads "30", "29.97" with up to 6 decimals, or "30000/1001".
  init?(argument: String) {
    let fraction = argument.split(separator: "/", omittingEmptySubsequences: false)
    if fraction.count == 2 {
      guard let above = Int64(fraction[0]), let below = Int64(fraction[1]) else { return nil }
      self.init(above, below)
      return
    }
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? parts[1] : ""
    guard (1...2).contains(parts.count), decimals.utf8.count <= 6, decimals.allSatisfy(\.isWholeNumber),
      parts[0].utf8.count <= 4, let whole = Int64(parts[0]), let part = Int64("0" + decimals)
    else { return nil }
    let scale = decimals.utf8.reduce(1 as Int64) { scale, _ in scale * 10 }
    self.init(whole * scale + part, scale)
  }

  var perSecond: Double { Double(numerator) / Double(denominator) }

  /// When frame `number` is shown, in nanoseconds from frame 0, to the nearest; the largest number where it is beyond
  /// that.
  func stamp(ofFrame number: Int64) -> Int64 {
    let product = UInt64(clamping: number).multipliedFullWidth(by: UInt64(denominator) * 1_000_000_000)
    let (low, carry) = product.low.addingReportingOverflow(UInt64(numerator / 2))
    let high = product.high + (carry ? 1 : 0)
    guard high < UInt64(numerator) else { return .max }
    return Int64(clamping: UInt64(numerator).dividingFullWidth((high, low)).quotient)
  }
}
