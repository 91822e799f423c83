import System
import Text

/// The weights at a path, recognised by content. The file is opened once, so that the bytes that were examined are
/// read.
public enum OpenedWeights {
  case file(WeightsFile)
  /// The text of an index of shards, not parsed yet.
  case index(WholeFile)

  /// An index may have `limit` bytes; it is not hashed here.
  public init(
    path: FilePath, hashing: HashRequest, _ keys: StateDictKeys, indexAtMost limit: Int
  ) throws(Failure) {
    do throws(Failure) {
      let file = try FileBytes(path: path)
      if try OpenedWeights.isIndex(file) {
        self = .index(try WholeFile(file, atMost: limit))
      } else {
        self = .file(try WeightsFile(file, hashing, keys))
      }
    } catch { throw error.about(path) }
  }

  /// JSON begins with a brace and holds no NUL; so do the first 8 bytes of no safetensors file.
  static func isIndex(_ file: borrowing FileBytes) throws(Failure) -> Bool {
    let block = try file.block(at: 0, count: min(8, file.size))
    defer { extendLifetime(block) }
    return block.bytes.first == UInt8(ascii: "{") && !block.bytes.contains(0)
  }
}
