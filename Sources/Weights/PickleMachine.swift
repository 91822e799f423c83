import System
import Text

/// The stack machine that runs a pickle's opcodes.
struct PickleMachine: ~Copyable {
  var cursor: ByteCursor
  private(set) var stack = GrowingArray<Int32>()
  /// Heights of the stack at each open MARK; nothing below the last one may be popped.
  private var marks = GrowingArray<Int32>()
  private var memo = GrowingArray<Int32>()
  /// The memo entry that the next MEMOIZE sets: the number of entries set so far.
  private var memoised = 0
  /// The offset at which the frame that is being read ends.
  private var frameEnd = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    cursor = ByteCursor(bytes, subject: "data.pkl")
  }

  /// Runs the opcodes up to STOP; returns the index of the one value left on the stack.
  mutating func run(_ pickle: inout Pickle) throws(Failure) -> Int {
    guard try cursor.integer(UInt8.self) == 0x80 else {
      throw .invalid("data.pkl does not begin with a pickle's PROTO opcode")
    }
    let version = try cursor.integer(UInt8.self)
    guard (2...5).contains(version) else {
      throw .unsupported(
        "data.pkl uses pickle protocol \(version); 2 to 5 are read; save it again: "
          + TorchAdvice.saveAgain("torch.load('old.pt', \(TorchAdvice.arguments))"))
    }
    var steps = 0
    while true {
      steps += 1
      guard steps <= Pickle.maximumSteps else {
        throw .limit("data.pkl has over \(Pickle.maximumSteps) opcodes")
      }
      let offset = cursor.position
      let opcode = try cursor.integer(UInt8.self)
      if opcode == UInt8(ascii: ".") { break }
      do throws(Failure) {
        let end = frameEnd
        try step(opcode, &pickle)
        // Python's readers stop there too.
        guard offset >= end || cursor.position <= end else {
          throw .invalid("an opcode crosses its frame's end")
        }
      } catch { throw error.about("data.pkl offset \(offset)") }
    }
    guard stack.count == 1, marks.isEmpty else {
      throw .invalid("data.pkl leaves \(stack.count) values at its end instead of 1")
    }
    guard cursor.remaining == 0 else {
      throw .invalid("data.pkl goes on for \(cursor.remaining) bytes after its end")
    }
    return Int(stack[0])
  }

  /// Runs one opcode, by the table that knows it.
  private mutating func step(_ opcode: UInt8, _ pickle: inout Pickle) throws(Failure) {
    if try pushScalar(opcode, &pickle) { return }
    if try moveValues(opcode) { return }
    if try fillContainer(opcode, &pickle) { return }
    if try makeObject(opcode, &pickle) { return }
    throw .unsupported("opcode 0x\(hexadecimal([opcode])) is not one that torch writes")
  }

  // MARK: - Stack

  var floor: Int { marks.isEmpty ? 0 : Int(marks[marks.count - 1]) }

  mutating func push(index: Int32) throws(Failure) {
    guard stack.count < Pickle.maximumStack else {
      throw .limit("over \(Pickle.maximumStack) values on the stack")
    }
    try stack.append(index)
  }

  mutating func push(_ value: PickleValue, _ pickle: inout Pickle) throws(Failure) {
    try push(index: pickle.add(value))
  }

  mutating func push(integer: Int, _ pickle: inout Pickle) throws(Failure) {
    try push(PickleValue(kind: .integer, a: integer), &pickle)
  }

  func top() throws(Failure) -> Int {
    guard stack.count > floor else { throw .invalid("the stack is empty") }
    return Int(stack[stack.count - 1])
  }

  mutating func pop() throws(Failure) -> Int {
    let index = try top()
    stack.removeLast()
    return index
  }

  /// Closes the last MARK; returns the number of values above it.
  mutating func itemsAboveMark() throws(Failure) -> Int {
    guard !marks.isEmpty else { throw .invalid("there is no MARK") }
    let count = stack.count - floor
    marks.removeLast()
    return count
  }

  /// Runs MARK.
  mutating func openMark() throws(Failure) {
    guard marks.count < Pickle.maximumDepth else {
      throw .limit("over \(Pickle.maximumDepth) nested MARKs")
    }
    try marks.append(Int32(stack.count))
  }

  /// Drops the topmost values, which lie above the last MARK.
  mutating func drop(_ count: Int) { stack.removeLast(count) }

  // MARK: - Memo and frames

  /// Keeps the topmost value under a number; nil: the number of entries so far.
  mutating func memorise(_ number: Int?) throws(Failure) {
    let key = number ?? memoised
    guard key < Pickle.maximumMemo else {
      throw .limit("memo number \(key) is beyond \(Pickle.maximumMemo)")
    }
    let value = try top()
    try memo.extend(to: key, filling: -1)
    if memo[key] < 0 { memoised += 1 }
    memo[key] = Int32(value)
  }

  mutating func recall(_ key: Int) throws(Failure) {
    guard key < memo.count, memo[key] >= 0 else {
      throw .invalid("memo number \(key) was never set")
    }
    try push(index: memo[key])
  }

  /// Frames lie one after the other; strings too long for one lie between two.
  mutating func beginFrame() throws(Failure) {
    let count = try cursor.size64()
    guard cursor.position >= frameEnd, count <= cursor.remaining else {
      throw .invalid(
        "a frame of \(count) bytes, of which \(cursor.remaining) are left, or within another frame")
    }
    frameEnd = cursor.position + count
  }
}
