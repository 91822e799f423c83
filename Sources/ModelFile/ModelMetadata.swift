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
  public var templates: [String] = []
  /// What the model is meant to tell apart; empty if the file names nothing.
  public var labels: [String] = []
  /// The merge list as text. Large, and of no use once there is a tokenizer.
  public var merges: String?
  /// Description, license, source and whatever else, by keys without the prefix, sorted.
  public private(set) var notes: [(key: String, value: String)] = []
  /// Sizes that the file claims, to be held against the tensors.
  var claimedSizes: [(key: String, value: Int)] = []

  public init() {}

  /// The note of this key, without the prefix.
  public func note(_ key: String) -> String? { notes.first { $0.key == key }?.value }

  /// Sets a note; "" takes it away.
  public mutating func setNote(_ key: String, _ value: String) {
    notes.removeAll { $0.key == key }
    if value.isEmpty { return }
    addNote(key, value)
    sortNotes()
  }

  /// One that is not there yet, to be sorted in.
  mutating func addNote(_ key: String, _ value: String) { notes.append((key, value)) }

  mutating func sortNotes() { notes.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }

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
