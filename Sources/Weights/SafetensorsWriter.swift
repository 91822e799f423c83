import System
import Text

/// A tensor to be written, and how its numbers are stored.
public struct TensorToWrite {
  public enum Storage: Sendable {
    case fp32, fp16, bf16
    /// Numbers that are whole, from -128 to 127.
    case int8
    case fp64, int64
    /// Bytes that are no numbers of the model's.
    case bytes

    fileprivate var size: Int {
      switch self {
      case .fp64, .int64: 8
      case .fp32: 4
      case .fp16, .bf16: 2
      case .int8, .bytes: 1
      }
    }
    fileprivate var name: String {
      switch self {
      case .fp32: "F32"
      case .fp16: "F16"
      case .bf16: "BF16"
      case .int8: "I8"
      case .fp64: "F64"
      case .int64: "I64"
      case .bytes: "U8"
      }
    }
  }
  public let name: String
  public let shape: [Int]
  public let storage: Storage

  public init(name: String, shape: [Int], storage: Storage) {
    self.name = name
    self.shape = shape
    self.storage = storage
  }

  fileprivate var count: Int { shape.reduce(1, *) }
  fileprivate var bytes: Int { count * storage.size }
}

/// The numbers of a tensor, row-major.
public enum TensorNumbers {
  /// Numbers that are stored as fp32 or less.
  case floats(UnsafeBufferPointer<Float>)
  /// Numbers of 8 bytes, or bytes, as they lie in memory.
  case wide(UnsafeRawBufferPointer)
}

/// Writes safetensors that this library and the format's own reader take, whole or not at all.
public enum SafetensorsWriter {
  /// - Parameters:
  ///   - tensors: of different names, with sizes that fit the memory they came from.
  ///   - values: gives a tensor's numbers to its second argument.
  public static func write(
    to path: FilePath, metadata: TextPairs, tensors: [TensorToWrite],
    values: (_ index: Int, _ write: (TensorNumbers) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    // 4-byte numbers before 2-byte ones and those before bytes, so that all of them are aligned.
    let order = tensors.indices.sorted {
      (-tensors[$0].storage.size, $0) < (-tensors[$1].storage.size, $1)
    }
    do {
      var header = GrowingArray<UInt8>()
      try writeHeader(metadata, order.map { tensors[$0] }, to: &header)
      let file = try AtomicFile(path: path, size: header.count + tensors.reduce(0) { $0 + $1.bytes })
      try file.append(UnsafeRawBufferPointer(header.view))
      for index in order {
        try values(index) { (numbers) throws(Failure) in
          try append(numbers, tensors[index], to: file)
        }
      }
      try file.commit()
    } catch { throw error.about(path) }
  }

  /// The header with its length, filled with spaces so that the data begins at a multiple of 8.
  private static func writeHeader(
    _ metadata: TextPairs, _ tensors: [TensorToWrite], to header: inout GrowingArray<UInt8>
  ) throws(Failure) {
    let size = metadata.byteCount - 2 * metadata.count
    guard size <= Safetensors.maximumMetadata else {
      throw .limit(
        "the metadata (labels, templates, the merge list and the rest) would take \(size) bytes; at most "
          + "\(Safetensors.maximumMetadata) are read")
    }
    try header.append(repeating: 0, count: 8)
    try append(metadata, tensors, to: &header)
    let padding = (8 - header.count % 8) % 8
    try header.append(repeating: UInt8(ascii: " "), count: padding)
    var length = UInt64(header.count - 8).littleEndian
    UnsafeMutableRawBufferPointer(header.buffer).copyBytes(from: withUnsafeBytes(of: &length) { Array($0) })
  }

  private static func append(
    _ metadata: TextPairs, _ tensors: [TensorToWrite], to header: inout GrowingArray<UInt8>
  ) throws(Failure) {
    try header.append("{\"__metadata__\":{")
    metadata.sort()
    for index in 0..<metadata.count {
      if index > 0 { try header.append(",") }
      try JSONStrings.append(metadata.key(index), to: &header)
      try header.append(":")
      try JSONStrings.append(metadata.value(index), to: &header)
    }
    try header.append("}")
    var offset = 0
    for tensor in tensors {
      try header.append(",")
      try JSONStrings.append(tensor.name.utf8, to: &header)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let rest =
        ":{\"dtype\":\"\(tensor.storage.name)\",\"shape\":[\(shape)],"
        + "\"data_offsets\":[\(offset),\(offset + tensor.bytes)]}"
      for byte in rest.utf8 { try header.append(byte) }
      offset += tensor.bytes
    }
    try header.append("}")
  }

  private static func append(
    _ given: TensorNumbers, _ tensor: TensorToWrite, to file: AtomicFile
  ) throws(Failure) {
    let numbers: UnsafeBufferPointer<Float>
    switch given {
    case .wide(let bytes):
      precondition(bytes.count == tensor.bytes && (tensor.storage.size == 8 || tensor.storage == .bytes))
      return try file.append(bytes)
    case .floats(let floats): numbers = floats
    }
    precondition(numbers.count == tensor.count)
    switch tensor.storage {
    case .fp64, .int64, .bytes: throw Failure(.internal, "floats are stored as fp32 or less")
    case .fp32: try file.append(UnsafeRawBufferPointer(numbers))
    case .fp16:
      try append(numbers, to: file) { (number) throws(Failure) in
        guard let half = FloatConversion.half(number) else {
          throw Failure(
            .unsupported,
            "tensor \(quoted(tensor.name.utf8)) holds \(number), beyond fp16's 65504; save it as fp32")
        }
        return half.littleEndian
      }
    case .bf16: try append(numbers, to: file) { FloatConversion.brainHalf($0).littleEndian }
    case .int8: try append(numbers, to: file) { Int8(max(-128, min(127, $0.rounded()))) }
    }
  }

  /// A piece at a time, so that no second copy of a tensor is needed.
  private static func append<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ numbers: UnsafeBufferPointer<Float>, to file: AtomicFile, _ value: (Float) throws(Failure) -> T
  ) throws(Failure) {
    let piece = 1 << 14
    var values = [T](repeating: 0, count: min(piece, numbers.count))
    var first = 0
    while first < numbers.count {
      let count = min(piece, numbers.count - first)
      for i in 0..<count { values[i] = try value(numbers[first + i]) }
      try values.withUnsafeBufferPointer { (values) throws(Failure) in
        try file.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: values[..<count])))
      }
      first += count
    }
  }
}
