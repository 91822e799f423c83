import System
import Digest
import Text

/// A file of weights that was hashed and not parsed yet: where several files are one model, the hashes of all are
/// checked before any is parsed.
public final class UnparsedWeights {
  public let sha256: SHA256.Digest
  public let byteCount: Int
  private var file: FileBytes?
  private let path: FilePath

  /// Reads the whole file into memory, where `others` bytes of the same model's files are already.
  public init(path: FilePath, beside others: Int) throws(Failure) {
    self.path = path
    do throws(Failure) {
      var file = try FileBytes(path: path)
      byteCount = file.size
      sha256 = try file.readWhole(beside: others)
      self.file = consume file
    } catch { throw error.about(path) }
  }

  /// Reads the tensors' index from the bytes that were hashed. It may be called once.
  public func parse(_ keys: StateDictKeys = StateDictKeys()) throws(Failure) -> WeightsFile {
    guard let file = file.take() else { throw .invalid("the file was parsed already") }
    do throws(Failure) { return try WeightsFile(file, sha256: sha256, keys) } catch {
      throw error.about(path)
    }
  }
}
