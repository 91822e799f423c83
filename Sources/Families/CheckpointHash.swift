import Digest
import System
import Text
import Weights

/// The SHA-256 that tells the files of one model from others.
public enum CheckpointHash {
  /// The hash of the file, folder or index of weights at a path, which loading it with `HashRequest.compute` gives too.
  /// Nothing is loaded: an index alone is parsed, for the names of its files.
  public static func of(_ path: FilePath) throws(Failure) -> SHA256.Digest {
    if let matrices = try AdapterFolder.weights(in: path) { return try WeightsHash.digest(of: matrices) }
    let (main, folder) = try CheckpointFiles.place(path)
    switch try WeightsHash(path: main, indexAtMost: CheckpointFiles.maximumIndex) {
    case .file(let digest): return digest
    case .index(let index):
      do throws(Failure) {
        var shards: [(name: String, hash: SHA256.Digest)] = []
        for name in try ShardIndex(index.bytes).shards {
          shards.append((name, try WeightsHash.digest(of: folder.file(name))))
        }
        defer { extendLifetime(index) }
        return of(index.bytes, named: main, shards)
      } catch { throw error.about(main) }
    }
  }

  /// The hash of an index and its shards: that of the lines which sha256sum prints for them, sorted by name.
  static func of(
    _ index: UnsafeRawBufferPointer, named main: FilePath, _ shards: [(name: String, hash: SHA256.Digest)]
  ) -> SHA256.Digest {
    var files = shards.map { (name: Array($0.name.utf8), hash: $0.hash) }
    files.append((Array(main.lastPart), SHA256.hash(of: index)))
    files.sort { $0.name.lexicographicallyPrecedes($1.name) }
    var lines: [UInt8] = []
    for file in files {
      lines += "\(file.hash.hexadecimal)  ".utf8
      lines += file.name
      lines.append(0x0A)
    }
    return lines.withUnsafeBytes { SHA256.hash(of: $0) }
  }
}
