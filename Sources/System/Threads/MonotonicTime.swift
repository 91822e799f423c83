import Glibc

/// A moment of the system's monotonic clock, which no change of the time of day moves.
public struct MonotonicTime: Sendable, Comparable {
  /// Nanoseconds since some moment before the process began.
  private let nanoseconds: Int64

  public static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The moment so many nanoseconds later; the end of time if there is none.
  public func advanced(by nanoseconds: Int64) -> MonotonicTime {
    let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return MonotonicTime(nanoseconds: overflow ? Int64.max : sum)
  }

  /// Nanoseconds from another moment to this one, negative if that is later.
  public func since(_ other: MonotonicTime) -> Int64 { nanoseconds - other.nanoseconds }

  var time: timespec {
    timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }

  public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }
}
