import Digest
import System
import Text

/// The SHA-256 of a file of weights that is read for it alone, a piece at a time, of which none is kept.
public enum WeightsHash {
  case file(SHA256.Digest)
  /// The text of an index of shards, which is not hashed here.
  case index(WholeFile)

  /// Hashes the file at `path`, unless it is an index, which may have `limit` bytes.
  public init(path: FilePath, indexAtMost limit: Int) throws(Failure) {
    do throws(Failure) {
      let file = try FileBytes(path: path)
      if try OpenedWeights.isIndex(file) {
        self = .index(try WholeFile(file, atMost: limit))
      } else {
        self = .file(try file.digest())
      }
    } catch { throw error.about(path) }
  }

  /// Hashes the file at `path`, whatever it is.
  public static func digest(of path: FilePath) throws(Failure) -> SHA256.Digest {
    do throws(Failure) { return try FileBytes(path: path).digest() } catch { throw error.about(path) }
  }
}
