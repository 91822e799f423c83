/// Writes pickles opcode by opcode.
struct PickleBuilder {
  var bytes: [UInt8] = [0x80, 2]

  static func pickle(_ body: (inout PickleBuilder) -> Void) -> [UInt8] {
    var builder = PickleBuilder()
    body(&builder)
    return builder.bytes + Array(".".utf8)
  }

  mutating func op(_ opcode: Character) { bytes.append(opcode.asciiValue ?? 0) }
  mutating func raw(_ more: [UInt8]) { bytes += more }
  mutating func string(_ text: String) { bytes += [0x58] + UInt32(text.utf8.count).bytes + Array(text.utf8) }
  mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

  /// As torch does: the smallest opcode that holds it.
  mutating func integer(_ value: Int) {
    switch value {
    case 0..<256: bytes += [0x4B, UInt8(value)]
    case 256..<65536: bytes += [0x4D] + UInt16(value).bytes
    case -0x8000_0000..<0x8000_0000: bytes += [0x4A] + Int32(value).bytes
    default: bytes += [0x8A, 8] + Int64(value).bytes
    }
  }

  mutating func tuple(_ values: [Int]) {
    op("(")
    for value in values { integer(value) }
    op("t")
  }

  mutating func storage(_ key: String, _ type: String, _ count: Int, location: String = "cpu") {
    op("(")
    string("storage")
    global("torch", type)
    string(key)
    string(location)
    integer(count)
    op("t")
    op("Q")
  }

  mutating func tensor(
    _ key: String, _ type: String = "FloatStorage", count: Int, offset: Int = 0, _ shape: [Int],
    _ strides: [Int], location: String = "cpu"
  ) {
    global("torch._utils", "_rebuild_tensor_v2")
    op("(")
    storage(key, type, count, location: location)
    integer(offset)
    tuple(shape)
    tuple(strides)
    raw([0x89])
    global("collections", "OrderedDict")
    op(")")
    op("R")
    op("t")
    op("R")
  }

  mutating func dictionary(_ body: (inout PickleBuilder) -> Void) {
    op("}")
    op("(")
    body(&self)
    op("u")
  }
}

extension PickleBuilder {
  /// The tensor of `oneRecord`.
  mutating func onePair() { tensor("0", count: 2, [2], [1]) }

  mutating func object(
    _ name: String, module: String = "__torch__", _ attributes: (inout PickleBuilder) -> Void
  ) {
    global(module, name)
    op(")")
    raw([0x81])
    dictionary(attributes)
    op("b")
  }

  /// A call with one argument.
  mutating func built(_ module: String, _ name: String, _ argument: (inout PickleBuilder) -> Void) {
    global(module, name)
    argument(&self)
    raw([0x85])
    op("R")
  }
}
