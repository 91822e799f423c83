extension SHA256 {
  /// A SHA-256 hash: 32 bytes, written as 64 hexadecimal digits.
  public struct Digest: Equatable, Sendable {
    /// The eight words H0 to H7 of the standard; the first byte of each is its most significant one.
    private let words: SIMD8<UInt32>

    init(words: SIMD8<UInt32>) { self.words = words }

    /// The 32 bytes of the hash.
    public var bytes: [UInt8] {
      words.indices.flatMap { word in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: words[word] >> UInt32($0)) }
      }
    }

    /// The hash as 64 hexadecimal digits in lower case.
    public var hexadecimal: String {
      let digits = Array("0123456789abcdef".utf8)
      let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }

    /// Reads a hash from 64 hexadecimal digits in either case; nil for any other text.
    public init?(hexadecimal text: some Collection<UInt8>) {
      guard text.count == 64 else { return nil }
      var words = SIMD8<UInt32>.zero
      for (index, character) in text.enumerated() {
        guard let digit = Self.value(of: character) else { return nil }
        words[index / 8] = words[index / 8] << 4 | digit
      }
      self.words = words
    }

    /// The value of a hexadecimal digit; nil for any other character.
    private static func value(of character: UInt8) -> UInt32? {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(character - UInt8(ascii: "a")) + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(character - UInt8(ascii: "A")) + 10
      default: nil
      }
    }
  }
}
