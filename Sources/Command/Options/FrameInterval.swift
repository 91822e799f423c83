import ArgumentParser

/// The time from frame to frame of a model's videos, as seconds in decimal digits: exact in nanoseconds.
struct FrameInterval: ExpressibleByArgument {
  /// Nanoseconds; -1: none.
  let code: Int64

  /// Seconds with at most 9 digits after the point, up to a day, or "none".
  init?(argument: String) {
    if argument == "none" {
      code = -1
      return
    }
    let parts = argument.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let digits = parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }
    guard digits, (1...2).contains(parts.count), parts[0].count <= 5, parts.count == 1 || parts[1].count <= 9
    else { return nil }
    let fraction = parts.count == 2 ? String(Substring(parts[1])) : ""
    let padded = fraction + String(repeating: "0", count: 9 - fraction.utf8.count)
    guard let nanoseconds = Int64(String(Substring(parts[0])) + padded),
      (1...86_400_000_000_000).contains(nanoseconds)
    else { return nil }
    code = nanoseconds
  }

  /// Nanoseconds above 0 as seconds in the fewest digits: "0.36".
  static func text(_ nanoseconds: Int64) -> String {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    guard rest > 0 else { return "\(seconds)" }
    var digits = Substring(String(1_000_000_000 + rest).dropFirst())
    while digits.last == "0" { digits.removeLast() }
    return "\(seconds).\(digits)"
  }
}
