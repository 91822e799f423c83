/// The places of texts in a list, found by their bytes: as Swift strings, texts that are spelled in other characters would be one.
/// Hashed with a seed of the process, so that no list can be made to be slow; no order of it shows.
public struct TextIndex: ~Copyable, Sendable {
  /// Open addressing: the text's index + 1, or 0 where free. At most half full.
  private var slots = GrowingArray<Int>()
  private var used = 0

  public init() {}

  /// Indexes every text of a list. Equal texts are found at the first one's place.
  public init(_ texts: TextList) throws(Failure) {
    for index in 0..<texts.count { _ = try insert(index, of: texts) }
  }

  /// The index of a text in the list that the index was made of; nil if it is not there.
  public func find(_ text: UnsafeBufferPointer<UInt8>, in texts: TextList) -> Int? {
    guard !slots.isEmpty else { return nil }
    let found = slots[slot(of: text, in: texts)]
    return found == 0 ? nil : found - 1
  }

  /// Adds a text of the list; false if one like it is there already.
  public mutating func insert(_ index: Int, of texts: TextList) throws(Failure) -> Bool {
    if 2 * (used + 1) > slots.count { try grow(texts) }
    let slot = slot(of: texts[index], in: texts)
    guard slots[slot] == 0 else { return false }
    slots[slot] = index + 1
    used += 1
    return true
  }

  private mutating func grow(_ texts: TextList) throws(Failure) {
    var larger = GrowingArray<Int>()
    try larger.append(repeating: 0, count: max(64, 2 * slots.count))
    swap(&larger, &slots)
    for old in 0..<larger.count where larger[old] != 0 {
      slots[slot(of: texts[larger[old] - 1], in: texts)] = larger[old]
    }
  }

  /// Where the text is, or the free place where it would be. The number of slots is a power of two.
  private func slot(of text: UnsafeBufferPointer<UInt8>, in texts: TextList) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(text))
    var slot = hasher.finalize() & (slots.count - 1)
    while slots[slot] != 0, !texts[slots[slot] - 1].elementsEqual(text) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}
