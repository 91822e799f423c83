import Compression
import System

/// A reader of tokenizer files of every format; the content tells which one it is.
enum TokenizerFormat {
  /// The vocabulary of a tokenizer.
  enum Contents: ~Copyable {
    case merges(MergeBuilder)
    case pieces(any PieceModel)
  }

  /// Reads the content of a tokenizer file, plain or compressed with gzip.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(Failure) -> Contents {
    if Gzip.isGzip(bytes) {
      guard bytes.count <= TokenizerFile.maximumCompressed else {
        throw Failure(
          .limit,
          "the compressed tokenizer file has \(bytes.count) bytes; at most \(TokenizerFile.maximumCompressed) are read"
        )
      }
      let plain = try Gzip.decompress(bytes, atMost: TokenizerFile.maximumPlain)
      return try readPlain(plain.view, vocabularySize: vocabularySize)
    }
    guard bytes.count <= TokenizerFile.maximumPlain else {
      throw Failure(
        .limit,
        "the tokenizer file has \(bytes.count) bytes; at most \(TokenizerFile.maximumPlain) are read")
    }
    return try readPlain(bytes, vocabularySize: vocabularySize)
  }

  private static func readPlain(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(Failure) -> Contents {
    if SentencePieceFile.isOne(bytes) {
      let model = try SentencePieceFile.read(bytes)
      try model.check(vocabularySize: vocabularySize)
      return .pieces(model)
    }
    guard !isBinary(bytes) else {
      throw Failure(
        .invalidMerges,
        "this file is not text, so it is not a tokenizer; expected CLIP's merge list (.txt, .txt.gz), a "
          + "tokenizer.json, or SigLIP's spiece.model")
    }
    let spaces = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let first = bytes.first { !spaces.contains($0) }
    if WordPiecesFile.isList(bytes) {
      let model = try WordPiecesFile.readList(bytes)
      try model.check(vocabularySize: vocabularySize)
      return .pieces(model)
    }
    guard first == UInt8(ascii: "{") else {
      return .merges(try MergeText.read(bytes, vocabularySize: vocabularySize))
    }
    if WordPiecesFile.isOne(bytes) {
      let model = try WordPiecesFile.read(bytes)
      try model.check(vocabularySize: vocabularySize)
      return .pieces(model)
    }
    guard MergedPiecesFile.isOne(bytes) else {
      return .merges(try TokenizerJSON.read(bytes, vocabularySize: vocabularySize))
    }
    let model = try MergedPiecesFile.read(bytes)
    try model.check(vocabularySize: vocabularySize)
    return .pieces(model)
  }

  /// Whether the content is no text, such as an image, an archive or weights; the first line tells.
  private static func isBinary(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    let newlines = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    return (0x80...0xBF).contains(first) || first >= 0xF5
      || bytes.prefix { !newlines.contains($0) }.contains { $0 < 0x20 && $0 != UInt8(ascii: "\t") }
  }
}
