import System
import Preprocess
import Text
import Weights

/// A preset in a file's metadata: each of its keys, read and written.
extension Preset {
  /// Takes the value of a key of a preset.
  mutating func read(_ key: String, _ value: String) throws(Failure) {
    switch key {
    case "resize": resize = try Preset.named(value, ResizeMode.allCases, \.name)
    case "sampling": sampling = try Preset.named(value, FrameChoice.allCases, \.name)
    case "short_side": shortSide = try ModelMetadata.number(value, ImageView.maximumSide)
    case "mean": mean = try Preset.threeNumbers(value)
    case "std": std = try Preset.threeNumbers(value)
    default: throw .invalid("is no key of a preset")
    }
  }

  /// Every key but "templates", which stands by itself.
  var entries: [(key: String, value: String)] {
    var entries = [("resize", resize.name)]
    if let shortSide { entries.append(("short_side", "\(shortSide)")) }
    // The shortest digits that give the same Float again.
    entries.append(("mean", "\(mean.0) \(mean.1) \(mean.2)"))
    entries.append(("std", "\(std.0) \(std.1) \(std.2)"))
    entries.append(("sampling", sampling.name))
    return entries
  }

  private static func named<T>(
    _ value: String, _ all: [T], _ name: (T) -> String
  ) throws(Failure) -> T {
    guard let found = all.first(where: { name($0) == value }) else {
      let names = all.map(name).joined(separator: ", ")
      throw .invalid("is \(quoted(value.utf8, limit: 40)), expected one of \(names)")
    }
    return found
  }

  private static func threeNumbers(
    _ value: String
  ) throws(Failure) -> (Float, Float, Float) {
    let words = value.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    let numbers = words.prefix(4).compactMap { (word) -> Float? in
      let length = word.count
      return length <= 32 && decimalLength(word, allowsZeros: true) == length ? Float(Substring(word)) : nil
    }
    guard words.count == 3, numbers.count == 3, numbers.allSatisfy(\.isFinite) else {
      throw .invalid(
        "is \(quoted(value.utf8, limit: 40)), expected three decimal numbers with a space between them, for "
          + "red, green and blue on the 0 to 1 scale")
    }
    return (numbers[0], numbers[1], numbers[2])
  }
}
