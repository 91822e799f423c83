import Glibc

/// The times at which queued frames arrived, by their numbers among all pushed frames.
struct Arrivals {
  private var times: [(push: Int64, time: Int64)] = []
  /// Beyond so many frames without a window, the oldest are forgotten.
  private static let most = 4096

  mutating func add(_ push: Int64, _ time: Int64) {
    if times.count >= Arrivals.most { times.removeFirst(Arrivals.most / 2) }
    times.append((push, time))
  }

  /// Forgets the latest frame, which was not queued.
  mutating func forget(_ push: Int64) {
    if times.last?.push == push { times.removeLast() }
  }

  /// The time at which a frame arrived; this frame and those before it are forgotten.
  mutating func take(_ push: Int64) -> Int64? {
    let past = times.prefix { $0.push <= push }
    defer { times.removeFirst(past.count) }
    return past.last.flatMap { $0.push == push ? $0.time : nil }
  }
}

/// How long it takes from a frame's arrival to the output of the window that ends with it: a count of times in steps
/// of 2 %.
struct Latency {
  private var counts: [Int] = []
  private var total = 0
  private static let step = 0.02

  mutating func add(nanoseconds: Int64) {
    let place = Int((log(max(1, Double(nanoseconds) / 1e4)) / Latency.step).rounded())  // from 10 µs on
    if place >= counts.count { counts += [Int](repeating: 0, count: place + 1 - counts.count) }
    counts[place] += 1
    total += 1
  }

  /// Milliseconds that `share` of the times do not exceed; nil without any time.
  func milliseconds(_ share: Double) -> Double? {
    guard total > 0 else { return nil }
    var left = Int((share * Double(total)).rounded(.up))
    for (place, count) in counts.enumerated() {
      left -= count
      if left <= 0 { return exp(Double(place) * Latency.step) / 100 }
    }
    return nil
  }

  /// ", latency p50 31 ms, p99 80 ms", or nothing without any time.
  var text: String {
    guard let half = milliseconds(0.5), let most = milliseconds(0.99) else { return "" }
    return formatted(", latency p50 %.3g ms, p99 %.3g ms", half, most)
  }
}
