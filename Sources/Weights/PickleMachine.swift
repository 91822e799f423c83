import System
import Text

/// The stack machine that runs a pickle's opcodes.
struct PickleMachine: ~Copyable {
  private var cursor: ByteCursor
  private var stack = GrowingArray<Int32>()
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

  /// Runs one opcode. It is one piece because it is the table of all opcodes that are read, one line or two for each.
  private mutating func step(_ opcode: UInt8, _ pickle: inout Pickle) throws(Failure) {
    switch opcode {
    case UInt8(ascii: "("):
      guard marks.count < Pickle.maximumDepth else {
        throw .limit("over \(Pickle.maximumDepth) nested MARKs")
      }
      try marks.append(Int32(stack.count))

    case UInt8(ascii: "N"): try push(PickleValue(kind: .none), &pickle)
    case 0x88, 0x89: try push(PickleValue(kind: .bool), &pickle)
    case UInt8(ascii: "J"): try push(integer: Int(cursor.integer(Int32.self)), &pickle)
    case UInt8(ascii: "K"): try push(integer: Int(cursor.integer(UInt8.self)), &pickle)
    case UInt8(ascii: "M"): try push(integer: Int(cursor.integer(UInt16.self)), &pickle)
    case 0x8A: try pushLong(count: Int(cursor.integer(UInt8.self)), &pickle)
    case UInt8(ascii: "G"):
      try cursor.skip(8)
      try push(PickleValue(kind: .float), &pickle)
    case 0x8B: try pushLong(count: Int(cursor.integer(Int32.self)), &pickle)
    case UInt8(ascii: "X"), UInt8(ascii: "T"):
      try pushString(count: Int(cursor.integer(UInt32.self)), &pickle)
    case UInt8(ascii: "U"), 0x8C: try pushString(count: Int(cursor.integer(UInt8.self)), &pickle)
    case 0x8D: try pushString(count: cursor.size64(), &pickle)
    case UInt8(ascii: "C"): try pushBytes(count: Int(cursor.integer(UInt8.self)), &pickle)
    case UInt8(ascii: "B"): try pushBytes(count: Int(cursor.integer(UInt32.self)), &pickle)
    case 0x8E, 0x96: try pushBytes(count: cursor.size64(), &pickle)

    case UInt8(ascii: ")"): try push(index: pickle.addTuple([]))
    case 0x85...0x87: try collectTuple(count: Int(opcode) - 0x84, &pickle)
    case UInt8(ascii: "t"): try collectTuple(count: itemsAboveMark(), &pickle)
    case UInt8(ascii: "]"): try push(PickleValue(kind: .list, a: -1, b: -1), &pickle)
    case UInt8(ascii: "}"): try push(PickleValue(kind: .dictionary, a: -1, b: -1), &pickle)

    case 0x8F: try push(PickleValue(kind: .set), &pickle)
    case 0x90: try addItems(count: itemsAboveMark(), &pickle)
    case 0x91:
      stack.removeLast(try itemsAboveMark())
      try push(PickleValue(kind: .set), &pickle)

    case UInt8(ascii: "a"): try appendItems(count: 1, &pickle)
    case UInt8(ascii: "e"): try appendItems(count: itemsAboveMark(), &pickle)
    case UInt8(ascii: "s"): try setItems(count: 2, &pickle)
    case UInt8(ascii: "u"): try setItems(count: itemsAboveMark(), &pickle)

    case UInt8(ascii: "h"): try recall(Int(cursor.integer(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(cursor.integer(UInt32.self)))
    case UInt8(ascii: "q"): try memorise(Int(cursor.integer(UInt8.self)))
    case UInt8(ascii: "r"): try memorise(Int(cursor.integer(UInt32.self)))
    case 0x94: try memorise(memoised)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): stack.removeLast(try itemsAboveMark())
    case 0x95: try beginFrame()

    case UInt8(ascii: "c"): try pushGlobal(&pickle)
    case 0x93: try pushStackGlobal(&pickle)
    case UInt8(ascii: "Q"):
      let identifier = try pop()
      try push(index: pickle.persistent(identifier))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      let callable = try pop()
      try push(index: pickle.reduce(callable, arguments, isNew: opcode == 0x81))
    case 0x92:
      let keywords = try pop()
      let arguments = try pop()
      let callable = try pop()
      var pairs = pickle.pairs(keywords)
      guard pickle.kind(callable) == .opaque || pairs != nil && pairs?.next() == nil else {
        throw .invalid("a call of \(pickle.describe(callable)) with arguments by name")
      }
      try push(index: pickle.reduce(callable, arguments, isNew: true))
    case 0x97, 0x98:
      throw .unsupported("the pickle's buffers were kept outside of it, which torch.save never does")
    case UInt8(ascii: "b"):
      let state = try pop()
      try pickle.build(top(), state)
    default:
      throw .unsupported(
        "opcode 0x\(hexadecimal([opcode])) is not one that torch writes")
    }
  }

  // MARK: - Stack

  private var floor: Int { marks.isEmpty ? 0 : Int(marks[marks.count - 1]) }

  private mutating func push(index: Int32) throws(Failure) {
    guard stack.count < Pickle.maximumStack else {
      throw .limit("over \(Pickle.maximumStack) values on the stack")
    }
    try stack.append(index)
  }

  private mutating func push(_ value: PickleValue, _ pickle: inout Pickle) throws(Failure) {
    try push(index: pickle.add(value))
  }

  private mutating func push(integer: Int, _ pickle: inout Pickle) throws(Failure) {
    try push(PickleValue(kind: .integer, a: integer), &pickle)
  }

  private func top() throws(Failure) -> Int {
    guard stack.count > floor else { throw .invalid("the stack is empty") }
    return Int(stack[stack.count - 1])
  }

  private mutating func pop() throws(Failure) -> Int {
    let index = try top()
    stack.removeLast()
    return index
  }

  /// Closes the last MARK; returns the number of values above it.
  private mutating func itemsAboveMark() throws(Failure) -> Int {
    guard !marks.isEmpty else { throw .invalid("there is no MARK") }
    let count = stack.count - floor
    marks.removeLast()
    return count
  }

  // MARK: - Opcodes

  /// Pushes an integer in little-endian two's complement. One longer than an Int is inert: no weight needs it.
  private mutating func pushLong(count: Int, _ pickle: inout Pickle) throws(Failure) {
    guard count >= 0 else { throw .invalid("a number of \(count) bytes") }
    let bytes = try cursor.slice(count)
    guard count <= 8 else { return try push(PickleValue(kind: .float), &pickle) }
    var value: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    try push(integer: Int(Int64(bitPattern: value)), &pickle)
  }

  private mutating func pushString(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let start = cursor.position
    try cursor.skip(count)
    try push(PickleValue(kind: .string, a: start, b: count), &pickle)
  }

  private mutating func pushBytes(count: Int, _ pickle: inout Pickle) throws(Failure) {
    try cursor.skip(count)
    try push(PickleValue(kind: .bytes), &pickle)
  }

  private mutating func pushGlobal(_ pickle: inout Pickle) throws(Failure) {
    let start = cursor.position
    let module = try cursor.line(atMost: Pickle.maximumGlobal)
    let name = try cursor.line(atMost: Pickle.maximumGlobal)
    try push(
      index: pickle.addGlobal(
        PickleName(
          moduleStart: start, moduleCount: module.count, nameStart: start + module.count + 1,
          nameCount: name.count)))
  }

  /// Runs STACK_GLOBAL, which takes the module and the name from the two strings on top of the stack.
  private mutating func pushStackGlobal(_ pickle: inout Pickle) throws(Failure) {
    let (name, module) = (pickle.values[try pop()], pickle.values[try pop()])
    guard name.kind == .string, module.kind == .string else {
      throw .invalid("a global whose module and name are not strings")
    }
    guard name.b <= Pickle.maximumGlobal, module.b <= Pickle.maximumGlobal else {
      throw .limit("the name of a global takes over \(Pickle.maximumGlobal) bytes")
    }
    try push(
      index: pickle.addGlobal(
        PickleName(moduleStart: module.a, moduleCount: module.b, nameStart: name.a, nameCount: name.b)))
  }

  /// Frames lie one after the other; strings too long for one lie between two.
  private mutating func beginFrame() throws(Failure) {
    let count = try cursor.size64()
    guard cursor.position >= frameEnd, count <= cursor.remaining else {
      throw .invalid(
        "a frame of \(count) bytes, of which \(cursor.remaining) are left, or within another frame")
    }
    frameEnd = cursor.position + count
  }

  private mutating func collectTuple(
    count: Int, _ pickle: inout Pickle
  ) throws(Failure) {
    let start = stack.count - count
    guard start >= floor else { throw .invalid("a tuple needs \(count) values on the stack") }
    let tuple = try pickle.addTuple(stack.buffer[start...])
    stack.removeLast(count)
    try push(index: tuple)
  }

  /// Runs APPEND or APPENDS. Values added to an inert object are dropped.
  private mutating func appendItems(
    count: Int, _ pickle: inout Pickle
  ) throws(Failure) {
    let target = try container(below: count)
    guard pickle.kind(target) == .list || pickle.kind(target) == .opaque else {
      throw .invalid("APPEND to \(pickle.describe(target))")
    }
    if pickle.kind(target) == .list {
      for item in stack.buffer[(stack.count - count)...] {
        try pickle.link(PickleCell(key: -1, value: item), to: target)
      }
    }
    stack.removeLast(count)
  }

  /// Runs ADDITEMS. Elements of a set are not kept.
  private mutating func addItems(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let target = try container(below: count)
    guard pickle.kind(target) == .set || pickle.kind(target) == .opaque else {
      throw .invalid("ADDITEMS to \(pickle.describe(target))")
    }
    stack.removeLast(count)
  }

  /// Runs SETITEM or SETITEMS.
  private mutating func setItems(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let target = try container(below: count)
    let kind = pickle.kind(target)
    guard kind == .dictionary || kind == .orderedDictionary || kind == .opaque else {
      throw .invalid("SETITEM on \(pickle.describe(target))")
    }
    guard count % 2 == 0 else { throw .invalid("SETITEMS with a key and no value") }
    if kind != .opaque {
      for position in stride(from: stack.count - count, to: stack.count, by: 2) {
        let cell = PickleCell(key: stack[position], value: stack[position + 1])
        try pickle.link(cell, to: target)
      }
    }
    stack.removeLast(count)
  }

  private func container(below count: Int) throws(Failure) -> Int {
    let position = stack.count - count - 1
    guard position >= floor else { throw .invalid("the stack is empty") }
    return Int(stack[position])
  }

  private mutating func memorise(_ key: Int) throws(Failure) {
    guard key < Pickle.maximumMemo else {
      throw .limit("memo number \(key) is beyond \(Pickle.maximumMemo)")
    }
    let value = try top()
    try memo.extend(to: key, filling: -1)
    if memo[key] < 0 { memoised += 1 }
    memo[key] = Int32(value)
  }

  private mutating func recall(_ key: Int) throws(Failure) {
    guard key < memo.count, memo[key] >= 0 else {
      throw .invalid("memo number \(key) was never set")
    }
    try push(index: memo[key])
  }
}
