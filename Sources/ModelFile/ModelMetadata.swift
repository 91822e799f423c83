import System
import Model
import Preprocess

/// What a model's file holds besides the weights, in the safetensors metadata (docs/FORMAT.md).
public struct ModelMetadata: Sendable {
  static let prefix = "actionclip."
  static let version = "1"
  /// The most labels, and the most templates.
  public static let maximumTexts = 65_536
  /// Of notes given to a file that is saved.
  public static let maximumNotes = 1024

  /// How the model was trained, as far as the file says.
  public var declared = DeclaredOptions()
  /// How frames are chosen and become the network's input; nil if the file says nothing of it. Its
  /// templates are those below.
  public var preset: Preset?
  /// Prompt templates the model was trained with; empty: the reference's.
  public var templates = TextList()
  /// What the model is meant to tell apart; empty if the file names nothing.
  public var labels = TextList()
  /// The merge list, one text. Large, and of no use once there is a tokenizer.
  public var merges: TextList?
  /// Description, license, source and whatever else, by keys without the prefix, sorted.
  public private(set) var notes = TextPairs()
  /// Sizes that the file claims, to be held against the tensors.
  var claimedSizes: [(key: String, value: Int)] = []

  public init() {}

  /// The note of this key, without the prefix; valid for as long as `notes` is.
  public func note(_ key: String) -> UnsafeBufferPointer<UInt8>? {
    notes.index(of: key.utf8).map { notes.value($0) }
  }

  /// Sets notes, each the last of its key; "" takes it away.
  public mutating func setNotes(_ given: TextPairs) throws(Failure) {
    let all = TextPairs()
    for index in 0..<notes.count where given.index(of: notes.key(index)) == nil {
      try all.append(notes.key(index), notes.value(index))
    }
    for index in 0..<given.count where !given.value(index).isEmpty {
      let isLast = !(index + 1..<given.count).contains { given.key($0).elementsEqual(given.key(index)) }
      if isLast { try all.append(given.key(index), given.value(index)) }
    }
    all.sort()
    notes = all
  }

  /// The sizes by their keys, in the order of actionclip_model_info.
  static var sizes: [(key: String, of: (Configuration) -> Int)] {
    [
      ("image_size", \.imageSize), ("patch_size", \.patchSize), ("vision_width", \.visionWidth),
      ("vision_layers", \.visionLayers), ("vision_heads", \.visionHeads),
      ("embedding_size", \.embeddingSize), ("text_width", \.textWidth), ("text_layers", \.textLayers),
      ("text_heads", \.textHeads), ("context_length", \.contextLength),
      ("vocabulary_size", \.vocabularySize),
    ]
  }
}
