import System
import Text

/// safetensors: 8 bytes of header length, a JSON header, the tensors' bytes.
///
/// Strict as the format's own reader and a little more: offsets sorted must tile the data exactly,
/// so there are no holes, overlaps or trailing bytes; sizes must equal shape times element size.
enum Safetensors {
  /// The format allows 100 MB. So many tensors and so much metadata as are read need less; a header is held in
  /// memory before anything is known of it.
  static let maximumHeader = 16 << 20
  static let maximumMetadata = 4 << 20

  private struct Entry {
    let name: String
    let elementType: ElementType
    let shape: [Int]
    let start: Int
    let end: Int
  }

  /// Whether a file that begins so is (meant to be) safetensors: a header length, then an object,
  /// which writers may pad with whitespace. Text has a brace somewhere too, but eight letters make
  /// no length; only with the brace in place is that taken for a damaged one.
  static func recognises(_ beginning: UnsafeRawBufferPointer) -> Bool {
    guard beginning.count > 8 else { return false }
    if beginning[8] == UInt8(ascii: "{") { return true }
    let length = UInt64(littleEndian: beginning.loadUnaligned(as: UInt64.self))
    let text = beginning.dropFirst(8).first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    return length <= UInt64(maximumHeader) && (text == nil || text == UInt8(ascii: "{"))
  }

  static func read(
    _ file: borrowing FileBytes, _ keys: StateDictKeys
  ) throws(Failure) -> WeightsContents {
    let prefix = try file.block(at: 0, count: 8)
    defer { extendLifetime(prefix) }
    var cursor = ByteCursor(prefix.bytes, subject: "the header length")
    let declared = try cursor.integer(UInt64.self)
    guard declared <= UInt64(maximumHeader) else {
      throw .limit("the header claims \(declared) bytes; at most \(maximumHeader) are read")
    }
    let headerSize = Int(declared)
    guard headerSize <= file.size - 8 else {
      throw .invalid(
        "the header claims \(headerSize) bytes and \(file.size - 8) follow: the file is truncated")
    }
    let dataSize = file.size - 8 - headerSize
    let header = try file.block(at: 8, count: headerSize)
    defer { extendLifetime(header) }
    let (entries, metadata) = try readHeader(header.bytes)
    try checkTiling(entries, dataSize: dataSize)

    let tensors = try tensors(of: entries, from: 8 + headerSize, keys)
    guard dataSize <= WeightsLimits.tensorBytes else {
      throw .limit("the tensors take \(dataSize) bytes; at most \(WeightsLimits.tensorBytes) are read")
    }
    return WeightsContents(tensors: try sortedByName(tensors), metadata: metadata)
  }

  // MARK: - Header

  private static func readHeader(
    _ bytes: UnsafeRawBufferPointer
  ) throws(Failure) -> (entries: [Entry], metadata: TextPairs) {
    var json = JSONReader(bytes, maximumDepth: 4, maximumKeys: WeightsLimits.tensors + 1)
    var entries: [Entry] = []
    var metadata = TextPairs()
    try json.beginObject()
    while let key = try json.nextKey(atMost: WeightsLimits.nameBytes) {
      if key == "__metadata__" {
        metadata = try readMetadata(&json)
        continue
      }
      let name = try tensorName(key.utf8)
      guard entries.count < WeightsLimits.tensors else {
        throw .limit("the file has over \(WeightsLimits.tensors) tensors")
      }
      do { entries.append(try readEntry(name, &json)) } catch {
        throw error.about("tensor \(quoted(name.utf8))")
      }
    }
    try json.finish()
    return (entries, metadata)
  }

  /// Strings by strings, sorted by key. They are kept, so their total is bounded.
  private static func readMetadata(
    _ json: inout JSONReader
  ) throws(Failure) -> TextPairs {
    let metadata = TextPairs()
    var room = maximumMetadata
    var name = GrowingArray<UInt8>()
    var value = GrowingArray<UInt8>()
    try json.beginObject()
    while let key = try json.nextKey(atMost: room) {
      room -= key.utf8.count
      value.removeAll()
      try json.string(atMost: room, into: &value)
      room -= value.count
      name.removeAll()
      for byte in key.utf8 { try name.append(byte) }
      try metadata.append(name.view, value.view)
    }
    metadata.sort()
    return metadata
  }

  private static func readEntry(
    _ name: String, _ json: inout JSONReader
  ) throws(Failure) -> Entry {
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try json.beginObject()
    while let field = try json.nextKey(atMost: WeightsLimits.nameBytes) {
      switch field {
      case "dtype": elementType = try Safetensors.elementType(json.string(atMost: 32))
      case "shape": shape = try integers(&json, atMost: WeightsLimits.rank, "dimensions")
      case "data_offsets": offsets = try integers(&json, atMost: 2, "data_offsets")
      default: throw .invalid("the field \(quoted(field.utf8)) is unknown")
      }
    }
    guard let elementType else { throw .invalid("the field 'dtype' is missing") }
    guard let shape else { throw .invalid("the field 'shape' is missing") }
    guard let offsets, let start = offsets.first, let end = offsets.last, offsets.count == 2 else {
      throw .invalid("'data_offsets' must be two numbers")
    }
    guard start <= end else { throw .invalid("data_offsets [\(start), \(end)] run backwards") }
    return Entry(name: name, elementType: elementType, shape: shape, start: start, end: end)
  }

  private static func integers(
    _ json: inout JSONReader, atMost limit: Int, _ what: String
  ) throws(Failure) -> [Int] {
    var values: [Int] = []
    try json.beginArray()
    while try json.nextElement() {
      guard values.count < limit else { throw .limit("more than \(limit) \(what)") }
      values.append(try json.integer())
    }
    return values
  }

  private static func elementType(_ name: String) throws(Failure) -> ElementType {
    switch name {
    case "F64": return .f64
    case "F32": return .f32
    case "F16": return .f16
    case "BF16": return .bf16
    case "I64": return .i64
    case "I32": return .i32
    case "I16": return .i16
    case "I8": return .i8
    case "U64": return .u64
    case "U32": return .u32
    case "U16": return .u16
    case "U8": return .u8
    case "BOOL": return .bool
    case "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4",
      "C64":
      throw .unsupported("dtype \(name) is not read; save the weights as F32, F16 or BF16")
    default: throw .invalid("dtype \(quoted(name.utf8)) is unknown")
    }
  }

  // MARK: - Layout

  /// Every byte of the data belongs to exactly one tensor.
  private static func checkTiling(_ entries: [Entry], dataSize: Int) throws(Failure) {
    let ordered = entries.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    var position = 0
    for entry in ordered {
      guard entry.start == position else {
        let fault = entry.start > position ? "leaves a hole" : "overlaps another tensor"
        throw .invalid(
          "tensor \(quoted(entry.name.utf8)) begins at data offset \(entry.start) where \(position) "
            + "is expected: it \(fault)")
      }
      position = entry.end
    }
    guard position == dataSize else {
      let fault = position > dataSize ? "the file is truncated" : "bytes follow the last tensor"
      throw .invalid("the tensors take \(position) bytes and the file holds \(dataSize): \(fault)")
    }
  }

  private static func tensors(
    of entries: [Entry], from dataStart: Int, _ keys: StateDictKeys
  ) throws(Failure) -> [StoredTensor] {
    let prefixes = SharedPrefixes(entries.map(\.name), apart: keys.second?.prefix)
    var tensors: [StoredTensor] = []
    tensors.reserveCapacity(entries.count)
    for entry in entries {
      let bytes = entry.end - entry.start
      guard
        let info = TensorInfo(
          name: prefixes.removed(from: entry.name), elementType: entry.elementType,
          shape: entry.shape)
      else {
        throw .invalid("tensor \(quoted(entry.name.utf8)): shape \(entry.shape) overflows")
      }
      let (needed, overflow) = info.count.multipliedReportingOverflow(by: info.elementType.size)
      guard !overflow, needed == bytes else {
        throw .invalid(
          "tensor \(quoted(entry.name.utf8)): data_offsets span \(bytes) bytes, but "
            + "\(info.elementType) \(entry.shape) takes "
            + (overflow ? "more than any file" : "\(needed)"))
      }
      tensors.append(
        StoredTensor(info: info, byteOffset: dataStart + entry.start, strides: nil))
    }
    return tensors
  }
}
