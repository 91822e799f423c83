import System
import Text

/// Reads a tokenizer's file whole.
enum TokenizerFile {
  /// Compressed bytes accepted; the standard list has 1.4 MB.
  static let maximumCompressed = 16 << 20
  /// Plain bytes accepted, whether read or inflated; the standard list has 3.2 MB, a tokenizer.json 3.6 MB.
  static let maximumPlain = 16 << 20

  static func read(_ path: FilePath) throws(Failure) -> GrowingArray<UInt8> {
    let file: RegularFile
    do { file = try RegularFile(path) } catch {
      throw Failure(.fileOpen, "the tokenizer file \(error.failure.message)")
    }
    guard file.size <= maximumPlain else {
      throw Failure(.limit, "the tokenizer file has \(file.size) bytes; at most \(maximumPlain) are read")
    }
    let bytes = try GrowingArray<UInt8>(uninitialized: file.size)
    try file.read(at: 0, into: UnsafeMutableRawBufferPointer(bytes.buffer))
    try file.checkUnchanged()
    return bytes
  }

  /// The path of the vocab.json that lies beside a merges.txt, as Hugging Face keeps them; nil if there is none.
  static func vocabulary(beside path: FilePath) -> FilePath? {
    guard path.lastPart.elementsEqual("merges.txt".utf8) else { return nil }
    let beside = path.folder.file("vocab.json")
    return beside.exists ? beside : nil
  }

  /// A path for a message.
  static func name(_ path: FilePath) -> String { quoted(path.bytes, limit: 4096) }
}
