import Model
import ModelFile
import Numerics
import Preprocess
import System
import Tokenizer

/// Choices made when a model is saved. Nil keeps what the model holds.
public struct SaveOptions {
  public var storage = MatrixStorage.fp32
  public var labels: TextList?
  public var templates: TextList?
  /// Notes by key; an empty text takes a note away.
  public var notes = TextPairs()

  public init() {}
}

extension LoadedModel {
  /// Writes the model as one file that needs nothing beside it, whole or not at all.
  public func save(to path: FilePath, _ options: SaveOptions) throws(Failure) {
    guard model.canSave(options.storage) else {
      let held = model.precision.name
      throw Failure(
        .optionConflict,
        "the model was loaded in \(held) and its numbers are rounded to that: save it as \(held), or load it in "
          + "fp32 first")
    }
    var metadata = metadata
    if let labels = options.labels { metadata.labels = labels }
    if let templates = options.templates { metadata.templates = templates }
    metadata.merges = try tokenizer?.mergeList()
    try metadata.setNotes(options.notes)
    // The reference's preset is the default: a file states another one only.
    if preset != .actionCLIP { metadata.preset = preset }
    try model.save(to: path, metadata: metadata, matrices: options.storage)
  }
}
