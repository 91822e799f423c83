import Numerics
import System
import TensorNames

/// A model some of whose parameters are trained: it adds up the gradients of a loss, one video or one batch of texts at
/// a time. The model given to it must be nobody else's, since its parameters change in place, and in fp32 or bf16, the
/// precision of products; trained numbers and gradients are fp32. One thread at a time may use it; the model's pool
/// shares the work.
public final class TrainableModel: @unchecked Sendable {
  public let model: ActionCLIP
  /// The trained parameters, sorted by name.
  public let parameters: [TrainableParameter]
  /// Bytes of the matrices that are kept once more and transposed, since gradients pass through them.
  let turnedBytes: Int
  private let vision: VisionBackward?
  private let text: TextBackward?
  private let head: any TemporalHeadBackward
  private let workspaces = WorkspacePool()
  private let headWorkspaces = WorkspacePool()
  /// The memory of the head's passes over batches that it keeps from forth to back.
  private var headPass: (any TemporalHeadPass)?
  /// The most videos that `headPass` was asked for, and those that it holds.
  private var (passVideos, joined) = (0, 0)
  /// Whether the text encoder's blocks keep their activations for the backward pass, in place of their inputs alone;
  /// that takes more memory and less time.
  public var keepsActivations = false

  /// `isTrained` says by its name whether a parameter is trained. `numbers` gives a trained parameter's numbers by its
  /// name, where the model holds them rounded. `headDropout` is the share of numbers, below 1, that the Transf_cls head
  /// drops by chance, as torch.nn.TransformerEncoder does while it is trained; other heads drop none.
  public init(
    _ model: ActionCLIP, numbers: (_ name: String) throws(Failure) -> FloatBuffer? = { _ in nil },
    headDropout: Double = 0, isTrained: (_ name: String) -> Bool
  ) throws(Failure) {
    guard model.precision != .int8 else {
      throw Failure(
        .optionConflict, "the model is held in int8; training needs it loaded in fp32 or bf16")
    }
    guard !model.configuration.isXCLIPs else { throw IntegrationHead.untrained }
    guard model.configuration.temporalView == 0 else {
      throw Failure(.unsupported, "models whose frames attend to their neighbours' tokens cannot be trained")
    }
    guard !model.configuration.hasPromptTokens else {
      throw Failure(.unsupported, "models with learned tokens (VPT) cannot be trained")
    }
    self.model = model
    let builder = try BackwardBuilder(model, numbers: numbers, headDropout: headDropout, isTrained: isTrained)
    // Names under the infix of shift stay as the file has them.
    let shifted = TensorNames.Vision.blocks + "0." + TensorNames.Vision.shiftedInfix
    let infix =
      model.parameters.contains { $0.name.hasPrefix(shifted) } ? TensorNames.Vision.shiftedInfix : ""
    vision = try VisionBackward(builder, model.vision, infix: infix)
    text = try TextBackward(builder, model.text)
    head = try model.head.backward(builder)
    parameters = builder.trained
    turnedBytes = builder.turnedBytes
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
    for parameter in parameters { parameter.gradient.clear(model.pool) }
  }

  /// Brings changed numbers into the layers.
  public func publish() { for parameter in parameters { parameter.publish(pool: model.pool) } }

  /// The instruction sets that bits depend on.
  public var kernelNames: String {
    let kernels = model.kernels
    return "\(kernels.products(model.precision).name) \(kernels.rows.name)"
  }

  /// Videos whose gradients the temporal head's backward pass adds up together.
  public var videosTogether: Int { head.videosTogether }

  /// Numbers of one video that no training changes: the input of the lowest trained block, the class tokens before
  /// ln_post, or the embeddings of the frames; 0 where all of the image encoder is trained.
  public var frozenNumbers: Int { vision?.frozenNumbers ?? frameRows * size }

  private func bytes(_ layout: (Workspace) throws(Failure) -> Void) -> Int {
    4 * ((try? Workspace.measure(layout)) ?? 0)  // Measuring takes no memory, so that none is refused.
  }

  /// Bytes of working memory for the passes of one video at a time, of the head's backward pass for up to `videos`, and
  /// for `prompts` texts, whose blocks keep all activations where `keepsAll` says so; nil: as `keepsActivations` does.
  public func memory(videos: Int = 1, prompts: Int, keepsAll: Bool? = nil) -> (video: Int, text: Int) {
    let (threads, keepsAll) = (model.threads, keepsAll ?? keepsActivations)
    let video = bytes { (workspace) throws(Failure) in
      _ = try takeWork(workspace, needsTape: needsTape)
      try head.measure(workspace, videos: videos, threads: threads)
    }
    let text = bytes { (workspace) throws(Failure) in
      _ = try self.text?.buffers(workspace, prompts: prompts, keepsAll: keepsAll, threads: threads)
    }
    return (video, text)
  }

  private func takeWork(
    _ workspace: Workspace, needsTape: Bool
  ) throws(Failure) -> VisionBackward.Work? {
    try vision?.work(workspace, needsTape: needsTape, threads: model.threads)
  }

  /// Bytes of a tape.
  public func tapeBytes(keepsAll: Bool) -> Int {
    bytes { (workspace) throws(Failure) in
      _ = try vision?.kept(workspace, keepsAll: keepsAll, threads: model.threads)
    }
  }

  /// Memory for what a video's forward pass leaves for its backward pass: each block's input, and with `keepsAll` all
  /// that the backward pass needs, so that no block's forward pass runs again. Results have the same bits.
  public func tape(keepsAll: Bool) throws(Failure) -> VideoTape {
    guard let vision else { throw Failure(.internal, "the image encoder has no backward pass") }
    let threads = model.threads
    let (workspace, kept) = try Workspace.holding { (workspace) throws(Failure) in
      try vision.kept(workspace, keepsAll: keepsAll, threads: threads)
    }
    return VideoTape(workspace, kept)
  }

  private func withWork(
    needsTape: Bool, _ body: (VisionBackward, VisionBackward.Work) throws(Failure) -> Void
  ) throws(Failure) {
    guard let vision else { return }
    try workspaces.with { (workspace) throws(Failure) in
      try takeWork(workspace, needsTape: needsTape)
    } run: { (work) throws(Failure) in
      if let work { try body(vision, work) }
    }
  }

  /// Computes what no training changes of one video, from its pixels [T, 3, S, S], to `out` [frozenNumbers].
  public func writeFrozen(
    _ pixels: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard vision != nil else {
      return try model.encodeFrames(PixelFrames(pixels), count: model.configuration.frames, to: out)
    }
    try withWork(needsTape: needsTape) { (vision, work) throws(Failure) in
      try vision.writeFrozen(pixels, to: out, work, model.pool)
    }
  }

  /// Whether working memory has a tape for videos whose own tape has none of blocks. It is chosen once, so that all
  /// passes share one workspace.
  public var needsTape = true

  /// Encodes a video to its frame embeddings `out` [T, E], and leaves in `tape` what its backward pass needs. `input` is
  /// what `writeFrozen` gives, or the pixels where nothing is frozen.
  public func forward(
    _ input: UnsafePointer<Float>, _ tape: VideoTape, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try withWork(needsTape: needsTape) { (vision, work) throws(Failure) in
      try vision.forward(input, tape.kept, work, model.pool)
    }
    try ActionCLIP.check(tape.kept.embeddings, frameRows * size, "input")
    out.update(from: tape.kept.embeddings, count: frameRows * size)
    extendLifetime(tape)
  }

  /// Adds the gradients of the image encoder's parameters of a video after `forward`, from those of its frame embeddings
  /// [T, E]. `pixels` are needed where nothing is frozen.
  public func backward(
    _ pixels: UnsafePointer<Float>?, _ tape: VideoTape, gradient: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try withWork(needsTape: needsTape) { (vision, work) throws(Failure) in
      try vision.backward(pixels, gradient: FloatRows(gradient, stride: size), tape.kept, work, model.pool)
    }
    extendLifetime(tape)
  }

  /// Joins frame embeddings [videos, T, E] as training does, to video embeddings `out` [videos, E], which are finite, and
  /// keeps what the head's backward pass needs where it can. What is dropped of a video follows from its `seed`.
  public func join(
    _ frames: UnsafePointer<Float>, videos: Int, seed: (_ video: Int) -> UInt64,
    to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    joined = 0
    guard head.dropout == 0 else {
      try head.runJoin(
        frames, videos: videos, frames: frameRows, size: size, seed: seed, to: out, pool: model.pool,
        workspaces: headWorkspaces)
      return try ActionCLIP.check(out, videos * size, "input")
    }
    guard trainsVideos else { return try model.join(frames, videos: videos, to: out) }
    if videos > passVideos {
      headPass = nil  // before a larger one is there
      headPass = try head.pass(videos: videos, threads: model.threads)
      passVideos = videos
    }
    guard let headPass else { return try model.join(frames, videos: videos, to: out) }
    try headPass.forward(frames, videos: videos, to: out, model.pool)
    try ActionCLIP.check(out, videos * size, "input")
    joined = videos
  }

  /// After `join`, writes the gradients of frame embeddings [videos, T, E] to `dx`, from those of the videos' embeddings
  /// [videos, E], and adds those of the temporal head's parameters. `seed` gives each video's seed, as for `join`.
  public func addHeadGradients(
    _ frames: UnsafePointer<Float>, videos: Int, seed: (_ video: Int) -> UInt64,
    gradients: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    if let headPass, joined == videos {
      try checkCancelled()
      return try headPass.backward(videos: videos, gradient: gradients, to: dx, model.pool)
    }
    try head.run(
      frames, videos: videos, frames: frameRows, size: size, seed: seed, gradient: gradients, to: dx,
      pool: model.pool, workspaces: headWorkspaces)
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
