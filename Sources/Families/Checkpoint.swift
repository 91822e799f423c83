import Digest
import Text
import Weights

/// What to look for beside what the weights say.
public struct CheckpointOptions {
  /// Of the model in open_clip.
  public var openCLIPName: String?
  /// A CLIP file that gives what this one lacks: the token embedding.
  public var base: FilePath?
  /// The caller says what the encoders' activation is; else a layout that does not say must have a
  /// configuration file.
  public var knowsActivation = false
  /// It is looked at for what another lacks.
  fileprivate var isBase = false
  /// Of the weights; a base's are not hashed.
  public var hashing = Hashing.none

  public init() {}
}

/// Weights ready for the model: whatever form they came in, under the reference's names, with what is known of
/// the model besides. Keeps its files open; `checkUnchanged` is to be called after the last tensor was read.
public struct Checkpoint {
  public let tensors: any TensorSource
  public let family: Family
  public let traits: FamilyTraits
  public let format: WeightsFormat
  /// The safetensors header's `__metadata__`, sorted by key.
  public let metadata: [(key: String, value: String)]
  /// See `WeightsFile.sections`.
  public let sections: [String]
  /// Where its tokenizer lies, if it has one; nil for weights from memory.
  public let folder: FilePath?
  /// Of the file of weights, if it was asked for; of several see `CheckpointFiles.sha256`.
  public let sha256: SHA256.Digest?
  private let files: [WeightsFile]

  /// A file of weights, an index of several, or a folder as Hugging Face and open_clip have them.
  public init(_ path: FilePath, _ options: CheckpointOptions = CheckpointOptions()) throws(WeightsError) {
    let found = try CheckpointFiles(path, options.hashing)
    do { try self.init(found.tensors, found.files, found, options) } catch {
      for file in found.files { try file.checkUnchanged() }  // a mix of two files looks like a damaged one
      throw error.within(path.shown)
    }
  }

  /// Weights in the caller's memory, which must stay as it is for as long as this value lives.
  public init(
    bytes: UnsafeRawBufferPointer, _ options: CheckpointOptions = CheckpointOptions()
  ) throws(WeightsError) {
    let file = try WeightsFile(bytes: bytes, hashing: options.hashing)
    try self.init(file, [file], nil, options)
  }

  private init(
    _ source: any TensorSource, _ files: [WeightsFile], _ found: CheckpointFiles?,
    _ options: CheckpointOptions
  ) throws(WeightsError) {
    var files = files
    guard let first = files.first else { throw .invalid("there are no files") }
    let layout = try Layout(source.names)
    let renamed = try RenamedTensors(source, layout)
    // The library's own form says everything itself.
    let isOwn = files.count == 1 && first.metadata.contains { $0.key == "actionclip.format" }
    guard !isOwn || options.openCLIPName == nil else {
      throw WeightsError(
        .optionConflict,
        "open_clip's name of the model was given, but the file is in the single-file form, which says itself what the "
          + "model is: leave the name out")
    }
    let described =
      isOwn && layout.family == .clip
      ? (family: layout.family, traits: FamilyTraits(), configuration: nil)
      : try Checkpoint.describe(layout, found, options)
    var traits = described.traits
    // OpenAI's own archives tell these, and nobody else's do; their models have QuickGELU.
    if first.format == .torchScript, described.family == .clip, renamed.info("input_resolution") != nil {
      traits.activation = .quickGELU
    }
    family = described.family
    if options.openCLIPName != nil, layout.family != .clip {
      throw WeightsError(
        .optionConflict,
        "open_clip's name of the model was given, but the file is in the layout of \(layout.family.name)")
    }
    if !isOwn { try Checkpoint.checkHeads(renamed, traits, layout.family) }
    try Checkpoint.checkWidths(renamed, traits)
    let embedding = Completed.tokenEmbedding
    if renamed.info(embedding) == nil, !options.isBase, family == .viFiCLIP || options.base != nil {
      guard let base = options.base else {
        throw WeightsError(
          .missingTensor,
          "the file has no token embedding, as \(family.name) saves none: name the CLIP file that it was trained "
            + "from too (base_path, --base, base=)")
      }
      var asBase = CheckpointOptions()
      asBase.isBase = true
      // The token embedding is the same in any activation.
      asBase.knowsActivation = true
      let other = try Checkpoint(base, asBase)
      tensors = try Completed(renamed, with: other.tensors, of: base.shown)
      files += other.files
    } else {
      guard options.base == nil else {
        throw WeightsError(
          .optionConflict, "a base file was given, but '\(embedding)' is in the weights themselves")
      }
      tensors = renamed
    }
    if let configuration = described.configuration, let info = tensors.info(embedding),
      let rows = info.shape.first
    {
      do { try configuration.check(vocabulary: rows) } catch { throw error.within("config.json") }
    }
    format = first.format
    metadata = files.count == 1 ? first.metadata : []
    sections = first.sections
    folder = found?.folder
    sha256 = found?.sha256 ?? first.sha256
    if family == .mmaction2 { traits.usualFrames = tensors.info(Checkpoint.framePositions)?.shape.first }
    self.traits = traits
    self.files = files
  }

  /// mmaction2 keeps one for each frame, where the reference keeps one for each token.
  private static let framePositions = "fusion.frame_position_embeddings.weight"

  /// A file that was written to while its tensors were read may be a mix of two.
  public func checkUnchanged() throws(WeightsError) { for file in files { try file.checkUnchanged() } }

  // MARK: - Beside the weights

  private static func describe(
    _ layout: Layout, _ found: CheckpointFiles?, _ options: CheckpointOptions
  ) throws(WeightsError) -> (family: Family, traits: FamilyTraits, configuration: HuggingFaceConfiguration?) {
    var traits = FamilyTraits()
    switch layout.family {
    case .huggingFace:
      if let path = found?.configuration("config.json") {
        var configuration = try CheckpointFiles.parse(path) { (bytes) throws(WeightsError) in
          try HuggingFaceConfiguration(bytes)
        }
        if let path = found?.configuration("preprocessor_config.json") {
          try CheckpointFiles.parse(path) { (bytes) throws(WeightsError) in
            try configuration.addPreprocessing(bytes)
          }
        }
        traits = configuration.traits
        traits.source = "config.json"
        return (.huggingFace, traits, configuration)
      }
      guard options.knowsActivation else {
        throw .unsupported(
          "a CLIP in Hugging Face's layout without its config.json beside it, which says whether it computes "
            + "QuickGELU or GELU: put it there, or say so (activation, --activation)")
      }
    case .clip:
      if let name = options.openCLIPName {
        traits = try OpenCLIPNames.traits(name, isActivationKnown: options.knowsActivation)
        traits.source = "open_clip_name"
        return (.openCLIP, traits, nil)
      }
      if let path = found?.openCLIPConfiguration {
        let configuration = try CheckpointFiles.parse(path) { (bytes) throws(WeightsError) in
          try OpenCLIPConfiguration(bytes)
        }
        traits = configuration.traits
        traits.source = "open_clip_config.json"
        return (.openCLIP, traits, nil)
      }
      if found?.isNamedAsOpenCLIPs == true, !options.knowsActivation {
        throw .unsupported(
          "a file of open_clip's without its open_clip_config.json beside it, which says whether it computes "
            + "QuickGELU or GELU: put it there, or say so (activation, --activation) or give the model's name "
            + "(open_clip_name, --open-clip-name)")
      }
    case .mmaction2:
      // CLIP's own LayerNorm, where the reference's head has another.
      traits.headEpsilon = 1e-5
      traits.activation = .quickGELU
    // They are made of CLIP's own program.
    case .viFiCLIP, .openVCLIP: traits.activation = .quickGELU
    case .openCLIP: break
    }
    if traits.activation != nil { traits.source = "its layout, \(layout.family.name)'s," }
    return (layout.family, traits, nil)
  }

  /// The larger image encoders of open_clip have heads of another size than CLIP's 64.
  private static func checkHeads(
    _ tensors: RenamedTensors, _ traits: FamilyTraits, _ family: Family
  ) throws(WeightsError) {
    let name = "visual.conv1.weight"
    guard traits.visionHeads == nil, let width = tensors.info(name)?.shape.first,
      [1280, 1408, 1664, 1792].contains(width),
      tensors.info("visual.transformer.resblocks.31.ln_1.weight") != nil
    else { return }
    let advice =
      family == .huggingFace
      ? "put its config.json beside it"
      : "give the model's name, such as ViT-H-14 (open_clip_name, --open-clip-name)"
    throw .unsupported(
      "tensor '\(name)' gives the width \(width) of open_clip's largest models, whose heads are not of 64 numbers "
        + "as CLIP's: \(advice)")
  }

  /// Heads go with widths: a configuration or a name that is another model's would make wrong numbers.
  private static func checkWidths(
    _ tensors: RenamedTensors, _ traits: FamilyTraits
  ) throws(WeightsError) {
    for (stated, name, dimension) in [
      (traits.visionWidth, "visual.conv1.weight", 0), (traits.textWidth, "token_embedding.weight", 1),
    ] {
      guard let stated, let shape = tensors.info(name)?.shape, shape.count > dimension,
        shape[dimension] != stated
      else { continue }
      throw WeightsError(
        .optionConflict,
        "\(traits.source ?? "the configuration") is of a model of width \(stated), but tensor '\(name)' has shape "
          + "\(shape): it is another model's")
    }
  }
}
