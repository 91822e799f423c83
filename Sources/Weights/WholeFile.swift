import System
import Text

/// All bytes of a small file that lies beside weights: a configuration, an index.
public final class WholeFile {
  private let block: ByteBlock

  /// The file's bytes, valid for as long as this object lives.
  public var bytes: UnsafeRawBufferPointer { block.bytes }

  public convenience init(path: FilePath, atMost limit: Int) throws(Failure) {
    do throws(Failure) { try self.init(FileBytes(path: path), atMost: limit) } catch {
      throw error.about(path)
    }
  }

  init(_ file: consuming FileBytes, atMost limit: Int) throws(Failure) {
    guard file.size <= limit else {
      throw .limit("the file has \(file.size) bytes; of such a file at most \(limit) are read")
    }
    block = try file.block(at: 0, count: file.size)
    try file.checkUnchanged()
  }
}
