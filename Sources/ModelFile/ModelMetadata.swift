import System
import Model
import Preprocess

/// The safetensors metadata of a model's file (docs/FORMAT.md).
public struct ModelMetadata: Sendable {
  static let prefix = "actionclip."
  static let version = "1"
  /// The scoring of models whose frames score by themselves.
  static let framesScoring = "frames"
  /// The largest number of labels, and of templates.
  public static let maximumTexts = 65_536
  /// The largest number of notes given to a file that is saved.
  public static let maximumNotes = 1024

  /// The model's options, as far as the file states them.
  public var declared = DeclaredOptions()
  /// The choice of frames and their preprocessing; nil if the file states neither. Its own templates are not used, but
  /// `templates`.
  public var preset: Preset?
  /// Prompt templates the model was trained with; empty: the reference's.
  public var templates = TextList()
  /// The weights of `templates`; nil: equal weights.
  public var templateWeights: TemplateWeights?
  /// Labels of the model's classes; empty if the file has none.
  public var labels = TextList()
  /// The merge list as one text. It is large, and not needed once there is a tokenizer.
  public var merges: TextList?
  /// Notes such as description, license and source, by keys without the prefix, sorted.
  public private(set) var notes = TextPairs()
  /// The time from frame to frame that the model was trained for, in nanoseconds; nil if the file states none.
  public var frameIntervalNanoseconds: Int64?
  /// The range of `frameIntervalNanoseconds`, up to a day.
  public static let frameIntervals: ClosedRange<Int64> = 1...86_400_000_000_000
  /// Sizes in the metadata, to be held against the tensors.
  var claimedSizes: [(key: String, value: Int)] = []

  public init() {}

  /// The note of this key, without the prefix; valid for as long as `notes` is.
  public func note(_ key: String) -> UnsafeBufferPointer<UInt8>? {
    notes.index(of: key.utf8).map { notes.value($0) }
  }

  /// Sets notes: the last given for each key counts, and an empty one removes the key.
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

  /// The model's sizes by their keys, in the order of actionclip_model_info.
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
