import Families
import Model
import ModelFile
import Numerics
import Preprocess
import System
import Tokenizer

/// Options of saving a model. nil keeps the model's own value.
public struct SaveOptions {
  public var storage = MatrixStorage.fp32
  public var labels: TextList?
  public var templates: TextList?
  /// The weights of the templates; nil keeps the model's own. With other templates nil means equal weights.
  public var templateWeights: TemplateWeights?
  /// The templates get equal weights, whatever the model's own are.
  public var hasEqualWeights = false
  /// The time from frame to frame in nanoseconds; 0 leaves it out.
  public var frameIntervalNanoseconds: Int64?
  /// Notes by key; an empty text removes a note.
  public var notes = TextPairs()

  public init() {}
}

extension LoadedModel {
  /// Writes the model as one file that needs no other. On failure a file at `path` stays as it was.
  public func save(to path: FilePath, _ options: SaveOptions) throws(Failure) {
    guard model.canSave(options.storage) else {
      let held = model.precision.name
      throw Failure(
        .optionConflict,
        "the model was loaded in \(held), and its weights are rounded to that: save it as \(held), or load it in fp32 "
          + "first")
    }
    guard !isForSaving || options.storage != .int8 else {
      throw Failure(
        .optionConflict, "int8 is made of a model as a whole: load it in int8, and not for saving alone")
    }
    var metadata = metadata
    if let labels = options.labels { metadata.labels = labels }
    if let templates = options.templates {
      metadata.templates = templates
      metadata.templateWeights = nil
    }
    if options.hasEqualWeights { metadata.templateWeights = nil }
    if let weights = options.templateWeights {
      guard weights.count == metadata.templates.count else {
        throw .argument(
          "template_weight_count is \(weights.count), expected \(metadata.templates.count): one for each template"
        )
      }
      metadata.templateWeights = weights
    }
    if let interval = options.frameIntervalNanoseconds {
      metadata.frameIntervalNanoseconds = interval == 0 ? nil : interval
    }
    metadata.merges = try tokenizer?.mergeList()
    try metadata.setNotes(options.notes)
    // A file does not state the reference's preset, the default.
    if preset != .actionCLIP { metadata.preset = preset }
    let pieces = try tokenizer?.pieceFile() ?? GrowingArray()
    let files = unreadFiles
    try model.save(to: path, metadata: metadata, matrices: options.storage, tokenizer: pieces.view) {
      (parameter) throws(Failure) in
      guard let files else { return try parameter.values() }
      do throws(Failure) {
        let values = try model.values(of: parameter, in: files.tensors)
        try files.checkUnchanged()
        return values
      } catch {
        try files.checkUnchanged()  // a mix of two files looks like a damaged one
        throw error
      }
    }
    extendLifetime(pieces)
  }
}
