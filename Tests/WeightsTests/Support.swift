import Foundation
import System
import Testing

@testable import Weights

/// Files the tests read. `shared` is not part of the repository: tests that need it are disabled
/// where it is absent.
enum TestFiles {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let fixtures = root.appendingPathComponent("Tests/fixtures/weights")
  static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["ACTIONCLIP_SHARED"] {
      return URL(fileURLWithPath: path)
    }
    return root.deletingLastPathComponent().appendingPathComponent("shared")
  }()
  static let hasParity = FileManager.default.fileExists(
    atPath: shared.appendingPathComponent("parity").path)

  static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appendingPathComponent(name)))
  }

  /// A file of these bytes, removed after `body`.
  static func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("weights-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}

extension WeightsFile {
  convenience init(
    path: String, hashing: HashRequest = .none, keys: StateDictKeys = .sample
  ) throws(Failure) {
    try self.init(path: FilePath(bytes: Array(path.utf8)), hashing: hashing, keys: keys)
  }
}

extension StateDictKeys {
  /// Keys and names as programs have them that write checkpoints.
  static let sample = StateDictKeys(
    containers: ["model_state_dict", "state_dict", "model", "model_state"],
    second: ("fusion_model_state_dict", "fusion."),
    dotless: ["logit_scale", "positional_embedding", "text_projection", "logit_bias"], settings: "cfg")
}

/// Opens bytes in memory; the values of every tensor, read.
func load(_ bytes: [UInt8]) throws(Failure) -> [String: [Float]] {
  let result = bytes.withUnsafeBytes { buffer in
    Result { () throws(Failure) in try values(of: WeightsFile(bytes: buffer, keys: .sample)) }
  }
  return try result.get()
}

/// Calls `body` once for each byte in `range` with one of its bits flipped, another one from byte to byte. All bits of
/// all bytes would be eight times the time; the fuzz targets and `make torture` change any number of them.
func withOneBitOfEachByteFlipped(
  _ bytes: [UInt8], _ range: Range<Int>? = nil, _ body: ([UInt8]) throws -> Void
) rethrows {
  for index in range ?? bytes.indices {
    var flipped = bytes
    flipped[index] ^= 1 << (UInt32(truncatingIfNeeded: index &* 0x9E37_79B1) >> 29)
    try body(flipped)
  }
}

func values(of file: WeightsFile) throws(Failure) -> [String: [Float]] {
  var values: [String: [Float]] = [:]
  for name in file.names { values[name] = try read(name, from: file) }
  return values
}

func read(_ name: String, from file: WeightsFile) throws(Failure) -> [Float] {
  guard let info = file.info(name) else { return [] }
  let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: info.count)
  defer { memory.deallocate() }
  memory.initialize(repeating: -123)
  try file.read(name, into: memory)
  return Array(memory)
}

/// Loading must fail, with this kind and with a message that names the thing.
func expectRefusal(
  _ bytes: [UInt8], _ kind: Failure.Kind, _ named: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do throws(Failure) {
    let tensors = try load(bytes)
    Issue.record("loaded \(tensors.keys.sorted())", sourceLocation: sourceLocation)
  } catch {
    #expect(error.kind == kind, "\(error.message)", sourceLocation: sourceLocation)
    for name in named {
      #expect(error.message.contains(name), sourceLocation: sourceLocation)
    }
    #expect(!error.message.contains("\n"), sourceLocation: sourceLocation)
  }
}

extension FixedWidthInteger {
  /// Little-endian bytes.
  var bytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

extension [Float] {
  var bits: [UInt32] { map(\.bitPattern) }
  var bytes: [UInt8] { flatMap { $0.bitPattern.bytes } }
}

extension TextPairs {
  convenience init(_ pairs: [(key: String, value: String)]) throws {
    self.init()
    for (key, value) in pairs { try append(key, value) }
  }

  var keys: [String] { (0..<count).map { String(decoding: key($0), as: UTF8.self) } }
  var values: [String] { (0..<count).map { String(decoding: value($0), as: UTF8.self) } }
}
