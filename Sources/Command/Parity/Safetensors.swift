import FoundationEssentials

/// A tensor of a parity pack.
struct Tensor {
  enum Values {
    case float32([Float])
    case int32([Int32])
  }
  let shape: [Int]
  let values: Values
}

/// Reads tensors of a safetensors file: F32, I32, and I64 that fits in 32 bits. It is independent of the library's
/// own reader, which the packs test.
struct Safetensors {
  private struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
  }
  private struct Name: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  private struct Header: Decodable {
    var entries: [String: Entry] = [:]
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys where key.stringValue != "__metadata__" {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }

  private let path: String
  private let entries: [String: Entry]
  private let data: ArraySlice<UInt8>

  init(path: FilePath) throws {
    let bytes = try Files.read(path)
    guard bytes.count >= 8 else {
      throw CommandError("\(path.shown): \(bytes.count) bytes are no safetensors file")
    }
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - 8) else {
      throw CommandError("\(path.shown): the header of \(length) bytes goes beyond the file's \(bytes.count)")
    }
    let start = 8 + Int(length)
    do {
      entries = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<start])).entries
    } catch {
      throw CommandError("\(path.shown): the header is not a safetensors header")
    }
    self.path = path.shown
    data = bytes[start...]
  }

  func tensor(_ name: String) throws(CommandError) -> Tensor {
    func invalid(_ reason: String) -> CommandError { CommandError("\(path): tensor \(name): \(reason)") }
    guard let entry = entries[name] else { throw invalid("it is missing") }
    var count = 1
    for size in entry.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { throw invalid("the shape \(entry.shape) is impossible") }
      count = product
    }
    let offsets = entry.data_offsets
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw invalid("the offsets \(offsets) are not in the file's \(data.count) bytes of data")
    }
    let bytes = data[(data.startIndex + offsets[0])..<(data.startIndex + offsets[1])]
    func read<Element: BitwiseCopyable>(_ type: Element.Type) throws(CommandError) -> [Element] {
      let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.size)
      guard !overflow, size == bytes.count else {
        throw invalid("\(bytes.count) bytes for the shape \(entry.shape) of \(entry.dtype)")
      }
      return bytes.withUnsafeBytes { raw in
        (0..<count).map {
          raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
        }
      }
    }
    switch entry.dtype {
    case "F32": return Tensor(shape: entry.shape, values: .float32(try read(Float.self)))
    case "I32": return Tensor(shape: entry.shape, values: .int32(try read(Int32.self)))
    case "I64":
      var narrow: [Int32] = []
      for value in try read(Int64.self) {
        guard let value = Int32(exactly: value) else { throw invalid("\(value) is beyond 32 bits") }
        narrow.append(value)
      }
      return Tensor(shape: entry.shape, values: .int32(narrow))
    default: throw invalid("its type \(entry.dtype) is not read; expected F32, I32 or I64")
    }
  }

  /// The values of an F32 tensor of the given shape.
  func floats(_ name: String, shape: [Int]) throws(CommandError) -> [Float] {
    let tensor = try tensor(name)
    guard case .float32(let values) = tensor.values, tensor.shape == shape else {
      throw CommandError("\(path): tensor \(name): expected F32 \(shape), found shape \(tensor.shape)")
    }
    return values
  }

  /// The values of an integer tensor of the given shape.
  func integers(_ name: String, shape: [Int]) throws(CommandError) -> [Int32] {
    let tensor = try tensor(name)
    guard case .int32(let values) = tensor.values, tensor.shape == shape else {
      throw CommandError("\(path): tensor \(name): expected integers \(shape), found shape \(tensor.shape)")
    }
    return values
  }
}
