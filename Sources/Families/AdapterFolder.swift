import System
import Digest
import Text
import Weights

/// A folder as PEFT's `save_pretrained` writes it: matrices that are added to a model's weights, and no model.
struct AdapterFolder {
  let configuration: AdapterConfiguration
  let weights: WeightsFile
  private let path: FilePath

  private static let configurationName = "adapter_config.json"
  private static let weightNames = ["adapter_model.safetensors", "adapter_model.bin"]

  /// Nil where the path is no such folder.
  init?(_ path: FilePath, _ hashing: HashRequest) throws(Failure) {
    guard let file = try AdapterFolder.weights(in: path) else { return nil }
    let own = path.file(AdapterFolder.configurationName)
    configuration = try CheckpointFiles.parse(own) { (bytes) throws(Failure) in
      try AdapterConfiguration(bytes)
    }
    do { weights = try WeightsFile(path: file, hashing: hashing, keys: .known) } catch {
      throw error.about(file)
    }
    self.path = path
  }

  /// The file of matrices in a folder; nil where the path is no such folder.
  static func weights(in path: FilePath) throws(Failure) -> FilePath? {
    guard path.isDirectory, path.file(configurationName).exists, !CheckpointFiles.isThere(in: path) else {
      return nil
    }
    guard let name = weightNames.first(where: { path.file($0).exists }) else {
      throw Failure(
        .fileOpen,
        "\(path.shown): a folder that holds \(configurationName) and none of "
          + weightNames.joined(separator: ", "))
    }
    return path.file(name)
  }

  /// The base that the caller gives; else a folder or file beside this one or in it with the last part of the name
  /// that the configuration gives; else the model that Hugging Face's cache has by that name, if `cached` finds it. It
  /// leads nowhere else, since it may be a stranger's.
  func base(
    _ given: FilePath?, cached: (_ name: FilePath) throws(Failure) -> FilePath?
  ) throws(Failure) -> FilePath {
    if let given { return given }
    let name = configuration.base.map { Array($0.utf8) } ?? []
    let last = name.split(separator: UInt8(ascii: "/")).last.map { Array($0) } ?? []
    if !last.isEmpty, last[0] != UInt8(ascii: "."), !last.contains(0) {
      for place in [path.file("..").file(last), path.file(last)] where place.exists {
        // Its own name does not lead back to it.
        if try AdapterFolder.weights(in: place) == nil { return place }
      }
      if let found = try cached(FilePath(bytes: name)) { return found }
    }
    throw Failure(
      .missingTensor,
      "holds LoRA matrices without the model that they were trained on"
        + (name.isEmpty
          ? "" : ", \(quoted(name)), which is neither beside them nor in Hugging Face's cache")
        + ": name it too (option base_path)")
  }
}
