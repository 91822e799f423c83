/// What a tokenizer's file holds, told by how its content begins.
enum TokenizerFormat {
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(TokenizerError) -> MergeBuilder {
    if Gzip.isGzip(bytes) {
      let plain = try Gzip.decompress(bytes)
      return try readPlain(plain.view, vocabularySize: vocabularySize)
    }
    guard bytes.count <= TokenizerFile.maximumPlain else {
      throw TokenizerError(
        .limit,
        "the tokenizer file has \(bytes.count) bytes; at most \(TokenizerFile.maximumPlain) are read")
    }
    return try readPlain(bytes, vocabularySize: vocabularySize)
  }

  private static func readPlain(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(TokenizerError) -> MergeBuilder {
    let spaces = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let first = bytes.first { !spaces.contains($0) }
    return first == UInt8(ascii: "{")
      ? try TokenizerJSON.read(bytes, vocabularySize: vocabularySize)
      : try MergeText.read(bytes, vocabularySize: vocabularySize)
  }
}
