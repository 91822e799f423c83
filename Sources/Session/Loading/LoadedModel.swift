import Digest
import Families
import Model
import ModelFile
import Numerics
import Preprocess
import System
import TensorNames
import Text
import Tokenizer
import Weights

/// A loaded model with its tokenizer and the metadata of its file. It is immutable, and any number of threads may use
/// it at once.
public final class LoadedModel: Sendable {
  public let model: ActionCLIP
  public let tokenizer: Tokenizer?
  /// One line that says why there is no tokenizer.
  private let tokenizerProblem: String
  public let format: WeightsFormat
  public let family: Family
  /// The labels, templates and notes of the file, without its merge list, which the tokenizer holds.
  public let metadata: ModelMetadata
  /// The choice of frames and the preprocessing that are used if the caller gives none.
  public let preset: Preset
  /// Whether the vocabulary shows which words the model learned: it is smaller than CLIP's, and every word of the
  /// file's labels is one token.
  let knowsItsWords: Bool
  /// The file's SHA-256 in hexadecimal, as the only text; empty if it was not computed.
  public let sha256: TextList
  /// One line for people for each property of the model that neither its file nor the caller states.
  public let assumptions: [StaticString]
  /// The threads, processors and limit of instruction sets that the model was loaded with, which models made of it have
  /// too.
  let computing: LoadOptions
  /// Memory and sign that the model's streams share.
  let streams = StreamHub()
  /// The open files that saving reads the numbers from; nil: the model has its numbers. Nothing in it changes, and any
  /// threads may read from it.
  nonisolated(unsafe) let unreadFiles: Checkpoint?
  /// Whether the model has no numbers, and can be saved and nothing else.
  public var isForSaving: Bool { unreadFiles != nil }

  public var configuration: Configuration { model.configuration }
  /// The time from frame to frame that the model's file declares, in nanoseconds; nil if it declares none.
  public var frameIntervalNanoseconds: Int64? { metadata.frameIntervalNanoseconds }

  /// Loads a file of weights, an index of shards, a folder, or a model in Hugging Face's cache by its name there. nil
  /// loads the default model.
  public convenience init(_ name: FilePath?, _ options: ModelOptions) throws(Failure) {
    let path =
      if let name { try HubCache.path(name) } else { try DefaultModel.path() }
    try self.init(Checkpoint(path, options.checkpoint()), path: path, options)
  }

  /// Gives the model that loading with these options would make, told by the headers of its files: its sizes, options,
  /// notes and memory. Its numbers are not read: it must not encode.
  public static func unread(_ name: FilePath?, _ options: ModelOptions) throws(Failure) -> LoadedModel {
    var options = options
    options.network.readsNumbers = false
    return try LoadedModel(name, options)
  }

  /// Loads weights from memory, which the caller may free after the call.
  public convenience init(bytes: UnsafeRawBufferPointer, _ options: ModelOptions) throws(Failure) {
    try self.init(Checkpoint(bytes: bytes, options.checkpoint()), path: nil, options)
  }

  private init(_ weights: Checkpoint, path: FilePath?, _ options: ModelOptions) throws(Failure) {
    let file = path?.shown ?? "the weights"
    guard !options.isForSaving || path != nil else {
      throw Failure(
        .optionConflict,
        "a model for saving reads its files when it is saved, and a buffer may be gone by then")
    }
    var options = options
    if options.isForSaving { options.network.readsNumbers = false }
    var metadata: ModelMetadata
    do { metadata = try ModelMetadata(weights.metadata) } catch { throw error.about(file) }
    guard metadata.note(ClassifierContents.versionKey) == nil else {
      throw .unsupported(
        "\(file): is a taught classifier, not a model: load it with actionclip_classifier_load")
    }
    metadata.declared.add(weights.traits)
    computing = try LoadedModel.computing(options.network)
    model = try LoadedModel.network(weights, metadata.declared, options.network, computing, file)
    unreadFiles = options.isForSaving ? weights : nil
    guard !options.isForSaving || model.precision == .fp32 else {
      throw Failure(
        .optionConflict,
        "\(file): a model for saving is in fp32, and this one is in \(model.precision.name): load it as usual"
      )
    }
    do { try metadata.check(model.configuration) } catch { throw error.about(file) }
    family = weights.family
    format = weights.format
    let lookup = TokenizerLookup(
      vocabularySize: model.configuration.vocabularySize,
      kind: model.configuration.isSigLIP
        ? .pieces : model.configuration.hasWordPieces ? .wordPieces : .bytePairs)
    let found = try lookup.find(
      options.tokenizer, metadata.merges, pieces: LoadedModel.storedTokenizer(weights.tensors), path,
      weights.folder, file)
    (tokenizer, tokenizerProblem) = found
    metadata.merges = nil
    preset = try LoadedModel.preset(metadata.preset, weights, model.configuration, file)
    if metadata.templates.isEmpty {
      let hasContext = model.configuration.contextVectors > 0
      // ViFi-CLIP learns the words before a label and a full stop.
      let context = TunedContext.template + (family == .viFiCLIP ? "." : "")
      metadata.templates = try TextList(hasContext ? [context] : preset.templates)
    }
    sha256 = try TextList(weights.sha256.map { [$0.hexadecimal] } ?? [])
    self.metadata = metadata
    knowsItsWords = try LabelNotes.vocabularyShowsWords(tokenizer, metadata.labels)
    assumptions = LoadedModel.assumptions(
      model.configuration, weights.traits, isViewChosen: options.network.temporalView != nil)
  }

  /// The bytes of the tokenizer file that a file of weights holds; none where it holds none.
  private static func storedTokenizer(_ tensors: any TensorSource) throws(Failure) -> GrowingArray<UInt8> {
    let name = TensorNames.tokenizer
    guard let info = tensors.info(name) else { return GrowingArray() }
    guard info.elementType == .u8, info.shape.count == 1, info.count <= 64 << 20 else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' holds \(info.elementType) of shape \(info.shape), expected at most 67108864 bytes (u8)"
      )
    }
    let bytes = try GrowingArray<UInt8>(uninitialized: info.count)
    guard try tensors.readStored(name, into: UnsafeMutableRawBufferPointer(bytes.buffer)) else {
      throw .unsupported("tensor '\(name)' has gaps between its bytes")
    }
    return bytes
  }

  /// Options of a network that computes as this one does.
  func network(precision: Precision) -> LoadOptions {
    var options = computing
    options.precision = precision
    return options
  }

  /// A model of other weights, with all else of `other` but its SHA-256. `labels` and `templates` take the place of the
  /// file's.
  init(
    _ other: LoadedModel, _ model: ActionCLIP, labels: TextList?, templates: TextList? = nil
  ) throws(Failure) {
    self.model = model
    unreadFiles = nil
    (tokenizer, tokenizerProblem) = (other.tokenizer, other.tokenizerProblem)
    (format, family, preset) = (other.format, other.family, other.preset)
    computing = other.computing
    var metadata = other.metadata
    if let labels { metadata.labels = labels }
    if let templates { (metadata.templates, metadata.templateWeights) = (templates, nil) }
    self.metadata = metadata
    knowsItsWords = try LabelNotes.vocabularyShowsWords(tokenizer, metadata.labels)
    sha256 = try TextList([])
    assumptions = other.assumptions
  }

  /// The part of the caller's options that a model keeps, within the environment's limit of instruction sets.
  private static func computing(_ options: LoadOptions) throws(Failure) -> LoadOptions {
    LoadOptions(
      threads: options.threads, processors: options.processors,
      instructions: InstructionSet.lower(options.instructions, try InstructionLimit.ofEnvironment()))
  }

  /// Builds the network. If the file was changed meanwhile, the error says so, since a mix of two files looks damaged.
  private static func network(
    _ weights: Checkpoint, _ declared: DeclaredOptions, _ options: LoadOptions, _ computing: LoadOptions,
    _ file: String
  ) throws(Failure) -> ActionCLIP {
    func checkUnchanged() throws(Failure) {
      do { try weights.checkUnchanged() } catch { throw error.about(file) }
    }
    var options = options
    options.instructions = computing.instructions
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

  /// The preset that the file states, else that of the weights' family.
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
        "the encoders' activation, QuickGELU, which weights do not state (option activation)")
    }
    if c.headsAreAssumed {
      lines.append(
        """
        the number of attention heads, which weights do not state; put the model's configuration beside it, or give \
        its name in open_clip (option open_clip_name)
        """)
    }
    if traits.framesAreAssumedApart, !isViewChosen {
      lines.append(
        """
        that the frames of a video do not see each other, which this Open-VCLIP file does not state; in Open-VCLIP's \
        published configurations they see 1 frame on each side (option temporal_view)
        """)
    }
    return lines
  }

  /// The tokenizer. Throws if there is none, with the reason.
  func requiredTokenizer() throws(Failure) -> Tokenizer {
    guard let tokenizer else { throw Failure(.noTokenizer, tokenizerProblem) }
    return tokenizer
  }
}
