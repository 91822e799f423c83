import System
import Text

/// A pickle, interpreted without Python: a stack machine that only builds data.
///
/// Allowed are the opcodes that Python's pickler emits in protocols 2 to 5 (torch.save's default is 2), but for those
/// of extension registries and of buffers kept elsewhere. Nothing is ever called. A known global used as torch uses it
/// yields a dictionary, a storage or a tensor; any other global, and whatever is made of it, is an
/// inert opaque value. So a checkpoint may carry an optimizer, a configuration or training
/// history made of any classes, as long as no weight is one of them.
///
/// torch.jit.save writes the same opcodes, but a tree of objects; of those alone the attributes are kept, and only if
/// the archive is one of its own.
struct Pickle: ~Copyable {
  /// The function that wrote the pickle: torch.save or torch.jit.save.
  enum Form { case save, script }

  let form: Form
  /// The pickle's bytes. They are kept because strings are referred to by their offsets.
  private let block: ByteBlock
  private(set) var values = GrowingArray<PickleValue>()
  private(set) var elements = GrowingArray<Int32>()
  private(set) var cells = GrowingArray<PickleCell>()
  private(set) var tensors = GrowingArray<PickleTensor>()
  private(set) var storages = GrowingArray<PickleStorage>()
  private(set) var names = GrowingArray<PickleName>()
  private(set) var objects = GrowingArray<PickleObject>()
  /// The value the pickle stands for.
  private(set) var root = 0

  // A ViT-L/14 checkpoint with its Adam state takes some 100,000 steps.
  static let maximumSteps = 1_000_000
  static let maximumDepth = 64
  static let maximumMemo = 1_000_000
  static let maximumStack = 100_000
  static let maximumGlobal = 256

  init(_ block: ByteBlock, _ form: Form) throws(Failure) {
    self.block = block
    self.form = form
    var machine = PickleMachine(block.bytes)
    root = try machine.run(&self)
  }

  // MARK: - Reading

  var bytes: UnsafeRawBufferPointer { block.bytes }

  func kind(_ index: Int) -> PickleValue.Kind { values[index].kind }

  func string(_ index: Int) -> UnsafeRawBufferPointer? {
    let value = values[index]
    guard value.kind == .string else { return nil }
    return slice(value.a, value.b)
  }

  func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
  }

  /// The pairs of a dictionary, in the file's order; nil if it is none.
  func pairs(_ index: Int) -> PicklePairs? {
    let value = values[index]
    guard value.kind == .dictionary || value.kind == .orderedDictionary else { return nil }
    return PicklePairs(cells: cells.buffer, cell: value.a)
  }

  /// Integers of the element arena, where a tensor's shape and strides are.
  func integers(at start: Int, count: Int) -> [Int] {
    (start..<start + count).map { values[Int(elements[$0])].a }
  }

  func module(of name: Int) -> UnsafeRawBufferPointer {
    slice(names[name].moduleStart, names[name].moduleCount)
  }

  func name(of name: Int) -> UnsafeRawBufferPointer { slice(names[name].nameStart, names[name].nameCount) }

  /// "module.name", quoted.
  private func shown(_ name: Int) -> String {
    quoted(Array(module(of: name)) + [UInt8(ascii: ".")] + Array(self.name(of: name)))
  }

  /// Whether an opaque value was made by torch itself.
  func isTorchs(_ index: Int) -> Bool {
    values[index].kind == .opaque && module(of: values[index].a).starts(with: "torch".utf8)
  }

  /// Whether an opaque value is a tensor of a kind that is not read: quantized, sparse, complex.
  func standsForTensor(_ index: Int) -> Bool {
    let value = values[index]
    guard value.kind == .opaque else { return false }
    let module = module(of: value.a)
    return module.elementsEqual("torch._utils".utf8)
      || module.elementsEqual("torch".utf8) && name(of: value.a).suffix(7).elementsEqual("Storage".utf8)
  }

  /// The state of an object; nil if it has none.
  func state(of index: Int) -> Int? {
    guard values[index].kind == .object else { return nil }
    let state = objects[values[index].a].state
    return state < 0 ? nil : Int(state)
  }

  /// The kind of a value, for messages.
  func describe(_ index: Int) -> String {
    let value = values[index]
    switch value.kind {
    case .none: return "None"
    case .bool: return "a bool"
    case .integer: return "an integer"
    case .float: return "a float"
    case .string: return "a string"
    case .bytes: return "bytes"
    case .set: return "a set"
    case .tuple: return "a tuple"
    case .list: return "a list"
    case .dictionary, .orderedDictionary: return "a dict"
    case .tensor: return "a tensor"
    case .storage: return "a storage"
    case .global: return "a function or class"
    case .opaque: return "an object of \(shown(value.a))"
    case .object: return "an object of \(shown(objects[value.a].type))"
    }
  }

  // MARK: - Building, for the machine

  mutating func add(_ value: PickleValue) throws(Failure) -> Int32 {
    try values.append(value)
    return Int32(values.count - 1)
  }

  mutating func addTuple(_ parts: some Collection<Int32>) throws(Failure) -> Int32 {
    var depth: UInt8 = 0
    let start = elements.count
    for part in parts {
      depth = max(depth, values[Int(part)].depth)
      try elements.append(part)
    }
    return try add(
      PickleValue(kind: .tuple, depth: deeper(depth), a: start, b: elements.count - start))
  }

  mutating func addTensor(_ tensor: PickleTensor) throws(Failure) -> Int32 {
    try tensors.append(tensor)
    return try add(PickleValue(kind: .tensor, a: tensors.count - 1))
  }

  mutating func addStorage(_ storage: PickleStorage) throws(Failure) -> Int32 {
    try storages.append(storage)
    return try add(PickleValue(kind: .storage, a: storages.count - 1))
  }

  /// A global: a known one, or an opaque value.
  mutating func addGlobal(_ name: PickleName) throws(Failure) -> Int32 {
    let (module, own) = (slice(name.moduleStart, name.moduleCount), slice(name.nameStart, name.nameCount))
    if let code = PickleGlobal.code(module, own) { return try add(PickleValue(kind: .global, a: code)) }
    try names.append(name)
    return try add(PickleValue(kind: .opaque, a: names.count - 1))
  }

  /// Adds an object of a class that is not known here; `type` is the index of the opaque value for the class.
  mutating func addObject(_ type: PickleValue) throws(Failure) -> Int32 {
    try objects.append(PickleObject(type: type.a))
    return try add(PickleValue(kind: .object, a: objects.count - 1))
  }

  /// BUILD. The attributes of an OrderedDict or an inert object are not needed, and not kept.
  mutating func build(_ target: Int, _ state: Int) throws(Failure) {
    switch kind(target) {
    case .orderedDictionary, .opaque: return
    case .object:
      var value = values[target]
      guard objects[value.a].state < 0 else { throw .invalid("a second BUILD on \(describe(target))") }
      value.depth = max(value.depth, try deeper(values[state].depth))
      values[target] = value
      objects[value.a].state = Int32(state)
    default: throw .invalid("BUILD on \(describe(target))")
    }
  }

  /// Appends to a list (`key` -1) or a dictionary.
  mutating func link(_ cell: PickleCell, to container: Int) throws(Failure) {
    var value = values[container]
    var depth = values[Int(cell.value)].depth
    if cell.key >= 0 { depth = max(depth, values[Int(cell.key)].depth) }
    value.depth = max(value.depth, try deeper(depth))
    try cells.append(cell)
    let index = cells.count - 1
    if value.b >= 0 { cells[value.b].next = Int32(index) } else { value.a = index }
    value.b = index
    values[container] = value
  }

  private func deeper(_ depth: UInt8) throws(Failure) -> UInt8 {
    guard depth < Pickle.maximumDepth else {
      throw .limit("data.pkl nests objects deeper than \(Pickle.maximumDepth)")
    }
    return depth + 1
  }
}

/// Walks the cells of a dictionary of a pickle, which must outlive it.
struct PicklePairs: Sequence, IteratorProtocol {
  fileprivate let cells: UnsafeMutableBufferPointer<PickleCell>
  fileprivate var cell: Int

  mutating func next() -> (key: Int, value: Int)? {
    guard cell >= 0 else { return nil }
    let cell = cells[cell]
    self.cell = Int(cell.next)
    return (Int(cell.key), Int(cell.value))
  }
}
