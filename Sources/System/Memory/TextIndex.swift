/// A hash index from the texts of a list to their positions. Texts are compared by their bytes, since Swift's strings
/// treat canonically equivalent spellings as equal. The hash seed is random per process, so that no crafted list is
/// slow; the order of slots reaches no result.
public struct TextIndex: ~Copyable, Sendable {
  /// Open addressing: each slot holds the text's position in the list + 1, or 0 if it is free. At most half full.
  private var slots = GrowingArray<Int>()
  private var used = 0

  public init() {}

  /// Indexes every text of a list. Of equal texts the first one is found.
  public init(_ texts: TextList) throws(Failure) {
    for index in 0..<texts.count { _ = try insert(index, of: texts) }
  }

  /// The position of a text in the indexed list; nil if the list does not have it.
  public func find(_ text: UnsafeBufferPointer<UInt8>, in texts: TextList) -> Int? {
    guard !slots.isEmpty else { return nil }
    let found = slots[slot(of: text, in: texts)]
    return found == 0 ? nil : found - 1
  }

  /// Adds the text at position `index` of the list; returns false if an equal text is there already.
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

  /// The slot that holds the text, or the free slot where it would go. The number of slots is a power of two.
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
