import System
import TensorNames
import Weights

extension Configuration {
  /// Reads sizes from tensor shapes and options from tensor names, and holds them against the caller's choices and the
  /// file's metadata. `blockInfix` stands between a block's number and its tensors' names.
  static func infer(
    _ reader: ParameterReader, _ options: LoadOptions, _ declared: DeclaredOptions,
    declaresOptions: Bool
  ) throws(Failure) -> (Configuration, blockInfix: String) {
    let onOff = { (value: Bool) in value ? "on" : "off" }
    let joint = try Choice("joint", asked: options.joint, declared: declared.joint, shown: onOff)
    let shift = try Choice(
      "temporal_shift", asked: options.temporalShift, declared: declared.temporalShift, shown: \.name)
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
    c.takeForms(reader, declared)
    try c.inferVision(reader, declared.imageSize)
    try c.inferText(reader)
    try c.inferHeads(declared)
    let infix = try c.inferShift(reader, shift, declaresOptions)
    c.visionLayers = try reader.countLayers(
      TensorNames.Vision.blocks, infix + Configuration.firstOfBlock, for: "the image encoder has no block")
    try c.inferJoint(reader, joint)
    c.temporalView = view.value ?? 0
    guard c.temporalView == 0 || !declaresOptions else {
      throw view.contradiction(
        "temporal_view was asked for", "the checkpoint is the reference's, which has no such thing")
    }
    try c.inferMessages(reader)
    try c.checkExclusions()
    try c.refuseMixing()
    try c.inferHead(reader, head)
    c.scoresFrames = declared.scoresFrames && !c.joint && c.head == MeanHead.kind
    try c.inferFrames(reader, frames, usual: declared.usualFrames)
    try c.inferPrompts(reader, declared)
    return (c, infix)
  }

  /// The largest number of attention heads of an encoder.
  public static let maximumHeads = 8192
  /// The largest number of frames of a video.
  public static let maximumFrames = 1024

  /// Refuses options of frames that exclude each other.
  private func checkExclusions() throws(Failure) {
    guard temporalView == 0 || !joint && temporalShift == .off else {
      throw Failure(
        .optionConflict,
        "frames whose tokens see their neighbours' (temporal_view) exclude joint tokens and temporal shift; the file "
          + "or options ask for both")
    }
    guard visualPrompts == 0 || !joint && temporalShift == .off && temporalView == 0 && !hasMessages else {
      throw Failure(
        .optionConflict,
        "learned tokens among a frame's patches ('\(TensorNames.Vision.prompts)') exclude joint tokens, temporal shift, "
          + "temporal_view and messages; the file or options ask for them")
    }
  }

  /// The numbers of attention heads of both encoders and of the pooling, which divide their widths.
  private mutating func inferHeads(_ declared: DeclaredOptions) throws(Failure) {
    visionHeads = try Configuration.heads(
      declared.visionHeads, by: declared.configuration, visionWidth, "vision_heads",
      TensorNames.Vision.patchEmbedding)
    textHeads = try Configuration.heads(
      declared.textHeads, by: declared.configuration, textWidth, "text_heads",
      TensorNames.Text.tokenEmbedding)
    headsAreAssumed = declared.headsAreAssumed
    if pooling == .probe {
      poolHeads = try Configuration.heads(
        declared.poolHeads ?? visionHeads, by: declared.configuration, visionWidth, "pool_heads",
        TensorNames.Vision.patchEmbedding)
    }
    guard rotary == nil || (visionWidth / visionHeads).isMultiple(of: 4) else {
      throw Failure(
        .invalid,
        "the image encoder's heads have \(visionWidth / visionHeads) numbers, expected a multiple of 4, for rotary "
          + "positions")
    }
  }

  private mutating func inferVision(_ reader: ParameterReader, _ declaredSide: Int?) throws(Failure) {
    let name = TensorNames.Vision.patchEmbedding
    let conv = try reader.shape(name, rank: 4, for: "the image encoder's patch embedding")
    stemSide = try PatchStem.side(reader, before: conv)
    guard stemSide != nil || conv[1] == 3 && conv[2] == conv[3] else {
      throw Failure(.tensorShape, "tensor '\(name)' has shape \(conv), expected [W, 3, p, p]")
    }
    (visionWidth, patchSize) = (conv[0], (stemSide ?? 1) * conv[2])
    guard patchSize <= 1024 else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' has shape \(conv), for patches of \(patchSize) pixels; they are 1024 at most")
    }

    let positions = TensorNames.Vision.positionalEmbedding
    let rows = try reader.shape(positions, rank: 2, for: "the image encoder")[0]
    let patches = hasClassToken ? rows - 1 : rows
    let grid = Int(Double(patches).squareRoot().rounded())
    guard grid > (hasClassToken ? 0 : 1), grid <= 256, grid * grid == patches else {
      throw Failure(
        .tensorShape,
        "tensor '\(positions)' has \(rows) rows, expected \(hasClassToken ? "one more than " : "")a square number up to "
          + "65536")
    }
    imageSize = grid * patchSize
    // Patches of 14 pixels leave 6 of 384 out.
    if isSigLIP, let declaredSide { imageSize = try side(declaredSide, grid: grid) }
    guard imageSize <= 4096 else {
      throw Failure(
        .tensorShape, "input side \(imageSize) (from '\(positions)' and '\(name)') is over 4096")
    }
    let prompts = TensorNames.Vision.prompts
    if reader.has(prompts) {
      visualPrompts = try reader.shape(prompts, rank: 2, for: "the image encoder")[0]
      guard visualPrompts <= 1024 else {
        throw Failure(.tensorShape, "tensor '\(prompts)' has \(visualPrompts) rows, over 1024")
      }
    }
    embeddingSize =
      try isSigLIP
      ? visionWidth : reader.shape(TensorNames.Vision.projection, rank: 2, for: "the image encoder")[1]
    guard embeddingSize <= 65_536 else {
      throw Failure(
        .tensorShape,
        "tensor '\(TensorNames.Vision.projection)' gives embedding size \(embeddingSize), over 65536")
    }
  }

  private mutating func inferText(_ reader: ParameterReader) throws(Failure) {
    let name = TensorNames.Text.tokenEmbedding
    let embedding = try reader.shape(name, rank: 2, for: "the text encoder")
    (vocabularySize, textWidth) = (embedding[0], embedding[1])
    let positions = TensorNames.Text.positionalEmbedding
    contextLength = try reader.shape(positions, rank: 2, for: "the text encoder")[0]
    guard contextLength >= 2, contextLength <= 65_536 else {
      throw Failure(
        .tensorShape,
        "tensor '\(positions)' gives context length \(contextLength), not 2 to 65536")
    }
    textLayers = try reader.countLayers(
      TensorNames.Text.blocks, Configuration.firstOfBlock, for: "the text encoder has no block")
    try inferContext(reader)
    hasPromptTokens =
      visualPrompts > 0 || contextVectors > 0 && reader.has(DeepPrompts.name(TensorNames.Text.blocks, 1))
  }

  /// The number of context vectors, which leave room in a prompt for the markers of beginning and end.
  private mutating func inferContext(_ reader: ParameterReader) throws(Failure) {
    let name = TensorNames.Text.context
    guard reader.has(name) else { return }
    contextVectors = try reader.shape(name, rank: 2, for: "prompts")[0]
    guard contextVectors <= contextLength - 2 else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' has \(contextVectors) context vectors, and a prompt of \(contextLength) tokens has room for "
          + "\(contextLength - 2)")
    }
  }

  /// The number of attention heads: as the file says, or else one for each 64 channels. `name` is the tensor that gives
  /// the width.
  private static func heads(
    _ declared: Int?, by configuration: String?, _ width: Int, _ key: String, _ name: String
  ) throws(Failure) -> Int {
    guard width <= 16_384, declared != nil || width % headSize == 0 else {
      throw Failure(
        .tensorShape, "tensor '\(name)' gives width \(width), expected a multiple of 64 up to 16384")
    }
    guard let declared else { return width / headSize }
    guard declared > 0, width % declared == 0, (width / declared).isMultiple(of: 2), width / declared <= 256
    else {
      throw Failure(
        .invalid,
        "\(configuration ?? "the file") says that '\(configuration == nil ? "actionclip." : "")\(key)' is \(declared), "
          + "but tensor '\(name)' gives width \(width); heads are of an even number up to 256")
    }
    return declared
  }

  private mutating func inferShift(
    _ reader: ParameterReader, _ choice: Choice<ShiftForm>, _ declaresOptions: Bool
  ) throws(Failure) -> String {
    let infix = TensorNames.Vision.shiftedInfix
    let name = "\(TensorNames.Vision.blocks)0.\(infix)\(Configuration.firstOfBlock)"
    let shifted = reader.has(name)
    if shifted, choice.value == .off {
      throw choice.contradiction(
        "temporal shift was switched off", "the checkpoint was trained with it (it has '\(name)')")
    }
    if !shifted, let form = choice.value, form != .off, declaresOptions {
      throw choice.contradiction(
        "temporal shift was switched on",
        "the checkpoint was trained without it (it has no '\(name)')")
    }
    temporalShift = choice.value ?? (shifted ? .twoSided : .off)
    return shifted ? infix : ""
  }

  private mutating func inferJoint(
    _ reader: ParameterReader, _ choice: Choice<Bool>
  ) throws(Failure) {
    let name = TensorNames.Vision.timeEmbedding
    let has = reader.has(name)
    if has, choice.value == false {
      throw choice.contradiction("joint was switched off", "the checkpoint is joint (it has '\(name)')")
    }
    if !has, choice.value == true {
      if choice.isDeclared { throw choice.contradiction("", "there is no tensor '\(name)'") }
      throw Failure(.missingTensor, "tensor '\(name)' is missing: joint space-time tokens need it")
    }
    joint = has
    if joint, temporalShift != .off {
      throw Failure(
        .optionConflict, "joint and temporal shift exclude each other; the checkpoint or options ask for both"
      )
    }
  }

  private mutating func inferHead(
    _ reader: ParameterReader, _ choice: Choice<TemporalHeadKind>
  ) throws(Failure) {
    if joint {
      head = MeanHead.kind
      if let asked = choice.value, asked != head {
        throw choice.contradiction("head \(asked.name) was asked for", "a joint model has no temporal head")
      }
      return
    }
    let found = TemporalHeadKind.types.last { $0.recognisedBy.map(reader.has) == true }
    if let found, let tensor = found.recognisedBy, let asked = choice.value, asked != found.kind {
      throw choice.contradiction(
        "head \(asked.name) was asked for", "the checkpoint has \(found.kind.name) (tensor '\(tensor)')")
    }
    if found == nil, let declared = choice.value, declared.type.recognisedBy != nil, choice.isDeclared {
      throw choice.contradiction("", "the checkpoint has none of that head's tensors")
    }
    // A head asked for without its tensors is answered when they are looked for.
    head = choice.value ?? found?.kind ?? MeanHead.kind
  }

  private mutating func inferFrames(
    _ reader: ParameterReader, _ choice: Choice<Int>, usual: Int?
  ) throws(Failure) {
    let limit =
      joint ? try VisionTransformer.frameLimit(reader) : try head.type.frameLimit(reader)
    let allowed = 1...Configuration.maximumFrames
    let range = "expected 1 to \(Configuration.maximumFrames)"
    if let limit, limit.rule == .exactly {
      if let asked = choice.value, asked != limit.frames {
        throw choice.contradiction(
          "\(asked) frames were asked for", "the checkpoint has \(limit.frames) (tensor '\(limit.tensor)')")
      }
      guard allowed.contains(limit.frames) else {
        throw Failure(
          .tensorShape, "tensor '\(limit.tensor)' is for \(limit.frames) frames, \(range)")
      }
      frames = limit.frames
      return
    }
    frames = choice.value ?? usual ?? 8
    guard allowed.contains(frames) else {
      throw Failure(.invalidArgument, "frames is \(frames), \(range)")
    }
    if let limit, frames > limit.frames {
      throw choice.contradiction(
        "frames is \(frames)", "tensor '\(limit.tensor)' has \(limit.frames) frame positions")
    }
  }

  /// The tensor that every block is counted by.
  private static let firstOfBlock = TensorNames.Block.ln1 + "weight"
}
