import System

/// The effect of calling known globals. Python would call them; here their arguments are checked and recorded.
extension Pickle {
  /// Runs REDUCE or NEWOBJ.
  mutating func reduce(
    _ callable: Int, _ arguments: Int, isNew: Bool
  ) throws(Failure) -> Int32 {
    let value = values[callable]
    if form == .script, value.kind == .opaque {
      if isNew, isDefinedByArchive(value) { return try addObject(value) }
      // TorchScript writes an enum's value for the arguments of its call.
      return try add(PickleValue(kind: .opaque, a: value.a))
    }
    guard kind(arguments) == .tuple else {
      throw .invalid("a call with \(describe(arguments)) for arguments")
    }
    let start = values[arguments].a
    let count = values[arguments].b
    if value.kind == .opaque { return try add(PickleValue(kind: .opaque, a: value.a)) }
    guard value.kind == .global, let global = PickleGlobal(code: value.a) else {
      throw .invalid("a call of \(describe(callable))")
    }
    switch global {
    case .orderedDict:
      guard count == 0 else { throw .invalid("OrderedDict with arguments") }
      return try add(PickleValue(kind: .orderedDictionary, a: -1, b: -1))
    case .rebuildTensor where !isNew:
      return try rebuildTensor(start, count)
    case .rebuildParameter where !isNew:
      guard count == 3 else { throw .invalid("_rebuild_parameter with \(count) arguments") }
      let data = elements[start]
      guard kind(Int(data)) == .tensor || kind(Int(data)) == .opaque else {
        throw .invalid("_rebuild_parameter of \(describe(Int(data)))")
      }
      return data
    case .size:
      guard count == 1, kind(Int(elements[start])) == .tuple else {
        throw .invalid("torch.Size of something other than a tuple")
      }
      return elements[start]
    default:
      throw .invalid("a call that torch.save does not write")
    }
  }

  /// Whether a class is one that a TorchScript archive defines in its `code/`.
  private func isDefinedByArchive(_ type: PickleValue) -> Bool {
    let module = module(of: type.a)
    return module.elementsEqual("__torch__".utf8) || module.starts(with: "__torch__.".utf8)
  }

  /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks[, metadata])`.
  /// Whether the view lies in its record is checked for the tensors that are read.
  private mutating func rebuildTensor(_ start: Int, _ count: Int) throws(Failure) -> Int32 {
    guard count == 6 || count == 7 else {
      throw .invalid("_rebuild_tensor_v2 with \(count) arguments")
    }
    let storage = values[Int(elements[start])]
    // A storage class that is not read (complex, quantized): so is the tensor.
    if storage.kind == .opaque {
      return try add(PickleValue(kind: .opaque, a: storage.a))
    }
    let offset = values[Int(elements[start + 1])]
    let shape = values[Int(elements[start + 2])]
    let strides = values[Int(elements[start + 3])]
    guard storage.kind == .storage else {
      throw .invalid("a tensor over \(describe(Int(elements[start])))")
    }
    guard
      offset.kind == .integer, offset.a >= 0, shape.kind == .tuple, strides.kind == .tuple,
      shape.b == strides.b, areSizes(shape), areSizes(strides)
    else {
      throw .invalid(
        "a tensor whose offset, shape and strides are not whole numbers, or not equally many")
    }
    guard shape.b <= WeightsLimits.rank else {
      throw .limit("a tensor of \(shape.b) dimensions; at most \(WeightsLimits.rank) are read")
    }
    if count == 7 {
      // Conjugate and negative views: their numbers are not those stored.
      let metadata = values[Int(elements[start + 6])]
      guard metadata.kind == .none || metadata.kind == .dictionary && metadata.a < 0 else {
        throw .unsupported("a tensor that is a conjugate or negated view; save a .clone() of it")
      }
    }
    return try addTensor(
      PickleTensor(
        storage: storage.a, offset: offset.a, rank: shape.b, shapeStart: shape.a,
        stridesStart: strides.a))
  }

  private func areSizes(_ tuple: PickleValue) -> Bool {
    (tuple.a..<tuple.a + tuple.b).allSatisfy {
      let value = values[Int(elements[$0])]
      return value.kind == .integer && value.a >= 0
    }
  }

  /// `('storage', class, key, location, elements)`. Where the tensor lived, a CPU or a GPU, does not
  /// change its numbers.
  mutating func persistent(_ identifier: Int) throws(Failure) -> Int32 {
    let value = values[identifier]
    guard value.kind == .tuple, value.b == 5 else {
      throw .invalid("a persistent id that is not torch's tuple of five")
    }
    let parts = (0..<5).map { values[Int(elements[value.a + $0])] }
    guard parts[0].kind == .string, slice(parts[0].a, parts[0].b).elementsEqual("storage".utf8),
      parts[2].kind == .string, parts[3].kind == .string, parts[4].kind == .integer, parts[4].a >= 0
    else { throw .invalid("a persistent id that is not ('storage', class, key, location, count)") }
    if parts[1].kind == .opaque {
      return try add(PickleValue(kind: .opaque, a: parts[1].a))
    }
    guard parts[1].kind == .global, case .storage(let type)? = PickleGlobal(code: parts[1].a) else {
      throw .invalid("a storage of \(describe(Int(elements[value.a + 1])))")
    }
    return try addStorage(
      PickleStorage(
        elementType: type, keyStart: parts[2].a, keyCount: parts[2].b, count: parts[4].a))
  }
}
