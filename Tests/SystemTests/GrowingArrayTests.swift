import System
import Testing

/// Tests of arrays that grow, shrink and are refused memory.
struct GrowingArrayTests {
  @Test func growsByEveryKindOfAppending() throws {
    var array = GrowingArray<Int>()
    #expect(array.count == 0)
    for value in 0..<1000 { try array.append(value) }
    try [7, 8].withUnsafeBufferPointer { try array.append(contentsOf: $0) }
    try array.append(repeating: 9, count: 3)
    #expect(array.count == 1005)
    #expect(Array(array.view.suffix(6)) == [999, 7, 8, 9, 9, 9])
    array[0] = -1
    #expect(array[0] == -1 && array[999] == 999)
  }

  @Test func beginsWithElementsOrWithRoom() throws {
    let zeros = try GrowingArray<Float>(repeating: 0, count: 5)
    #expect(Array(zeros.view) == [0, 0, 0, 0, 0])
    let none = try GrowingArray<Float>(uninitialized: 0)
    #expect(none.count == 0)
    let room = try GrowingArray<UInt8>(capacity: 100)
    #expect(room.count == 0)
  }

  /// A copy may overlap its source, as in the inflater: elements just appended are copied too.
  @Test func appendsItsOwnEndThoughTheyOverlap() throws {
    var text = GrowingArray<UInt8>()
    try text.append("ab")
    try text.append(length: 5, fromEnd: 2)
    #expect(String(decoding: text.view, as: UTF8.self) == "abababa")
  }

  @Test func extendsToAnIndexOnce() throws {
    var array = GrowingArray<Int32>()
    try array.extend(to: 3, filling: -1)
    array[2] = 5
    try array.extend(to: 1, filling: 0)
    #expect(Array(array.view) == [-1, -1, 5, -1])
  }

  @Test func removesFromItsEnd() throws {
    var array = try GrowingArray<Int>(repeating: 1, count: 10)
    array.removeLast()
    #expect(array.count == 9)
    array.removeLast(4)
    array.removeLast(to: 3)
    #expect(array.count == 3)
    array.removeLast(100)
    #expect(array.count == 0)
  }

  @Test func countsWhatIsNotAbove() throws {
    var array = GrowingArray<Int32>()
    for value: Int32 in [1, 3, 3, 8] { try array.append(value) }
    #expect([0, 1, 3, 7, 8, 9].map { array.countNotAbove($0) } == [0, 1, 3, 3, 4, 4])
  }

  @Test func refusedMemoryIsAnErrorAndNothingIsLost() throws {
    var array = GrowingArray<UInt64>()
    try array.append(42)
    for count in [Int.max, Int.max / 16] {
      let error = #expect(throws: Failure.self) { try array.append(repeating: 0, count: count) }
      #expect(error?.kind == .outOfMemory)
    }
    #expect(array.count == 1 && array[0] == 42)
    #expect(throws: Failure.self) { _ = try GrowingArray<UInt8>(capacity: Int.max) }
    #expect(throws: Failure.self) { _ = try MemoryBlock(count: Int.max / 2, zeroed: true) }
  }

  @Test(arguments: [0, 1, 4096, 8 << 20]) func blocksAreZeroedAndOfTheirSize(count: Int) throws {
    let block = try MemoryBlock(count: count, zeroed: true)
    #expect(block.bytes.count == count)
    #expect(block.bytes.allSatisfy { $0 == 0 })
  }
}
