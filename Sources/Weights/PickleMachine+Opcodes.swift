import System

/// The tables of the opcodes that are read, by kinds. Each runs an opcode of its kind and says whether it was one.
extension PickleMachine {
  /// Numbers, texts, bytes and None.
  mutating func pushScalar(_ opcode: UInt8, _ pickle: inout Pickle) throws(Failure) -> Bool {
    switch opcode {
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
    default: return false
    }
    return true
  }

  /// The stack, its marks, the memo and frames.
  mutating func moveValues(_ opcode: UInt8) throws(Failure) -> Bool {
    switch opcode {
    case UInt8(ascii: "("): try openMark()
    case UInt8(ascii: "h"): try recall(Int(cursor.integer(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(cursor.integer(UInt32.self)))
    case UInt8(ascii: "q"): try memorise(Int(cursor.integer(UInt8.self)))
    case UInt8(ascii: "r"): try memorise(Int(cursor.integer(UInt32.self)))
    case 0x94: try memorise(nil)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): drop(try itemsAboveMark())
    case 0x95: try beginFrame()
    default: return false
    }
    return true
  }

  /// Tuples, lists, dictionaries and sets, and adding to them.
  mutating func fillContainer(_ opcode: UInt8, _ pickle: inout Pickle) throws(Failure) -> Bool {
    switch opcode {
    case UInt8(ascii: ")"): try push(index: pickle.addTuple([]))
    case 0x85...0x87: try collectTuple(count: Int(opcode) - 0x84, &pickle)
    case UInt8(ascii: "t"): try collectTuple(count: itemsAboveMark(), &pickle)
    case UInt8(ascii: "]"): try push(PickleValue(kind: .list, a: -1, b: -1), &pickle)
    case UInt8(ascii: "}"): try push(PickleValue(kind: .dictionary, a: -1, b: -1), &pickle)
    case 0x8F: try push(PickleValue(kind: .set), &pickle)
    case 0x90: try addItems(count: itemsAboveMark(), &pickle)
    case 0x91:
      drop(try itemsAboveMark())
      try push(PickleValue(kind: .set), &pickle)
    case UInt8(ascii: "a"): try appendItems(count: 1, &pickle)
    case UInt8(ascii: "e"): try appendItems(count: itemsAboveMark(), &pickle)
    case UInt8(ascii: "s"): try setItems(count: 2, &pickle)
    case UInt8(ascii: "u"): try setItems(count: itemsAboveMark(), &pickle)
    default: return false
    }
    return true
  }

  /// Globals, calls of them, and the state of what they made.
  mutating func makeObject(_ opcode: UInt8, _ pickle: inout Pickle) throws(Failure) -> Bool {
    switch opcode {
    case UInt8(ascii: "c"): try pushGlobal(&pickle)
    case 0x93: try pushStackGlobal(&pickle)
    case UInt8(ascii: "Q"):
      let identifier = try pop()
      try push(index: pickle.persistent(identifier))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      let callable = try pop()
      try push(index: pickle.reduce(callable, arguments, isNew: opcode == 0x81))
    case 0x92: try callByName(&pickle)
    case 0x97, 0x98:
      throw .unsupported("the pickle's buffers were kept outside of it, which torch.save never does")
    case UInt8(ascii: "b"):
      let state = try pop()
      try pickle.build(top(), state)
    default: return false
    }
    return true
  }

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

  /// Runs NEWOBJ_EX, a call with arguments by name, which may be none.
  private mutating func callByName(_ pickle: inout Pickle) throws(Failure) {
    let keywords = try pop()
    let arguments = try pop()
    let callable = try pop()
    var pairs = pickle.pairs(keywords)
    guard pickle.kind(callable) == .opaque || pairs != nil && pairs?.next() == nil else {
      throw .invalid("a call of \(pickle.describe(callable)) with arguments by name")
    }
    try push(index: pickle.reduce(callable, arguments, isNew: true))
  }
}
