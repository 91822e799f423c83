import System
import Text

/// Reads tokenizer files into memory.
enum TokenizerFile {
  /// The largest compressed file, in bytes; the standard merge list has 1.4 MB.
  static let maximumCompressed = 16 << 20
  /// The largest plain content, read or decompressed, in bytes; the standard merge list has 3.2 MB, CLIP's
  /// tokenizer.json 3.6 MB and SigLIP 2's 34 MB.
  static let maximumPlain = 64 << 20

  /// Reads a whole file. Fails if it is not a regular file, too large, or changed meanwhile.
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

  /// The path of the vocab.json in the folder of a merges.txt, where Hugging Face puts it; nil if there is none.
  static func vocabulary(beside path: FilePath) -> FilePath? {
    guard path.lastPart.elementsEqual("merges.txt".utf8) else { return nil }
    let beside = path.folder.file("vocab.json")
    return beside.exists ? beside : nil
  }

  /// The path in quotes, as messages show it.
  static func name(_ path: FilePath) -> String { quoted(path.bytes, limit: 4096) }
}
