import System

/// The table by which SentencePiece normalises characters, such as NFKC with control characters taken out
/// (`precompiled_charsmap`): a double array over the UTF-8 of what is replaced, and the texts that replace it, each with
/// a NUL at its end. Every step through the array is checked, since a file may hold anything.
struct CharacterMap: ~Copyable {
  /// The file's bytes: the size of the array in bytes, the array, the texts. Empty: nothing is replaced.
  let bytes: GrowingArray<UInt8>
  /// The number of the array's units of 4 bytes.
  private let units: Int

  /// Copies a table. Fails where its parts do not fit.
  init(_ given: UnsafeBufferPointer<UInt8>) throws(Failure) {
    var bytes = GrowingArray<UInt8>()
    try bytes.append(contentsOf: given)
    units = try CharacterMap.units(bytes.view)
    self.bytes = bytes
  }

  private static func units(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int {
    guard !bytes.isEmpty else { return 0 }
    let size =
      bytes.count >= 4 ? Int(UnsafeRawBufferPointer(bytes).loadUnaligned(as: UInt32.self).littleEndian) : 0
    guard size >= 4, size.isMultiple(of: 4), size < bytes.count - 4, bytes[bytes.count - 1] == 0 else {
      throw Failure(
        .invalidVocabulary,
        "the table of characters (precompiled_charsmap) does not have the form of SentencePiece")
    }
    return size / 4
  }

  private func unit(_ index: Int) -> UInt32 {
    guard index < units else { return 0 }
    return UnsafeRawBufferPointer(bytes.view).loadUnaligned(fromByteOffset: 4 + 4 * index, as: UInt32.self)
      .littleEndian
  }

  /// The distance to a unit's children.
  private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }

  /// The longest text that is replaced, in bytes. Those of SentencePiece's own tables have 12 at most; without a bound
  /// a table could be read on to the text's end from each of its characters.
  static let maximumReplaced = 64

  /// The longest beginning of the text from `start` on that is replaced, and the place of its replacement; nil: none.
  /// Fails where the table has longer ones.
  func replacement(
    in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(Failure) -> (length: Int, place: Int)? {
    guard units > 0 else { return nil }
    var found: (length: Int, place: Int)?
    var node = CharacterMap.offset(unit(0))
    for position in start..<text.count {
      node ^= Int(text[position])
      let own = unit(node)
      guard own & 0x8000_00FF == UInt32(text[position]) else { break }
      guard position - start < CharacterMap.maximumReplaced else {
        throw Failure(
          .limit,
          "the table of characters (precompiled_charsmap) replaces texts of over \(CharacterMap.maximumReplaced) bytes"
        )
      }
      node ^= CharacterMap.offset(own)
      if own & 0x100 != 0 { found = (position - start + 1, Int(unit(node) & 0x7FFF_FFFF)) }
    }
    return found
  }

  /// The replacement at a place: the bytes up to the next NUL.
  func text(at place: Int) -> UnsafeBufferPointer<UInt8> {
    let start = 4 + 4 * units + place
    guard start < bytes.count else { return UnsafeBufferPointer(start: nil, count: 0) }
    let rest = bytes.view[start...]
    return UnsafeBufferPointer(rebasing: rest.prefix { $0 != 0 })
  }
}
