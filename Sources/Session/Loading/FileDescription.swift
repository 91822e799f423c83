import Digest
import Families
import System

/// Describes a file or folder of weights without loading a model.
public enum FileDescription {
  /// A description in lines of "key: value" for people. `name` is a path, or a model's name in Hugging Face. Throws if
  /// the tensors cannot be listed.
  public static func text(of name: FilePath) throws(Failure) -> String {
    try CheckpointDescription.of(HubCache.path(name)).map { "\($0.key): \($0.value)\n" }.joined()
  }

  /// The SHA-256 in hexadecimal that a model loaded from `name` has; nil: from the default model's file.
  public static func sha256(of name: FilePath?) throws(Failure) -> String {
    let path = if let name { try HubCache.path(name) } else { try DefaultModel.path() }
    return try CheckpointHash.of(path).hexadecimal
  }
}
