import ArgumentParser

/// An amount of memory, such as "4G", "512M" or "1.5 GB" with 1000 as the base, or a plain number of bytes.
struct MemorySize {
  /// At least 1.
  let bytes: Int64

  private static let units: [Character: Double] = ["k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12]

  init(argument: String) throws {
    let expected = ValidationError("expected an amount of memory such as 4G or 800M")
    guard let parts = argument.lowercased().wholeMatch(of: /([0-9]+(?:\.[0-9]+)?) ?([kmgt]?)b?/),
      let number = Double(parts.1)
    else { throw expected }
    let bytes = number * (parts.2.first.flatMap { MemorySize.units[$0] } ?? 1)
    guard bytes >= 1, bytes < 1e18 else { throw expected }
    self.bytes = Int64(bytes)
  }

  /// A number of bytes for people: "3.2 MB".
  static func text(_ bytes: Int64) -> String {
    var (number, unit) = (Double(bytes), 0)
    let names = ["bytes", "KB", "MB", "GB", "TB"]
    while number >= 999.5, unit < names.count - 1 { (number, unit) = (number / 1000, unit + 1) }
    return formatted(unit == 0 || number >= 99.95 ? "%.0f " : "%.1f ", number) + names[unit]
  }
}
