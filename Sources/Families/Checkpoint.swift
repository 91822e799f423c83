import Digest
import System
import TensorNames
import Text
import Weights

/// Options for opening a checkpoint.
public struct CheckpointOptions {
  /// The model's name in open_clip, where the caller gives it.
  public var openCLIPName: String?
  /// The CLIP file from which a checkpoint that was saved without its token embedding takes it.
  public var base: FilePath?
  /// The share of the base's numbers that is mixed into those of the checkpoint, from 0 to below 1.
  public var baseShare = 0.0
  /// Whether the caller states the encoders' activation. If not, weights whose layout leaves it open need a
  /// configuration file beside them.
  public var knowsActivation = false
  /// Whether these weights are the base of another checkpoint, which takes the tensors it lacks from here.
  fileprivate var isBase = false
  /// Whether these weights are the model that a LoRA is merged into.
  fileprivate var isAdapted = false
  /// Whether and how the file of weights is hashed. Base files are never hashed.
  public var hashing = HashRequest.none
  /// Finds a model by its name in Hugging Face's cache, where a LoRA's model is looked for last; nil: it is not there.
  public var cached: (_ name: FilePath) throws(Failure) -> FilePath? = { (_) throws(Failure) in nil }

  public init() {}
}

/// Weights ready for the model: tensors under the reference's names, whatever the file's layout, and the traits that the
/// layout and the files beside it tell. Keeps its files open; call `checkUnchanged` after the last tensor was read.
public struct Checkpoint {
  public let tensors: any TensorSource
  public let family: Family
  public let traits: FamilyTraits
  public let format: WeightsFormat
  /// The safetensors header's `__metadata__`, sorted by key.
  public let metadata: TextPairs
  /// Whether ActionCLIP's own training saved this checkpoint. If so, its tensors' names tell every temporal option.
  public let isReferences: Bool
  /// The folder of the files, where a tokenizer may lie; nil for weights from memory.
  public let folder: FilePath?
  /// The hash of the file of weights, if it was asked for; for several files see `CheckpointFiles.sha256`.
  public let sha256: SHA256.Digest?
  private let files: [WeightsFile]
  private let renamed: RenamedTensors

  /// Opens the weights at a path: a file, an index of shards, or a folder as Hugging Face and open_clip write it.
  public init(_ path: FilePath, _ options: CheckpointOptions = CheckpointOptions()) throws(Failure) {
    if let adapter = try AdapterFolder(path, options.hashing) {
      guard !options.isAdapted else {
        throw .unsupported(
          "\(path.shown): holds LoRA matrices too, and no model that others can be merged into: merge them first "
            + "(merge_and_unload in peft)")
      }
      do throws(Failure) { try self.init(adapter, options) } catch { throw error.about(path.shown) }
      return
    }
    let found = try CheckpointFiles(path, options.hashing)
    do {
      try found.refuseForeign()
      try self.init(found.tensors, found.files, found, options)
    } catch {
      for file in found.files { try file.checkUnchanged() }  // else it reads as damaged
      throw error.about(path.shown)
    }
  }

  /// A base model with an adapter's matrices merged in. All but the numbers is the base's.
  private init(_ adapter: AdapterFolder, _ options: CheckpointOptions) throws(Failure) {
    let place = try adapter.base(options.base, cached: options.cached)
    var own = options
    (own.base, own.baseShare, own.hashing, own.isAdapted) = (nil, 0, .none, true)
    let base = try Checkpoint(place, own)
    let merged = try AdaptedTensors(base.tensors, adapter)
    tensors =
      options.baseShare == 0
      ? merged
      : try BaseMixedTensors(merged, with: base.tensors, share: options.baseShare, of: place.shown)
    (family, traits, metadata, isReferences) = (base.family, base.traits, base.metadata, base.isReferences)
    (folder, renamed) = (base.folder, base.renamed)
    (format, sha256) = (adapter.weights.format, adapter.weights.sha256)
    files = [adapter.weights] + base.files
  }

  /// Opens weights in the caller's memory, which must not change or go away while this value lives.
  public init(
    bytes: UnsafeRawBufferPointer, _ options: CheckpointOptions = CheckpointOptions()
  ) throws(Failure) {
    let file = try WeightsFile(bytes: bytes, hashing: options.hashing, keys: .known)
    try self.init(file, [file], nil, options)
  }

  private init(
    _ source: any TensorSource, _ files: [WeightsFile], _ found: CheckpointFiles?,
    _ options: CheckpointOptions
  ) throws(Failure) {
    guard let first = files.first else { throw .invalid("there are no files") }
    isReferences = first.sections.contains(StateDictKeys.headKey)
    let layout = try Layout(source.names, sections: first.sections)
    let renamed = try RenamedTensors(source, layout)
    // A file in the single-file form states every option, so nothing beside it is read.
    let isOwn = files.count == 1 && first.metadata.index(of: "actionclip.format".utf8) != nil
    guard !isOwn || options.openCLIPName == nil else {
      throw Failure(
        .optionConflict,
        "open_clip's name of the model was given, but the file is in the single-file form, which says itself what the "
          + "model is: leave the name out")
    }
    let described =
      isOwn && layout.family == .clip
      ? (family: layout.family, traits: FamilyTraits(), configuration: nil)
      : try Checkpoint.describe(layout, found, options)
    var traits = described.traits
    family = described.family
    if isOwn, first.metadata.index(of: "actionclip.word_pieces".utf8) != nil { traits.hasWordPieces = true }
    try Checkpoint.addTraits(of: first, renamed, family, to: &traits)
    if options.openCLIPName != nil, layout.family != .clip {
      throw Failure(
        .optionConflict,
        "open_clip's name of the model was given, but the file is in the layout of \(layout.family.name)")
    }
    let base = try Checkpoint.base(of: renamed, family, options)
    tensors = try Checkpoint.tensors(
      try Checkpoint.computed(renamed, family, traits), base, options.baseShare)
    if !options.isBase {
      if !isOwn {
        let isCLIPs =
          family != .clip && !family.isHuggingFaces || isReferences
          || traits.activation == .quickGELU && first.format == .torchScript
        Checkpoint.completeHeads(&traits, tensors, asCLIP: isCLIPs)
      }
      try Checkpoint.checkSizes(&traits, tensors)
    }
    if let configuration = described.configuration,
      let rows = tensors.info(TensorNames.Text.tokenEmbedding)?.shape.first
    {
      do { try configuration.check(vocabulary: rows) } catch { throw error.about("config.json") }
    }
    format = first.format
    metadata = files.count == 1 ? first.metadata : TextPairs()
    folder = found?.folder
    sha256 = found?.sha256 ?? first.sha256
    if family == .mmaction2 { traits.usualFrames = tensors.info(Checkpoint.framePositions)?.shape.first }
    self.traits = traits
    self.files = files + (base?.checkpoint.files ?? [])
    self.renamed = renamed
  }

  /// The tensors as the model has them: those that it keeps multiplied together are computed.
  private static func computed(
    _ renamed: RenamedTensors, _ family: Family, _ traits: FamilyTraits
  ) throws(Failure) -> any TensorSource {
    if family == .openCLIPTimm, let stem = try StemTensors(renamed, isStated: traits.hasStem) { return stem }
    return try LayerScaledTensors(renamed) ?? renamed
  }

  /// The checkpoint's tensors, completed by those of its base and mixed with them.
  private static func tensors(
    _ own: any TensorSource, _ base: (checkpoint: Checkpoint, path: FilePath)?, _ share: Double
  ) throws(Failure) -> any TensorSource {
    guard let base else { return own }
    let (other, file) = (base.checkpoint.tensors, base.path.shown)
    let isWhole = own.info(TensorNames.Text.tokenEmbedding) != nil
    let whole: any TensorSource =
      isWhole ? own : try BaseCompletedTensors(own, with: other, of: file)
    return share == 0 ? whole : try BaseMixedTensors(whole, with: other, share: share, of: file)
  }

  /// The CLIP that gives the token embedding where the file has none, and what is mixed in; nil where the file needs
  /// none.
  private static func base(
    of renamed: RenamedTensors, _ family: Family, _ options: CheckpointOptions
  ) throws(Failure) -> (checkpoint: Checkpoint, path: FilePath)? {
    let embedding = TensorNames.Text.tokenEmbedding
    let needsBase = renamed.info(embedding) == nil || options.baseShare > 0
    guard needsBase, !options.isBase, family == .viFiCLIP || options.base != nil else {
      guard options.base == nil else {
        throw Failure(
          .optionConflict, "a base file was given, but '\(embedding)' is in the weights themselves")
      }
      return nil
    }
    guard let path = options.base else {
      throw Failure(
        .missingTensor,
        "the file has no token embedding, as \(family.name) saves none: name the CLIP file that it was trained "
          + "from too (option base_path)")
    }
    var asBase = CheckpointOptions()
    asBase.isBase = true
    // Only numbers are taken from the base, so its activation does not matter.
    asBase.knowsActivation = true
    return (try Checkpoint(path, asBase), path)
  }

  /// Adds the traits that the file of weights tells by itself.
  private static func addTraits(
    of file: WeightsFile, _ tensors: RenamedTensors, _ family: Family, to traits: inout FamilyTraits
  ) throws(Failure) {
    // Only OpenAI's TorchScript archives hold the image size as a tensor, and all of OpenAI's models have QuickGELU.
    if file.format == .torchScript, family == .clip, tensors.info(TensorNames.Buffers.imageSize) != nil {
      traits.activation = .quickGELU
    }
    if family == .openVCLIP {
      let settings = OpenVCLIPSettings(file.settings ?? [])
      traits.temporalView = try settings.view()
      traits.scoresFrames = true
      traits.usualFrames = settings.frames
      traits.framesAreAssumedApart = !settings.isKnown
    }
  }

  /// Holds the sizes that are stated beside the tensors, or among them, against the tensors' own.
  private static func checkSizes(
    _ traits: inout FamilyTraits, _ tensors: any TensorSource
  ) throws(Failure) {
    traits.sizes.add(try statedByTensors(tensors))
    try traits.sizes.check(tensors)
    try checkShortSide(traits, tensors)
    // A tokenizer of pieces may have any number of them.
    if tensors.info(TensorNames.Vision.probe) == nil, !traits.hasWordPieces,
      let rows = StatedSizes.measure(.vocabularySize, tensors)?.value
    {
      try ForeignModels.check(vocabulary: rows)
    }
  }

  /// One line about a tensor that no part of the model uses: the module it belongs to, and how to go on.
  public func describe(unknown name: String) -> String {
    UnknownTensors.describe(
      name, source: renamed.sourceName(of: name), format, container: files.first?.container)
  }

  /// The name of the temporal head's position embeddings: a row for each frame in mmaction2's files, for each token position
  /// in the reference's.
  private static let framePositions = TensorNames.Head.framePositions

  /// Fails if a file was written to since it was opened: its tensors may then be a mix of two versions.
  public func checkUnchanged() throws(Failure) { for file in files { try file.checkUnchanged() } }
}
