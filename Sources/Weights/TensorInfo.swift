import System
import Text

/// How one number of a tensor is stored.
public enum ElementType: String, Sendable, BitwiseCopyable, CustomStringConvertible {
  case f64, f32, f16, bf16
  case i64, i32, i16, i8
  case u64, u32, u16, u8
  case bool

  /// Whole numbers, of which no weight is one.
  public var isInteger: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16: false
    case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: true
    }
  }

  /// The element type's name in messages, such as "f32".
  public var description: String { rawValue }

  /// Bytes per element.
  public var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool: 1
    }
  }
}

/// A tensor's description in a file, without its values.
public struct TensorInfo: Sendable, Equatable {
  public let name: String
  public let elementType: ElementType
  /// Sizes of the dimensions, outermost first; empty for a single number.
  public let shape: [Int]
  /// The number of elements, which is the product of `shape`.
  public let count: Int

  /// Describes a tensor; nil if a dimension is negative or their product does not fit an Int.
  public init?(name: String, elementType: ElementType, shape: [Int]) {
    guard let count = TensorInfo.count(of: shape) else { return nil }
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.count = count
  }

  private static func count(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}

/// Limits that hold for every format. Generous: the largest CLIP has under 1,000 tensors.
public enum WeightsLimits {
  static let tensors = 8192
  static let rank = 8
  static let nameBytes = 256
  /// All tensor bytes together, also of several files that are one model: far above any ActionCLIP, below what
  /// would stall a host for minutes.
  public static let tensorBytes = 16 << 30
  /// Files that are read as a whole, to be hashed: the tensors and room for the rest.
  static let hashedBytes = tensorBytes + 1 << 30
}

/// A tensor's name as text. Names reach messages and lookups, so they are short, sound UTF-8 and
/// free of control characters.
func tensorName(_ bytes: some Collection<UInt8>) throws(Failure) -> String {
  guard bytes.count <= WeightsLimits.nameBytes else {
    throw .limit(
      "tensor name \(quoted(bytes, limit: 64)) is \(bytes.count) bytes long; "
        + "at most \(WeightsLimits.nameBytes) are read")
  }
  // The usual case, without asking Unicode about every letter.
  if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: bytes, as: UTF8.self) }
  guard let name = String(validating: bytes, as: UTF8.self) else {
    throw .invalid("tensor name \(quoted(bytes)) is not valid UTF-8")
  }
  guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
    throw .invalid("tensor name \(quoted(bytes)) contains a control character")
  }
  return name
}

/// The rest of `name` after `prefix`; nil if it begins otherwise. Compared by bytes: as text, a prefix would swallow
/// a combining mark after it.
public func removing(_ prefix: String, from name: String) -> String? {
  guard name.utf8.starts(with: prefix.utf8) else { return nil }
  return String(Substring(name.utf8.dropFirst(prefix.utf8.count)))
}

/// `a` before `b`, byte by byte. Swift's own order of strings treats canonically equal text as
/// equal; tensor names are compared as the bytes they are.
public func bytesPrecede(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
