import Numerics
import System
import TensorNames

/// A model some of whose parameters are trained: it adds up the gradients of a loss, one video or one batch of texts at
/// a time. The model given to it must be in fp32 and nobody else's, since its parameters change in place. One thread at
/// a time may use it; the model's pool shares the work.
public final class TrainableModel: @unchecked Sendable {
  public let model: ActionCLIP
  /// The trained parameters, sorted by name.
  public let parameters: [TrainableParameter]
  private let vision: VisionBackward?
  private let text: TextBackward?
  private let head: any TemporalHeadBackward
  private let workspaces = WorkspacePool()
  /// Whether every block keeps its activations for the backward pass, in place of its input alone; that takes more
  /// memory and less time.
  public var keepsActivations = false

  /// `isTrained` says by its name whether a parameter is trained.
  public init(_ model: ActionCLIP, isTrained: (_ name: String) -> Bool) throws(Failure) {
    guard model.precision == .fp32 else {
      throw Failure(
        .optionConflict, "the model is held in \(model.precision.name); training needs it loaded in fp32")
    }
    guard model.configuration.temporalView == 0 else {
      throw Failure(.unsupported, "models whose frames attend to their neighbours' tokens cannot be trained")
    }
    self.model = model
    let builder = try BackwardBuilder(model, isTrained: isTrained)
    // Names under the infix of shift stay as the file has them.
    let shifted = TensorNames.Vision.blocks + "0." + TensorNames.Vision.shiftedInfix
    let infix =
      model.parameters.contains { $0.name.hasPrefix(shifted) } ? TensorNames.Vision.shiftedInfix : ""
    vision = try VisionBackward(builder, model.vision, infix: infix)
    text = try TextBackward(builder, model.text)
    head = try model.head.backward(builder)
    parameters = builder.trained
    trainsHead = builder.trains(TensorNames.Head.prefix)
  }

  private var size: Int { model.configuration.embeddingSize }
  private var frameRows: Int { model.frameRowsPerVideo }

  /// Whether texts' embeddings depend on a trained parameter.
  public var trainsText: Bool { text != nil }
  /// Whether videos' embeddings depend on a trained parameter.
  public var trainsVideos: Bool { vision != nil || trainsHead }
  private let trainsHead: Bool
  /// Whether frames' embeddings depend on a trained parameter.
  public var trainsFrames: Bool { vision != nil }

  /// The trained parameter of this name.
  public func parameter(_ name: String) -> TrainableParameter? { parameters.first { $0.name == name } }

  /// Sets every gradient to zero.
  public func clearGradients() {
    for parameter in parameters {
      parameter.gradient.base.update(repeating: 0, count: parameter.gradient.count)
    }
  }

  /// Brings changed numbers into the layers.
  public func publish() { for parameter in parameters { parameter.publish(pool: model.pool) } }

  /// Bytes of working memory for one video, and for `prompts` texts.
  public func memory(prompts: Int) -> (video: Int, text: Int) {
    let threads = model.threads
    let bytes = { (layout: (Workspace) throws(Failure) -> Void) in
      4 * ((try? Workspace.measure(layout)) ?? 0)  // Measuring takes no memory, so that none is refused.
    }
    let video = bytes { (workspace) throws(Failure) in
      _ = try takeVideo(workspace)
      try head.measure(workspace, threads: threads)
    }
    let text = bytes { (workspace) throws(Failure) in
      _ = try self.text?.buffers(
        workspace, prompts: prompts, keepsAll: keepsActivations, threads: threads)
    }
    return (video, text)
  }

  private func takeVideo(
    _ workspace: Workspace
  ) throws(Failure) -> (buffers: VisionBackward.Buffers?, gradient: UnsafeMutablePointer<Float>) {
    let buffers = try vision?.buffers(workspace, keepsAll: keepsActivations, threads: model.threads)
    return (buffers, try workspace.take(frameRows * size))
  }

  /// Adds the gradients of one video's parameters from that of its embedding, not normalised, [E]. `pixels` is
  /// [T, 3, S, S].
  public func addVideoGradient(
    _ pixels: UnsafePointer<Float>, gradient: UnsafePointer<Float>
  ) throws(Failure) {
    guard let vision else {
      return try model.withResults(frameRows * size, 0) { (frames, _) throws(Failure) in
        try model.encodeFrames(PixelFrames(pixels), count: model.configuration.frames, to: frames)
        try addHeadGradient(frames, gradient: gradient)
      }
    }
    try workspaces.with { (workspace) throws(Failure) in
      try takeVideo(workspace)
    } run: { (regions) throws(Failure) in
      guard let buffers = regions.buffers else { return }
      let pool = model.pool
      try vision.forward(pixels, buffers, pool)
      try head.run(
        buffers.embeddings, gradient: gradient, to: regions.gradient, pool: pool, workspaces: workspaces)
      try vision.backward(
        pixels, gradient: FloatRows(regions.gradient, stride: size), buffers, pool)
    }
  }

  /// Adds the gradients of the temporal head alone, from frame embeddings [T, E] that were computed before.
  public func addHeadGradient(
    _ frames: UnsafePointer<Float>, gradient: UnsafePointer<Float>
  ) throws(Failure) {
    try workspaces.with { (workspace) throws(Failure) in
      try workspace.take(frameRows * size)
    } run: { (dx) throws(Failure) in
      try head.run(frames, gradient: gradient, to: dx, pool: model.pool, workspaces: workspaces)
    }
  }

  /// Adds the gradients of texts' parameters from those of their embeddings, not normalised, [count, E]. The ids of
  /// `tokens` [count, C] are in the vocabulary, as those that `ActionCLIP.encode` takes.
  public func addTextGradients(
    tokens: UnsafePointer<Int32>, count: Int, gradient: UnsafePointer<Float>
  ) throws(Failure) {
    guard let text, count > 0 else { return }
    try workspaces.with { (workspace) throws(Failure) in
      try text.buffers(workspace, prompts: count, keepsAll: keepsActivations, threads: model.threads)
    } run: { (buffers) throws(Failure) in
      try text.addGradients(tokens, count: count, gradient: gradient, buffers, model.pool)
    }
  }
}
