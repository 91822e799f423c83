import System
import TensorNames
import Weights

/// Traits of a model from its layout and the files beside the weights.
extension Checkpoint {
  typealias Description = (family: Family, traits: FamilyTraits, configuration: HuggingFaceConfiguration?)

  /// The family and traits that the layout tells, and the configuration beside the weights. Fails where the activation is
  /// neither told nor stated by the caller.
  static func describe(
    _ layout: Layout, _ found: CheckpointFiles?, _ options: CheckpointOptions
  ) throws(Failure) -> Description {
    var traits = FamilyTraits()
    switch layout.family {
    case .huggingFace, .huggingFaceXCLIP: return try huggingFace(layout.family, found, options)
    case .sigLIP: return (.sigLIP, try sigLIP(found), nil)
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

  /// A CLIP or an X-CLIP in Hugging Face's layout, by its config.json and its image processor.
  private static func huggingFace(
    _ family: Family, _ found: CheckpointFiles?, _ options: CheckpointOptions
  ) throws(Failure) -> Description {
    var traits = FamilyTraits()
    let configuration: HuggingFaceConfiguration? =
      if let path = found?.configuration("config.json") {
        try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
          try HuggingFaceConfiguration(bytes, isXCLIP: family == .huggingFaceXCLIP)
        }
      } else { nil }
    if let configuration {
      traits = configuration.traits
      traits.source = "config.json"
    }
    try found?.addImageProcessor(to: &traits, of: family)
    guard configuration == nil else { return (family, traits, configuration) }
    guard family == .huggingFace else {
      throw .unsupported(
        "an X-CLIP in Hugging Face's layout without its config.json beside it, which states its heads: put it there"
      )
    }
    guard options.knowsActivation else {
      throw .unsupported(
        "a CLIP in Hugging Face's layout without its config.json beside it, which says whether it computes "
          + "QuickGELU or GELU: put it there, or say so (option activation)")
    }
    return (family, traits, nil)
  }

  private static func sigLIP(_ found: CheckpointFiles?) throws(Failure) -> FamilyTraits {
    guard let found, let path = found.configuration("config.json") else {
      throw .unsupported(
        "a SigLIP without its config.json beside it, which says how many attention heads it has: put it there"
      )
    }
    var traits = try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
      try SigLIPConfiguration(bytes).traits
    }
    traits.source = "config.json"
    try found.addImageProcessor(to: &traits, of: .sigLIP)
    return traits
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
  static func completeHeads(_ traits: inout FamilyTraits, _ tensors: any TensorSource, asCLIP: Bool) {
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
  static func checkShortSide(
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
  static func statedByTensors(_ tensors: any TensorSource) throws(Failure) -> StatedSizes {
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
