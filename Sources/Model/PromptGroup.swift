import Numerics

/// Prompts computed together. The mask is causal: where a prompt begins as the one before it, those
/// rows are the same, and it goes on from them with rows of its own.
struct PromptGroup {
  let tokens: UnsafePointer<Int32>  // [prompts, C]
  let contextLength: Int
  /// The most rows of its own that the group may have; at least C.
  let rows: Int
  /// The row of each position of the latest prompt, [C].
  let path: UnsafeMutablePointer<Int>
  let offsets: UnsafeMutablePointer<Int>  // [rows + 1]
  let places: UnsafeMutablePointer<Int>  // [rows + 1]
  let past: UnsafeMutablePointer<Int>  // [pastLimit]
  let pastLimit: Int

  private(set) var count = 0
  private(set) var latest: (tokens: UnsafePointer<Int32>, length: Int)?

  var sequences: Sequences {
    Sequences(offsets: offsets, count: count, before: .init(rows: past, places: places))
  }

  mutating func clear() {
    count = 0
    latest = nil
    offsets[0] = 0
    places[0] = 0
  }

  /// Positions of a prompt that got rows of their own, the first one `row`.
  struct Added {
    let tokens: UnsafePointer<Int32>
    let positions: Range<Int>
    let row: Int
  }

  /// Nil if there is no room for it; there always is for the first.
  mutating func add(_ prompt: Int) -> Added? {
    let own = tokens + prompt * contextLength
    let length = TextTransformer.length(own, contextLength)
    var shared = 0
    if let latest {
      // The last position is always computed: a prompt given twice has two results.
      let most = min(latest.length, length - 1)
      while shared < most, own[shared] == latest.tokens[shared] { shared += 1 }
    }
    let (row, place) = (offsets[count], places[count])
    guard row + length - shared <= rows, place + shared <= pastLimit else { return nil }
    for position in 0..<shared { past[place + position] = path[position] }
    for position in shared..<length { path[position] = row + position - shared }
    count += 1
    offsets[count] = row + length - shared
    places[count] = place + shared
    latest = (own, length)
    return Added(tokens: own, positions: shared..<length, row: row)
  }
}
