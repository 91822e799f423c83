import Glibc
import System
import Testing

@testable import Index

/// An archive in a temporary folder, written as `actionclip embed` lays it out; removed with the object.
final class Archive {
  struct Row {
    var path: String
    var start: Double
    var end: Double
    var numbers: [Float]
  }

  let folder: String
  let dimension: Int
  let half: Bool

  init(dimension: Int, half: Bool = false, format: String = "actionclip-archive") throws {
    var template = Array("/tmp/actionclip-index-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    (self.dimension, self.half) = (dimension, half)
    try write(
      "manifest.json",
      Array(
        """
        {"format": "\(format)", "version": 1, "model": "abc", "dimension": \(dimension), \
        "dtype": "\(half ? "float16" : "float32")", "window": 2.0, "step": 1.0, "frames": 8, "options": {"head": "mean"}}
        """.utf8))
  }

  deinit {
    for name in ["manifest.json", "removed.jsonl"] { unlink(folder + "/" + name) }
    for shard in 0..<100 { for name in names(shard) { unlink(folder + "/" + name) } }
    rmdir(folder)
  }

  func names(_ shard: Int) -> [String] {
    let digits = String(repeating: "0", count: max(0, 4 - "\(shard)".count)) + "\(shard)"
    return ["emb_\(digits).npy", "meta_\(digits).jsonl"]
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try #require(fopen(folder + "/" + name, "w"))
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    fclose(file)
  }

  func read(_ name: String) throws -> [UInt8] {
    let file = try #require(fopen(folder + "/" + name, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 22)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  static func header(rows: Int, columns: Int, half: Bool) -> [UInt8] {
    var text = "{'descr': '<f\(half ? 2 : 4)', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
    while (10 + text.utf8.count) % 64 != 63 { text += " " }
    text += "\n"
    let count = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)] + Array(text.utf8)
  }

  /// Writes a shard: its meta file and its rows.
  func add(_ shard: Int, _ rows: [Row]) throws {
    var bytes = Archive.header(rows: rows.count, columns: dimension, half: half)
    for row in rows {
      for number in row.numbers {
        if half {
          withUnsafeBytes(of: Float16(number).bitPattern) { bytes += $0 }
        } else {
          withUnsafeBytes(of: number.bitPattern) { bytes += $0 }
        }
      }
    }
    let lines = rows.map {
      "{\"path\":\"\($0.path)\",\"sha256\":\"00\",\"start\":\($0.start),\"end\":\($0.end)}\n"
    }
    try write(names(shard)[1], Array(lines.joined().utf8))
    try write(names(shard)[0], bytes)
  }

  func open(threads: Int = 2, inMemory: Bool = false) throws -> ArchiveIndex {
    try ArchiveIndex(FilePath(bytes: Array(folder.utf8)), threads: threads, inMemory: inMemory)
  }
}

/// Numbers that are the same in every run.
struct Draws {
  private var state = SplitMix64(seed: 7, stream: 0)
  mutating func number() -> Float { Float(Int64(bitPattern: state.bits()) >> 40) / Float(1 << 23) }
  mutating func below(_ count: Int) -> Int { state.index(below: count) }

  /// A vector of length 1, or its nearest in fp16.
  mutating func unit(_ count: Int, half: Bool = false) -> [Float] {
    let numbers = (0..<count).map { _ in Double(number()) }
    let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return numbers.map { half ? Float(Float16(Float($0 / length))) : Float($0 / length) }
  }
}

/// The sum of products in double, from the first to the last.
func product(_ a: [Float], _ b: [Float]) -> Double {
  var sum = 0.0
  for i in 0..<a.count { sum += Double(a[i]) * Double(b[i]) }
  return sum
}

extension ArchiveIndex {
  /// The moments found for one vector or more.
  func found(
    _ vectors: [Float], weights: [Float]? = nil, count: Int, minimum: Double = -.infinity,
    merges: Bool = false
  ) throws -> [Moment] {
    let query = try SearchQuery(
      vectors, weights: weights, count: vectors.count / manifest.dimension, dimension: manifest.dimension)
    let moments = try search(query, count: count, minimum: minimum, merges: merges)
    return Array(moments.view)
  }
}
