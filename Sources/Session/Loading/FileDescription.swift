import Families
import System

/// A description of a file or folder that holds weights, made without loading a model.
public enum FileDescription {
  /// Lines of "key: value" for people. `name` is a path, or a model's name in Hugging Face. Throws where not even the
  /// tensors can be listed.
  public static func text(of name: FilePath) throws(Failure) -> String {
    try CheckpointDescription.of(HubCache.path(name)).map { "\($0.key): \($0.value)\n" }.joined()
  }
}
