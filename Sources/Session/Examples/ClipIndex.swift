import System

/// A hash index from the ids of clips to their positions. The hash seed is random per process, so that no crafted ids
/// are slow; the order of slots reaches no result.
struct ClipIndex: ~Copyable, Sendable {
  /// Open addressing: each slot holds a clip's position + 1, or 0 if it is free. At most half full.
  private var slots = GrowingArray<Int>()

  /// Indexes clips, whose ids differ from each other.
  init(_ clips: borrowing GrowingArray<ExampleClip>) throws(Failure) {
    var size = 64
    while size < 2 * (clips.count + 1) { size *= 2 }
    slots = try GrowingArray(repeating: 0, count: size)
    for clip in 0..<clips.count { slots[slot(of: clips[clip].id, in: clips)] = clip + 1 }
  }

  /// An index of the same clips.
  init(copying other: borrowing ClipIndex) throws(Failure) {
    try slots.append(contentsOf: other.slots.view)
  }

  /// The position of the clip with an id; nil if there is none.
  func find(_ id: Int64, in clips: borrowing GrowingArray<ExampleClip>) -> Int? {
    let found = slots[slot(of: id, in: clips)]
    return found == 0 ? nil : found - 1
  }

  /// Adds the last of the clips.
  mutating func insertLast(of clips: borrowing GrowingArray<ExampleClip>) throws(Failure) {
    if 2 * clips.count > slots.count {
      self = try ClipIndex(clips)
    } else {
      slots[slot(of: clips[clips.count - 1].id, in: clips)] = clips.count
    }
  }

  /// The slot that holds the clip, or the free slot where it would go. The number of slots is a power of two.
  private func slot(of id: Int64, in clips: borrowing GrowingArray<ExampleClip>) -> Int {
    var hasher = Hasher()
    hasher.combine(id)
    var slot = hasher.finalize() & (slots.count - 1)
    while slots[slot] != 0, clips[slots[slot] - 1].id != id { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }
}
