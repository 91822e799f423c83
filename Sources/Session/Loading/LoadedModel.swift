import Digest
import Families
import Model
import ModelFile
import Preprocess
import System
import Text
import Tokenizer
import Weights

/// A loaded model with its tokenizer, and all that its file says besides the weights. Immutable, so any number of
/// threads may use it at once.
public final class LoadedModel: Sendable {
  public let model: ActionCLIP
  public let tokenizer: Tokenizer?
  /// The reason why there is no tokenizer, in one line.
  private let tokenizerProblem: String
  public let format: WeightsFormat
  public let family: Family
  /// Labels, templates and notes of the file, without its merge list: the tokenizer has that.
  public let metadata: ModelMetadata
  /// The way in which frames are chosen and become the network's input where a caller says nothing of it.
  public let preset: Preset
  /// Whether the vocabulary tells which words the model learned: it is not CLIP's but its own, and has every word of
  /// the file's labels whole.
  let knowsItsWords: Bool
  /// The file's SHA-256 in hexadecimal as the only text, or none.
  public let sha256: TextList
  /// One line for people for each property of the model that neither its file nor the caller states.
  public let assumptions: [StaticString]

  public var configuration: Configuration { model.configuration }

  /// Loads a file of weights, an index of shards, a folder, or a model in Hugging Face's cache by its name there;
  /// nil: the default model.
  public convenience init(_ name: FilePath?, _ options: ModelOptions) throws(Failure) {
    let path =
      if let name { try HubCache.path(name) } else { try DefaultModel.path() }
    try self.init(Checkpoint(path, options.checkpoint()), path: path, options)
  }

  /// Loads weights from memory, which is not used after the call.
  public convenience init(bytes: UnsafeRawBufferPointer, _ options: ModelOptions) throws(Failure) {
    try self.init(Checkpoint(bytes: bytes, options.checkpoint()), path: nil, options)
  }

  private init(_ weights: Checkpoint, path: FilePath?, _ options: ModelOptions) throws(Failure) {
    let file = path?.shown ?? "the weights"
    var metadata: ModelMetadata
    do { metadata = try ModelMetadata(weights.metadata) } catch { throw error.about(file) }
    metadata.declared.add(weights.traits)
    model = try LoadedModel.network(weights, metadata.declared, options.network, file)
    do { try metadata.check(model.configuration) } catch { throw error.about(file) }
    family = weights.family
    format = weights.format
    let found = try TokenizerLookup.find(
      options.tokenizer, metadata.merges, path, weights.folder, file,
      vocabularySize: model.configuration.vocabularySize)
    (tokenizer, tokenizerProblem) = found
    metadata.merges = nil
    preset = try LoadedModel.preset(metadata.preset, weights, model.configuration, file)
    if metadata.templates.isEmpty { metadata.templates = try TextList(preset.templates) }
    sha256 = try TextList(weights.sha256.map { [$0.hexadecimal] } ?? [])
    self.metadata = metadata
    knowsItsWords = try LabelNotes.areToldByVocabulary(tokenizer, metadata.labels)
    assumptions = LoadedModel.assumptions(
      model.configuration, weights.traits, isViewChosen: options.network.temporalView != nil)
  }

  /// The network. An error of a file that changed meanwhile says that it changed: a mix of two files looks like a
  /// damaged one.
  private static func network(
    _ weights: Checkpoint, _ declared: DeclaredOptions, _ options: LoadOptions, _ file: String
  ) throws(Failure) -> ActionCLIP {
    func checkUnchanged() throws(Failure) {
      do { try weights.checkUnchanged() } catch { throw error.about(file) }
    }
    let declaresOptions = weights.isReferences
    let model: ActionCLIP
    do {
      model = try ActionCLIP(
        weights.tensors, options: options, declared: declared, declaresOptions: declaresOptions,
        describeUnknown: { ": \(weights.describe(unknown: $0))" })
    } catch {
      try checkUnchanged()
      throw error.about(file)
    }
    try checkUnchanged()
    return model
  }

  /// The preset that the file names; else that of the family its weights are of, with the family's prompts.
  private static func preset(
    _ stated: Preset?, _ weights: Checkpoint, _ configuration: Configuration, _ file: String
  ) throws(Failure) -> Preset {
    let preset = stated ?? Preset(weights.family, weights.traits, imageSize: configuration.imageSize)
    do { try preset.check() } catch {
      guard error.kind != .outOfMemory else { throw error }
      throw .invalid("\(file): mean and std beside the weights: \(error.message)")
    }
    return preset
  }

  /// One line for each property of the model that neither the file nor the caller states.
  private static func assumptions(
    _ c: Configuration, _ traits: FamilyTraits, isViewChosen: Bool
  ) -> [StaticString] {
    var lines: [StaticString] = []
    if c.activationIsAssumed {
      lines.append(
        "the encoders' activation, QuickGELU, which weights do not tell (option activation)")
    }
    if c.headsAreAssumed {
      lines.append(
        """
        the number of attention heads, which weights do not tell; the model's configuration beside it would, or its \
        name in open_clip (option open_clip_name)
        """)
    }
    if traits.framesAreAssumedApart, !isViewChosen {
      lines.append(
        """
        that the frames of a video do not see each other, which this Open-VCLIP's file does not tell; in Open-VCLIP's \
        published configurations they see 1 frame on each side (option temporal_view)
        """)
    }
    return lines
  }

  /// The tokenizer, or an error that says where one was looked for.
  func requiredTokenizer() throws(Failure) -> Tokenizer {
    guard let tokenizer else { throw Failure(.noTokenizer, tokenizerProblem) }
    return tokenizer
  }
}
