/// Stretches of time that do not overlap, in their order.
struct TimeRanges {
  private let ranges: [Range<Int64>]

  /// Joins stretches that overlap or touch.
  init(_ given: some Sequence<Range<Int64>>) {
    var joined: [Range<Int64>] = []
    for range in given.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    ranges = joined
  }

  var total: Double { ranges.reduce(0) { $0 + Double($1.upperBound - $1.lowerBound) } }

  /// The time that is in both.
  func shared(with other: TimeRanges) -> Double {
    var (total, first) = (0.0, 0)
    for range in ranges {
      while first < other.ranges.count, other.ranges[first].upperBound <= range.lowerBound { first += 1 }
      for candidate in other.ranges[first...] {
        guard candidate.lowerBound < range.upperBound else { break }
        let both = candidate.clamped(to: range)
        total += Double(both.upperBound - both.lowerBound)
      }
    }
    return total
  }
}
