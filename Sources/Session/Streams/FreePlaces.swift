import System

/// The places, 0 ..< count, that are free: at first all of them.
struct FreePlaces: ~Copyable {
  private var free: GrowingArray<Int32>

  /// - Parameter count: fits Int32.
  init(count: Int) throws(Failure) {
    free = try GrowingArray(uninitialized: count)
    for place in 0..<count { free.base[place] = Int32(count - 1 - place) }
  }

  /// Takes a free place; nil if all are in use.
  mutating func take() -> Int32? {
    guard !free.isEmpty else { return nil }
    defer { free.removeLast() }
    return free[free.count - 1]
  }

  /// Gives a place back that was taken.
  mutating func give(_ place: Int32) {
    // There is room, since the place was among the free ones before, so nothing is refused.
    try? free.append(place)
  }
}
