import Text

/// CLIP's printable characters for the 256 bytes. A merge list writes each byte that is printable in Latin-1 as
/// itself, and the others as U+0100, U+0101 and so on, in order. Vocabulary ids 0...255 follow the order "printable
/// bytes first, then the rest". Source: CLIP `bytes_to_unicode`.
enum ByteAlphabet {
  /// The 256 bytes in the order of their vocabulary ids.
  static let bytes: [UInt8] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    let rest = (0...255).filter { !printable.contains($0) }
    return (printable + rest).map { UInt8($0) }
  }()

  /// The vocabulary id of each byte inside a word; at the end of a word the id is 256 more.
  static let symbols: [Int32] = {
    var symbols = [Int32](repeating: 0, count: 256)
    for (id, byte) in bytes.enumerated() { symbols[Int(byte)] = Int32(id) }
    return symbols
  }()

  /// The suffix in the spelling of a symbol that ends a word.
  static let endOfWord: [UInt8] = Array("</w>".utf8)

  /// The UTF-8 spelling of the byte symbol `id`, 0...511.
  static func spelling(of id: Int) -> [UInt8] {
    let index = id % 256
    let printableCount = 188
    let scalar = index < printableCount ? UInt32(bytes[index]) : UInt32(256 + index - printableCount)
    var spelling: [UInt8] = []
    spelling.reserveCapacity(2 + endOfWord.count)
    UTF8Scalars.forEachByte(of: scalar) { spelling.append($0) }
    if id >= 256 { spelling += endOfWord }
    return spelling
  }
}
