import System

/// Lower-casing as Python's `str.lower` does it: with full mappings (U+0130 becomes two scalars), and with a final
/// sigma where a capital sigma ends a word.
enum Lowercase {
  /// Appends the lower-case form of a text. Without `finalSigma` each character is taken by itself, as Rust's
  /// `char::to_lowercase` does it.
  static func append(
    _ scalars: UnsafeBufferPointer<UInt32>, finalSigma: Bool = true, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    for (index, value) in scalars.enumerated() {
      if value < 0x80 {
        try out.append((0x41...0x5A).contains(value) ? value + 0x20 : value)
      } else if value == 0x3A3 {
        try out.append(finalSigma && isFinalSigma(scalars, index) ? 0x3C2 : 0x3C3)
      } else if let properties = Unicode.Scalar(value)?.properties, properties.changesWhenLowercased {
        for scalar in properties.lowercaseMapping.unicodeScalars { try out.append(scalar.value) }
      } else {
        try out.append(value)
      }
    }
  }

  /// Whether the sigma at `index` is final (Unicode's Final_Sigma): a cased letter comes before it and none after it,
  /// case-ignorable characters skipped.
  private static func isFinalSigma(_ scalars: UnsafeBufferPointer<UInt32>, _ index: Int) -> Bool {
    isCased(scalars[..<index].last { !isCaseIgnorable($0) })
      && !isCased(scalars[(index + 1)...].first { !isCaseIgnorable($0) })
  }

  private static func isCaseIgnorable(_ value: UInt32) -> Bool {
    Unicode.Scalar(value)?.properties.isCaseIgnorable ?? false
  }

  private static func isCased(_ value: UInt32?) -> Bool {
    value.flatMap { Unicode.Scalar($0) }?.properties.isCased ?? false
  }
}
