import Foundation

import System
@testable import Tokenizer

/// The tiny merge list of this folder, and functions that show tokens readably.
enum Tiny {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")
  static let path = folder.appendingPathComponent("tiny_merges.txt").path
  static let gzipPath = folder.appendingPathComponent("tiny_merges.txt.gz").path

  static func tokenizer() throws -> Tokenizer { try Tokenizer(path: path) }

  /// The spelling of every id; "ing|" ends a word, and "<s>" and "<e>" are the markers.
  static func spellings() throws -> [String] {
    let merges = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
    let bytes = (0..<512).map { String(decoding: ByteAlphabet.spelling(of: $0), as: UTF8.self) }
    let all = bytes + merges.map { $0.replacingOccurrences(of: " ", with: "") }
    return all.map { $0.replacingOccurrences(of: "</w>", with: "|") } + ["<s>", "<e>"]
  }

  /// The tokens of a text, separated by spaces.
  static func tokens(_ text: String) throws -> String {
    let spellings = try spellings()
    return try tokenizer().ids(text).map { spellings[Int($0)] }.joined(separator: " ")
  }
}

extension Tokenizer {
  convenience init(path: String, vocabularySize: Int? = nil) throws(Failure) {
    try self.init(path: FilePath(bytes: Array(path.utf8)), vocabularySize: vocabularySize)
  }

  func ids(_ text: String) throws -> [Int32] { try ids(Array(text.utf8)) }

  func ids(_ bytes: [UInt8]) throws -> [Int32] {
    var found: [Int32] = []
    try bytes.withUnsafeBufferPointer { bytes in
      try encode(bytes) { (ids) throws(Failure) in found = Array(ids) }
    }
    return found
  }

  /// The content of the merge file.
  var mergeText: String {
    get throws {
      guard let list = try mergeList() else { return "" }
      return withExtendedLifetime(list) { String(decoding: list[0], as: UTF8.self) }
    }
  }

  func row(_ text: String, context: Int, truncate: Bool = false, capacity: Int? = nil) throws -> [Int32] {
    var row = [Int32](repeating: -7, count: capacity ?? context)
    try row.withUnsafeMutableBufferPointer { row in
      try Array(text.utf8).withUnsafeBufferPointer {
        try encodeRow($0, contextLength: context, truncate: truncate, into: row)
      }
    }
    return row
  }

  convenience init(list: String, vocabularySize: Int? = nil) throws {
    try self.init(list: Array(list.utf8), vocabularySize: vocabularySize)
  }

  convenience init(list bytes: [UInt8], vocabularySize: Int? = nil) throws {
    // Exactly as many bytes on the heap: a sanitizer sees any read past them.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    try self.init(file: UnsafeRawBufferPointer(memory), vocabularySize: vocabularySize)
  }
}

/// Cleans a text and returns it as a string.
func cleaned(_ text: String) throws -> String {
  let values = try Array(text.utf8).withUnsafeBufferPointer {
    let clean = try TextCleaner.clean($0)
    return Array(clean.view)
  }
  var result = String.UnicodeScalarView()
  for value in values { result.append(try require(scalar: value)) }
  return String(result)
}

private struct NotAScalar: Error { let value: UInt32 }

func require(scalar value: UInt32) throws -> Unicode.Scalar {
  guard let scalar = Unicode.Scalar(value) else { throw NotAScalar(value: value) }
  return scalar
}

/// The scalars of a string, for exact comparisons: Swift's == also holds for canonically equivalent strings.
func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

/// Returns the error of a call that must fail; nil if it succeeds.
func failure(_ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}

/// The SplitMix64 random generator, seeded so that tests draw the same numbers every time.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
