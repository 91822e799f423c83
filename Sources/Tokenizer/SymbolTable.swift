import System

/// Spellings to ids, while a merge list is loaded: ids count up in the order of insertion.
/// Hashed with a per-process seed, so that no crafted list can make it slow.
struct SymbolTable: ~Copyable {
  private var text: GrowingArray<UInt8>
  /// Where each symbol's spelling ends in `text`; it starts where the one before ends.
  private var ends: GrowingArray<Int>
  /// Open addressing: id + 1, or 0 where free. At most half full.
  private var slots: GrowingArray<Int32>
  private let mask: Int

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

  /// The spelling of an id below `count`; valid until the next insertion.
  func spelling(of id: Int) -> UnsafeBufferPointer<UInt8> {
    let start = id == 0 ? 0 : ends[id - 1]
    return UnsafeBufferPointer(rebasing: text.view[start..<ends[id]])
  }

  func find(_ spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
    let slot = slot(for: spelling)
    return slots[slot] == 0 ? nil : slots[slot] - 1
  }

  /// The id given to `spelling`, or nil if it already has one. The caller inserts at most `capacity`.
  mutating func insert(_ spelling: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int32? {
    let slot = slot(for: spelling)
    guard slots[slot] == 0, ends.count * 2 < slots.count else { return nil }
    try text.append(contentsOf: spelling)
    try ends.append(text.count)
    let id = Int32(ends.count - 1)
    slots[slot] = id + 1
    return id
  }

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
