import System
import Weights

extension Configuration {
  /// Sizes from tensor shapes and options from tensor names, checked against the caller's choices and
  /// what the file declares. Also returns what stands between "resblocks.N." and a block's tensor names.
  static func infer(
    _ reader: ParameterReader, _ options: LoadOptions, _ declared: DeclaredOptions,
    declaresOptions: Bool
  ) throws(ModelError) -> (Configuration, blockInfix: String) {
    let onOff = { (value: Bool) in value ? "on" : "off" }
    let joint = try Choice("joint", asked: options.joint, declared: declared.joint, shown: onOff)
    let shift = try Choice(
      "temporal_shift", asked: options.temporalShift, declared: declared.temporalShift, shown: onOff)
    let head = try Choice("head", asked: options.head, declared: declared.head, shown: \.name)
    let frames = try Choice("frames", asked: options.frames, declared: declared.frames, shown: \.description)
    let activation = try Choice(
      "activation", asked: options.activation, declared: declared.activation, by: declared.configuration,
      shown: \.name)
    let view = try Choice(
      "temporal_view", asked: options.temporalView, declared: declared.temporalView,
      by: declared.configuration,
      shown: \.description)
    try declared.check()
    var c = Configuration()
    c.activation = activation.value ?? .quickGELU
    // The reference's own code has no other than QuickGELU.
    c.activationIsAssumed = activation.value == nil && !declaresOptions
    c.epsilon = declared.epsilon ?? c.epsilon
    c.headEpsilon = declared.headEpsilon ?? c.headEpsilon
    try c.inferVision(reader)
    try c.inferText(reader)
    c.visionHeads = try heads(
      declared.visionHeads, by: declared.configuration, c.visionWidth, "vision_heads", "visual.conv1.weight")
    c.textHeads = try heads(
      declared.textHeads, by: declared.configuration, c.textWidth, "text_heads", "token_embedding.weight")
    c.headsAreAssumed = declared.headsAreAssumed
    let infix = try c.inferShift(reader, shift, declaresOptions)
    let blocks = "visual.transformer.resblocks."
    c.visionLayers = reader.countLayers(blocks, infix + "ln_1.weight")
    guard c.visionLayers > 0 else {
      throw ModelError(
        .missingTensor, "tensor '\(blocks)0.ln_1.weight' is missing: the image encoder has no block")
    }
    try c.inferJoint(reader, joint)
    c.temporalView = view.value ?? 0
    guard c.temporalView == 0 || !declaresOptions else {
      throw view.contradiction(
        "temporal_view was asked for", "the checkpoint is the reference's, which has no such thing")
    }
    guard c.temporalView == 0 || !c.joint && !c.temporalShift else {
      throw ModelError(
        .optionConflict,
        "frames whose tokens see their neighbours' (temporal_view) exclude joint tokens and temporal shift; the file "
          + "or options ask for both")
    }
    try c.inferHead(reader, head)
    try c.inferFrames(reader, frames, usual: declared.usualFrames)
    return (c, infix)
  }

  public static let maximumHeads = 8192
  /// The most frames a video may have.
  public static let maximumFrames = 1024

  private mutating func inferVision(_ reader: ParameterReader) throws(ModelError) {
    let name = "visual.conv1.weight"
    let conv = try reader.shape(name, rank: 4, for: "the image encoder's patch embedding")
    guard conv[1] == 3, conv[2] == conv[3], conv[2] <= 1024 else {
      throw ModelError(.tensorShape, "tensor '\(name)' has shape \(conv), expected [W, 3, p, p]")
    }
    (visionWidth, patchSize) = (conv[0], conv[2])

    let positions = "visual.positional_embedding"
    let rows = try reader.shape(positions, rank: 2, for: "the image encoder")[0]
    let grid = Int(Double(rows - 1).squareRoot().rounded())
    guard grid > 0, grid <= 256, grid * grid == rows - 1 else {
      throw ModelError(
        .tensorShape,
        "tensor '\(positions)' has \(rows) rows, expected one more than a square number up to 65536")
    }
    imageSize = grid * patchSize
    guard imageSize <= 4096 else {
      throw ModelError(
        .tensorShape, "input side \(imageSize) (from '\(positions)' and '\(name)') is over 4096")
    }
    embeddingSize = try reader.shape("visual.proj", rank: 2, for: "the image encoder")[1]
    guard embeddingSize <= 65_536 else {
      throw ModelError(
        .tensorShape, "tensor 'visual.proj' gives embedding size \(embeddingSize), over 65536")
    }
  }

  private mutating func inferText(_ reader: ParameterReader) throws(ModelError) {
    let name = "token_embedding.weight"
    let embedding = try reader.shape(name, rank: 2, for: "the text encoder")
    (vocabularySize, textWidth) = (embedding[0], embedding[1])
    contextLength = try reader.shape("positional_embedding", rank: 2, for: "the text encoder")[0]
    guard contextLength >= 2, contextLength <= 65_536 else {
      throw ModelError(
        .tensorShape,
        "tensor 'positional_embedding' gives context length \(contextLength), not 2 to 65536")
    }
    textLayers = reader.countLayers("transformer.resblocks.", "ln_1.weight")
    guard textLayers > 0 else {
      throw ModelError(
        .missingTensor,
        "tensor 'transformer.resblocks.0.ln_1.weight' is missing: the text encoder has no block")
    }
  }

  /// As many heads as the file says, or else one for each 64 numbers. `name` is the tensor that gives the width.
  private static func heads(
    _ declared: Int?, by configuration: String?, _ width: Int, _ key: String, _ name: String
  ) throws(ModelError) -> Int {
    guard width <= 16_384, declared != nil || width % headSize == 0 else {
      throw ModelError(
        .tensorShape, "tensor '\(name)' gives width \(width), expected a multiple of 64 up to 16384")
    }
    guard let declared else { return width / headSize }
    guard declared > 0, width % declared == 0, (width / declared).isMultiple(of: 2), width / declared <= 256
    else {
      throw ModelError(
        .invalid,
        "\(configuration ?? "the file") says that '\(configuration == nil ? "actionclip." : "")\(key)' is \(declared), "
          + "but tensor '\(name)' gives width \(width); heads are of an even number up to 256")
    }
    return declared
  }

  private mutating func inferShift(
    _ reader: ParameterReader, _ choice: Choice<Bool>, _ declaresOptions: Bool
  ) throws(ModelError) -> String {
    let name = "visual.transformer.resblocks.0.\(VisionTransformer.shiftedInfix)ln_1.weight"
    let shifted = reader.has(name)
    if shifted, choice.value == false {
      throw choice.contradiction(
        "temporal shift was switched off", "the checkpoint was trained with it (it has '\(name)')")
    }
    if !shifted, choice.value == true, declaresOptions {
      throw choice.contradiction(
        "temporal shift was switched on",
        "the checkpoint was trained without it (it has no '\(name)')")
    }
    temporalShift = choice.value ?? shifted
    return shifted ? VisionTransformer.shiftedInfix : ""
  }

  private mutating func inferJoint(
    _ reader: ParameterReader, _ choice: Choice<Bool>
  ) throws(ModelError) {
    let name = "visual.time_embedding"
    let has = reader.has(name)
    if has, choice.value == false {
      throw choice.contradiction("joint was switched off", "the checkpoint is joint (it has '\(name)')")
    }
    if !has, choice.value == true {
      if choice.isDeclared { throw choice.contradiction("", "there is no tensor '\(name)'") }
      throw ModelError(.missingTensor, "tensor '\(name)' is missing: joint space-time tokens need it")
    }
    joint = has
    if joint, temporalShift {
      throw ModelError(
        .optionConflict, "joint and temporal shift exclude each other; the checkpoint or options ask for both"
      )
    }
  }

  private mutating func inferHead(
    _ reader: ParameterReader, _ choice: Choice<TemporalHead>
  ) throws(ModelError) {
    let found: (head: TemporalHead, tensor: String)? = [
      (TemporalHead.transfCls, "fusion.transformer.cls_token"),
      (.transf, "fusion.transformer.resblocks.0.ln_1.weight"),
      (.lstm, "fusion.lstm_visual.weight_ih_l0"),
      (.conv1D, "fusion.shift.weight"),
    ].first { reader.has($0.1) }.map { ($0.0, $0.1) }
    if joint {
      if let asked = choice.value, asked != .meanP {
        throw choice.contradiction(
          "head \(asked.name) was asked for", "a joint model has no post-network head")
      }
      head = .meanP
      return
    }
    if let found, let asked = choice.value, asked != found.head {
      throw choice.contradiction(
        "head \(asked.name) was asked for",
        "the checkpoint has \(found.head.name) (tensor '\(found.tensor)')")
    }
    if found == nil, let declared = choice.value, declared != .meanP, choice.isDeclared {
      throw choice.contradiction("", "the checkpoint has none of that head's tensors")
    }
    // A head asked for without its tensors is answered when they are looked for.
    head = choice.value ?? found?.head ?? .meanP
  }

  private mutating func inferFrames(
    _ reader: ParameterReader, _ choice: Choice<Int>, usual: Int?
  ) throws(ModelError) {
    var fixed: (frames: Int, tensor: String)?
    if joint {
      let name = "visual.time_embedding"
      fixed = (try reader.shape(name, rank: 2, for: "joint space-time tokens")[0], name)
    } else if head == .transfCls {
      let name = TemporalClassToken.positionsName
      let shape = try reader.shape(name, rank: 3, for: "the Transf_cls head")
      fixed = (shape[1] - 1, name)
    }
    if let fixed, let asked = choice.value, asked != fixed.frames {
      throw choice.contradiction(
        "\(asked) frames were asked for",
        "the checkpoint has \(fixed.frames) (tensor '\(fixed.tensor)')")
    }
    if let fixed, !(1...Configuration.maximumFrames).contains(fixed.frames) {
      throw ModelError(
        .tensorShape,
        "tensor '\(fixed.tensor)' is for \(fixed.frames) frames, expected 1 to"
          + " \(Configuration.maximumFrames)")
    }
    frames = choice.value ?? fixed?.frames ?? usual ?? 8
    guard (1...Configuration.maximumFrames).contains(frames) else {
      throw ModelError(
        .invalidArgument, "frames is \(frames), expected 1 to \(Configuration.maximumFrames)")
    }
    if head == .transf {
      let name = TemporalTransformer.positionsName
      let rows = try reader.shape(name, rank: 2, for: "the Transf head")[0]
      guard frames <= rows else {
        throw choice.contradiction("frames is \(frames)", "tensor '\(name)' has \(rows) frame positions")
      }
    }
  }
}
