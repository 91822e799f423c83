import System

/// A hash table from spellings to symbol ids, used while a merge list is loaded. Ids count up from 0 in the order of
/// insertion. The hash seed is random per process, so that no crafted list can make the table slow.
struct SymbolTable: ~Copyable {
  private var text: GrowingArray<UInt8>
  /// The end of each symbol's spelling in `text`; it begins where the previous one ends.
  private var ends: GrowingArray<Int>
  /// Open addressing: each slot holds an id + 1, or 0 if it is free. At most half full.
  private var slots: GrowingArray<Int32>
  private let mask: Int

  /// Makes a table for at most `capacity` symbols.
  init(capacity: Int) throws(Failure) {
    var size = 1024
    while size < capacity * 2 { size *= 2 }
    let text = try GrowingArray<UInt8>(capacity: capacity * 8)
    let ends = try GrowingArray<Int>(capacity: capacity)
    let slots = try GrowingArray<Int32>(repeating: 0, count: size)
    self.text = text
    self.ends = ends
    self.slots = slots
    mask = size - 1
  }

  var count: Int { ends.count }

  /// The spelling of the symbol `id`, which must be below `count`; valid until the next insertion.
  func spelling(of id: Int) -> UnsafeBufferPointer<UInt8> {
    let start = id == 0 ? 0 : ends[id - 1]
    return UnsafeBufferPointer(rebasing: text.view[start..<ends[id]])
  }

  /// The id of a spelling; nil if the table lacks it.
  func find(_ spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
    let slot = slot(for: spelling)
    return slots[slot] == 0 ? nil : slots[slot] - 1
  }

  /// Adds a spelling and returns its id; nil if it has one already, or if the table is full.
  mutating func insert(_ spelling: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int32? {
    let slot = slot(for: spelling)
    guard slots[slot] == 0, ends.count * 2 < slots.count else { return nil }
    try text.append(contentsOf: spelling)
    try ends.append(text.count)
    let id = Int32(ends.count - 1)
    slots[slot] = id + 1
    return id
  }

  /// Adds the 512 byte symbols, the first ones of every merge list.
  mutating func insertByteSymbols() throws(Failure) {
    for id in 0..<MergeList.byteSymbols {
      _ = try ByteAlphabet.spelling(of: id).withUnsafeBufferPointer { (spelling) throws(Failure) in
        try insert(spelling)
      }
    }
  }

  /// The slot that holds the spelling, or the free slot where it would go.
  private func slot(for spelling: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(spelling))
    var slot = hasher.finalize() & mask
    while slots[slot] != 0, !isSpelled(slots[slot] - 1, spelling) { slot = (slot + 1) & mask }
    return slot
  }

  private func isSpelled(_ id: Int32, _ spelling: UnsafeBufferPointer<UInt8>) -> Bool {
    let own = self.spelling(of: Int(id))
    return own.count == spelling.count && own.elementsEqual(spelling)
  }
}
