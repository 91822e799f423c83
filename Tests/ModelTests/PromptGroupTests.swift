import Numerics
import System
import Testing

@testable import Model

/// How much of its neighbours a prompt takes over.
struct PromptGroupTests {
  private static let (start, end): (Int32, Int32) = (48, 49)

  /// The rows of their own that prompts of these words get, in this order, in a group of `rows` rows.
  private func ownRows(
    _ prompts: [[Int32]], rows: Int = 100, pastLimit: Int = 100, isWhole: Bool = false
  ) throws -> [Int?] {
    let length = 8
    let tokens = prompts.flatMap { words -> [Int32] in
      let row = [Self.start] + words + [Self.end]
      return row + [Int32](repeating: 0, count: length - row.count)
    }
    return try tokens.withUnsafeBufferPointer { tokens in
      guard let base = tokens.baseAddress else { return [] }
      return try WorkspacePool().with { (workspace) throws(Failure) in
        try PromptGroup(workspace, contextLength: length, isWhole: isWhole, rows: rows, pastLimit: pastLimit)
      } run: { (empty) throws(Failure) in
        var group = empty
        group.clear()
        return prompts.indices.map { group.add(base + $0 * length)?.positions.count }
      }
    }
  }

  @Test func aPromptHasRowsOfItsOwnFromWhereItDiffers() throws {
    // Start, words and end; then the end alone, the last two, all but the start, all but start and 1.
    #expect(
      try ownRows([[1, 2, 3], [1, 2, 3], [1, 2, 4], [5, 2, 3], [5, 6], [5, 6, 7]]) == [5, 1, 2, 4, 2, 2])
  }

  @Test func promptsWhoseTokensAllSeeEachOtherShareNothing() throws {
    #expect(try ownRows([[1, 2, 3], [1, 2, 3], [1]], rows: 16, isWhole: true) == [8, 8, nil])
  }

  @Test func withoutRoomItBelongsToTheNextGroup() throws {
    #expect(try ownRows([[1, 2], [1, 3], [9, 9]], rows: 8) == [4, 2, nil])
    #expect(try ownRows([[1, 2], [1, 2], [1, 2]], pastLimit: 5) == [4, 1, nil])
  }

  @Test func theOrderIsThatOfADictionary() throws {
    let rows: [[Int32]] = [[3, 1], [1, 2], [3, 0], [1, 2], [0, 9], [2, 2]]
    var order = [Int](repeating: -1, count: rows.count)
    let tokens = rows.flatMap { $0 }
    try tokens.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      try TokenOrder(tokens: base, length: 2).sort(&order, count: rows.count)
    }
    #expect(order == [4, 1, 3, 5, 2, 0])
  }
}
