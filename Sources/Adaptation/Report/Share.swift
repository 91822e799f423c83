/// A share of clips, with its 95% confidence interval. A clip counts once: of one with several views, the views that are
/// hits count their part, so the number of hits need not be whole.
public struct Share: Sendable, Equatable, BitwiseCopyable {
  public var hits: Double
  public var of: Double

  public init(hits: Double = 0, of: Double = 0) {
    self.hits = hits
    self.of = of
  }

  /// The share, in 0...1; 0 of no clips.
  public var value: Double { of > 0 ? hits / of : 0 }

  /// Wilson's score interval (E. B. Wilson, 1927), which stays inside 0...1 and holds for few clips too; 0...1 of no
  /// clips.
  public var interval: ClosedRange<Double> {
    guard of > 0 else { return 0...1 }
    let z = 1.959963984540054  // the normal distribution's 97.5% point
    let spread = z * z / of
    let centre = (value + spread / 2) / (1 + spread)
    let half = (max(value * (1 - value), 0) * spread + spread * spread / 4).squareRoot() / (1 + spread)
    return max(0, min(value, centre - half))...min(1, max(value, centre + half))
  }
}
