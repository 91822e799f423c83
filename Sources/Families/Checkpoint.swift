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
    tensors = try Checkpoint.tensors(renamed, base, options.baseShare)
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

  /// The checkpoint's tensors, completed by those of its base and mixed with them.
  private static func tensors(
    _ renamed: RenamedTensors, _ base: (checkpoint: Checkpoint, path: FilePath)?, _ share: Double
  ) throws(Failure) -> any TensorSource {
    let own: any TensorSource = try LayerScaledTensors(renamed) ?? renamed
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

  // MARK: - Traits from the layout and the files beside the weights

  /// The family and traits that the layout tells, and the configuration beside the weights. Fails where the activation is
  /// neither told nor stated by the caller.
  private static func describe(
    _ layout: Layout, _ found: CheckpointFiles?, _ options: CheckpointOptions
  ) throws(Failure) -> (family: Family, traits: FamilyTraits, configuration: HuggingFaceConfiguration?) {
    var traits = FamilyTraits()
    switch layout.family {
    case .huggingFace, .huggingFaceXCLIP:
      let configuration: HuggingFaceConfiguration? =
        if let path = found?.configuration("config.json") {
          try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
            try HuggingFaceConfiguration(bytes, isXCLIP: layout.family == .huggingFaceXCLIP)
          }
        } else { nil }
      if let configuration {
        traits = configuration.traits
        traits.source = "config.json"
      }
      try found?.addImageProcessor(to: &traits, of: layout.family)
      if configuration != nil { return (layout.family, traits, configuration) }
      guard layout.family == .huggingFace else {
        throw .unsupported(
          "an X-CLIP in Hugging Face's layout without its config.json beside it, which states its heads: put it there"
        )
      }
      guard options.knowsActivation else {
        throw .unsupported(
          "a CLIP in Hugging Face's layout without its config.json beside it, which says whether it computes "
            + "QuickGELU or GELU: put it there, or say so (option activation)")
      }
    case .sigLIP:
      guard let path = found?.configuration("config.json") else {
        throw .unsupported(
          "a SigLIP without its config.json beside it, which says how many attention heads it has: put it there"
        )
      }
      traits = try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
        try SigLIPConfiguration(bytes).traits
      }
      traits.source = "config.json"
      try found?.addImageProcessor(to: &traits, of: .sigLIP)
      return (.sigLIP, traits, nil)
    case .openCLIPTimm:
      guard let path = found?.openCLIPConfiguration, options.openCLIPName == nil else {
        throw .unsupported(
          "an open_clip model with an image encoder of timm's is told by the open_clip_config.json beside it: put that "
            + "beside a file whose name begins with open_clip_, and leave the option open_clip_name out")
      }
      return (.openCLIPTimm, try openCLIP(path, hasTimmEncoder: true), nil)
    case .clip:
      if let name = options.openCLIPName {
        traits = try OpenCLIPNames.traits(name, isActivationKnown: options.knowsActivation)
        traits.source = "open_clip_name"
        return (.openCLIP, traits, nil)
      }
      if let path = found?.openCLIPConfiguration {
        return (.openCLIP, try openCLIP(path, hasTimmEncoder: false), nil)
      }
      if found?.isNamedAsOpenCLIPs == true, !options.knowsActivation {
        throw .unsupported(
          "a file of open_clip's without its open_clip_config.json beside it, which says whether it computes "
            + "QuickGELU or GELU: put it there, or say so (option activation), or give the model's name "
            + "(option open_clip_name)")
      }
    case .mmaction2:
      // mmaction2's Transf head has CLIP's epsilon; the reference's has 1e-12.
      traits.headEpsilon = 1e-5
      traits.activation = .quickGELU
    // They are built on CLIP's own code, which computes QuickGELU.
    case .viFiCLIP, .openVCLIP, .xclip: traits.activation = .quickGELU
    case .openCLIP: break
    }
    if traits.activation != nil { traits.source = "its layout, \(layout.family.name)'s," }
    return (layout.family, traits, nil)
  }

  /// The traits of an open_clip_config.json, whose image encoder must be of timm's if that of the tensors is.
  private static func openCLIP(
    _ path: FilePath, hasTimmEncoder: Bool
  ) throws(Failure) -> FamilyTraits {
    let configuration = try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
      try OpenCLIPConfiguration(bytes)
    }
    guard configuration.hasTimmEncoder == hasTimmEncoder else {
      throw Failure(
        .optionConflict,
        "open_clip_config.json has \(hasTimmEncoder ? "no" : "a") 'timm_model_name', but by the tensors' names the image "
          + "encoder is \(hasTimmEncoder ? "" : "not ")timm's: the two are not of one model")
    }
    var traits = configuration.traits
    traits.source = "open_clip_config.json"
    return traits
  }

  /// Fills in the numbers of attention heads that nothing has stated. With `asCLIP`, weights of CLIP's own code, there is
  /// one for each 64 channels. Otherwise the number is that of a released model of the same sizes, or it is assumed and
  /// marked so.
  private static func completeHeads(_ traits: inout FamilyTraits, _ tensors: any TensorSource, asCLIP: Bool) {
    func complete(
      _ heads: WritableKeyPath<FamilyTraits, Int?>, _ width: StatedSizes.Size, _ layers: StatedSizes.Size,
      _ known: (_ width: Int, _ layers: Int) -> (heads: Int, isKnown: Bool)
    ) {
      guard traits[keyPath: heads] == nil, let width = StatedSizes.measure(width, tensors)?.value,
        let layers = StatedSizes.measure(layers, tensors)?.value, width >= 64, width % 64 == 0
      else { return }
      let found = asCLIP ? (width / 64, true) : known(width, layers)
      traits[keyPath: heads] = found.0
      if !found.1 { traits.headsAreAssumed = true }
    }
    complete(\.visionHeads, .visionWidth, .visionLayers, OpenCLIPArchitecture.visionHeads)
    complete(\.textHeads, .textWidth, .textLayers, OpenCLIPArchitecture.textHeads)
  }

  /// Refuses a resized short side below the model's input size, which would need padding, or above 65535.
  private static func checkShortSide(
    _ traits: FamilyTraits, _ tensors: any TensorSource
  ) throws(Failure) {
    guard let side = traits.shortSide, let input = StatedSizes.measure(.imageSize, tensors)?.value,
      !(input...65_535).contains(side)
    else { return }
    throw .unsupported(
      "the image processor's 'size' is \(side), but the model's pictures are \(input) pixels wide: a short side from "
        + "\(input) to 65535 is computed, without padding")
  }

  /// The sizes that weights state as tensors of one number, as OpenAI's archives do. Fails where such a tensor is not one
  /// whole number.
  private static func statedByTensors(_ tensors: any TensorSource) throws(Failure) -> StatedSizes {
    var sizes = StatedSizes()
    let names: [(String, StatedSizes.Size)] = [
      (TensorNames.Buffers.imageSize, .imageSize), (TensorNames.Buffers.contextLength, .contextLength),
      (TensorNames.Buffers.vocabularySize, .vocabularySize),
    ]
    for (name, size) in names {
      guard let info = tensors.info(name) else { continue }
      guard info.count == 1 else {
        throw Failure(.tensorShape, "tensor '\(name)' has shape \(info.shape), expected a single number")
      }
      var value: Float = 0
      try withUnsafeMutablePointer(to: &value) { (pointer) throws(Failure) in
        try tensors.read(name, into: UnsafeMutableBufferPointer(start: pointer, count: 1))
      }
      guard let whole = Int(exactly: value) else {
        throw .invalid("tensor '\(name)' is \(value), expected a whole number")
      }
      sizes.add(size, whole, "tensor '\(name)' is")
    }
    return sizes
  }
}
