/// One object of a pickle, in an arena and referred to by its index. Python's object graph may be
/// as deep or as cyclic as a file wants; indices have no depth, and freeing an arena no recursion.
struct PickleValue: BitwiseCopyable {
  enum Kind: UInt8 {
    /// No tensor depends on the values of bools and floats: they are not kept.
    case none, bool, float
    /// `a`: the value.
    case integer
    /// `a`, `b`: the offset and length of its bytes in the pickle.
    case string
    /// Bytes, which no name of a tensor is: not kept.
    case bytes
    /// A set, whose elements are not kept: no tensor lies in one.
    case set
    /// `a`, `b`: the first of its elements in the element arena, and their number.
    case tuple
    /// `a`, `b`: the first and last of its cells; -1 if empty.
    case list, dictionary, orderedDictionary
    /// `a`: index into the tensors.
    case tensor
    /// `a`: index into the storages.
    case storage
    /// A global that is known. `a`: a `PickleGlobal`'s code.
    case global
    /// Anything made by a global that is not known. It was not made: nothing in a pickle is ever
    /// called. `a`: index into the names.
    case opaque
    /// A TorchScript module, or another object of a class that the archive itself defines. `a`: index into the
    /// objects. Only TorchScript archives have them: in a checkpoint such an object is opaque.
    case object
  }

  let kind: Kind
  /// 1 + the depth of the deepest part.
  var depth: UInt8 = 1
  var a = 0
  var b = 0
}

/// One element of a list, or one pair of a dictionary.
struct PickleCell: BitwiseCopyable {
  /// The index of the pair's key; -1 in a list.
  let key: Int32
  let value: Int32
  var next: Int32 = -1
}

/// The module and name of a global that is not known: their offsets and lengths in the pickle.
struct PickleName: BitwiseCopyable {
  let moduleStart: Int
  let moduleCount: Int
  let nameStart: Int
  let nameCount: Int
}

/// The globals a torch.save checkpoint of tensors needs, matched as strings.
enum PickleGlobal {
  case orderedDict, rebuildTensor, rebuildParameter, size
  case storage(ElementType)

  /// The position in `names`, to be kept in an arena.
  init?(code: Int) {
    switch code {
    case 0: self = .orderedDict
    case 1: self = .rebuildTensor
    case 2: self = .rebuildParameter
    case 3: self = .size
    case 4..<PickleGlobal.names.count: self = .storage(PickleGlobal.elementTypes[code - 4])
    default: return nil
    }
  }

  static func code(_ module: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Int? {
    names.firstIndex { $0.module.utf8.elementsEqual(module) && $0.name.utf8.elementsEqual(name) }
  }

  private static let names: [(module: String, name: String)] = [
    ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_parameter"), ("torch", "Size"),
    ("torch", "DoubleStorage"), ("torch", "FloatStorage"), ("torch", "HalfStorage"),
    ("torch", "BFloat16Storage"),
    ("torch", "LongStorage"), ("torch", "IntStorage"), ("torch", "ShortStorage"), ("torch", "CharStorage"),
    ("torch", "ByteStorage"), ("torch", "BoolStorage"),
  ]
  private static let elementTypes: [ElementType] = [
    .f64, .f32, .f16, .bf16, .i64, .i32, .i16, .i8, .u8, .bool,
  ]
}

/// An object of a class that a TorchScript archive defines. No such object is made: only what it is said to hold
/// is kept.
struct PickleObject: BitwiseCopyable {
  /// The class: index into the names.
  let type: Int
  /// The value that BUILD gave it, of any kind; -1 before.
  var state: Int32 = -1
}

/// A record of numbers that tensors are views of.
struct PickleStorage: BitwiseCopyable {
  let elementType: ElementType
  /// The record's name, `data/<key>`: its offset in the pickle.
  let keyStart: Int
  let keyCount: Int
  /// The number of elements in the record.
  let count: Int
}

/// The arguments of `_rebuild_tensor_v2`. Shape and strides are offsets in the element arena.
struct PickleTensor: BitwiseCopyable {
  let storage: Int
  /// The number of the storage's elements before the tensor's first one.
  let offset: Int
  let rank: Int
  let shapeStart: Int
  let stridesStart: Int
}
