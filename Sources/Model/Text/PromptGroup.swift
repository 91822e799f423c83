import Numerics
import System

/// Prompts computed together. Where the mask is causal and a prompt begins as the one before it, those rows are the
/// same, and it goes on from them with rows of its own.
struct PromptGroup {
  let contextLength: Int
  /// Whether every prompt has all its C rows, and shares none, since all its tokens see each other.
  let isWhole: Bool
  /// The most rows of its own that the group may have; at least C.
  let rows: Int
  /// The row of each position of the latest prompt, [C].
  let path: UnsafeMutablePointer<Int>
  let offsets: UnsafeMutablePointer<Int>  // [rows + 1], of each prompt's own rows
  let pastOffsets: UnsafeMutablePointer<Int>  // [rows + 1], of each prompt's part of `past`
  let past: UnsafeMutablePointer<Int>  // [pastLimit], rows of earlier prompts
  let pastLimit: Int

  private(set) var count = 0
  private(set) var latest: (tokens: UnsafePointer<Int32>, length: Int)?

  /// Takes its memory from the workspace; `clear` makes it usable.
  init(
    _ workspace: Workspace, contextLength: Int, isWhole: Bool, rows: Int, pastLimit: Int
  ) throws(Failure) {
    self.contextLength = contextLength
    self.isWhole = isWhole
    self.rows = rows
    self.pastLimit = pastLimit
    path = try workspace.takeIntegers(contextLength)
    offsets = try workspace.takeIntegers(rows + 1)
    pastOffsets = try workspace.takeIntegers(rows + 1)
    past = try workspace.takeIntegers(pastLimit)
  }

  var sequences: Sequences {
    Sequences(offsets: offsets, count: count, before: .init(rows: past, offsets: pastOffsets))
  }

  /// Empties the group.
  mutating func clear() {
    count = 0
    latest = nil
    offsets[0] = 0
    pastOffsets[0] = 0
  }

  /// The positions of a prompt that got rows of their own, the first one `row`.
  struct Added {
    let tokens: UnsafePointer<Int32>
    let positions: Range<Int>
    let row: Int
  }

  /// Adds the prompt of these token ids [C]; nil if there is no room for it. There always is for the first.
  mutating func add(_ own: UnsafePointer<Int32>) -> Added? {
    let length = isWhole ? contextLength : TextTransformer.length(own, contextLength)
    var shared = 0
    if let latest, !isWhole {
      // The last position is always computed: a prompt given twice has two results.
      let most = min(latest.length, length - 1)
      while shared < most, own[shared] == latest.tokens[shared] { shared += 1 }
    }
    let (row, firstPast) = (offsets[count], pastOffsets[count])
    guard row + length - shared <= rows, firstPast + shared <= pastLimit else { return nil }
    for position in 0..<shared { past[firstPast + position] = path[position] }
    for position in shared..<length { path[position] = row + position - shared }
    count += 1
    offsets[count] = row + length - shared
    pastOffsets[count] = firstPast + shared
    latest = (own, length)
    return Added(tokens: own, positions: shared..<length, row: row)
  }
}
