import System
import Numerics

/// A loaded model: both encoders, the temporal head, and the threads that run them. Immutable, so any number of threads
/// may encode with it at once.
public final class ActionCLIP: Sendable {
  public let configuration: Configuration
  /// The precision of the encoders' products.
  public let precision: Precision
  /// The kernels that compute, chosen at load.
  public let kernels: Kernels
  /// exp(logit_scale), the scale of training; 100 if the file has none (CLIP's limit).
  public let logitScale: Float
  /// The bias of scaled cosines in a model that scores each label by itself, with the sigmoid; nil: labels are scored
  /// together, with the softmax.
  public let logitBias: Float?
  /// Every tensor in use, sorted by the bytes of its name.
  public let parameters: [Parameter]

  let vision: VisionTransformer
  let text: TextTransformer
  let head: any TemporalHead
  /// The prompts by which videos move texts; nil in models but X-CLIP.
  let prompts: VideoPrompts?
  /// The threads that compute.
  public let pool: ThreadPool
  let workspaces = WorkspacePool()
  /// Memory for embeddings until a call has succeeded. It is small, so it does not take a workspace from the encoders.
  let results = WorkspacePool()

  init(
    configuration: Configuration, logitScale: Float, logitBias: Float?, parameters: [Parameter],
    vision: VisionTransformer, text: TextTransformer, head: any TemporalHead, prompts: VideoPrompts?,
    precision: Precision, kernels: Kernels, pool: ThreadPool
  ) {
    self.configuration = configuration
    self.logitScale = logitScale
    self.logitBias = logitBias
    self.parameters = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.vision = vision
    self.text = text
    self.head = head
    self.prompts = prompts
    self.precision = precision
    self.kernels = kernels
    self.pool = pool
  }

  public var threads: Int { pool.threads }
  /// Whether frames may be encoded in any number and order. False where the frames of a video see each other: in joint
  /// models, and with temporal shift, a temporal view or message tokens.
  public var framesAreIndependent: Bool {
    !configuration.joint && configuration.temporalShift == .off && configuration.temporalView == 0
      && !configuration.hasMessages
  }
  /// Floats of one frame's input, 3·S·S.
  public var pixelsPerFrame: Int { vision.pixelsPerFrame }
  /// Frame embeddings of one video: T, or 1 when joint.
  public var frameRowsPerVideo: Int { configuration.frameRowsPerVideo }

  /// Bytes of the weights, and of the working memory of a call that encodes one video or any number of prompts.
  public var memory: (weights: Int, video: Int, text: Int) {
    let size = configuration.embeddingSize
    let bytes = { (layout: (Workspace) throws(Failure) -> Void) in
      4 * ((try? Workspace.measure(layout)) ?? 0)  // Measuring takes no memory, so that none is refused.
    }
    let results = bytes { (workspace) throws(Failure) in
      _ = try takeResults(workspace, frameRowsPerVideo * size, videoSize)
    }
    let frames = bytes { (workspace) throws(Failure) in
      let plan = vision.plan(frames: configuration.frames, unit: vision.framesPerUnit)
      _ = try vision.buffers(workspace, plan, writesPixels: true, threads: threads)
    }
    let join = bytes { (workspace) throws(Failure) in try head.measure(workspace, threads: threads) }
    let prompts = bytes { (workspace) throws(Failure) in
      _ = try text.buffers(
        workspace, count: 0, rows: text.rows(prompts: Int(Int32.max)), threads: threads)
    }
    return (parameters.reduce(0) { $0 + $1.bytes }, results + max(frames, join), prompts)
  }

  /// Encodes whole videos. `videoOut` [B, videoSize] gets a row for each, its embedding, not normalised, and the context
  /// that moves texts, if the model has one. `frameOut` [B·frameRowsPerVideo, E] gets the embeddings of their frames, if
  /// it is wanted. Embeddings have the bits of `encodeFrames` and then `join`. Outputs are written on success only.
  /// Source: reference test.py and modules/Visual_Prompt.py.
  public func encode(
    _ source: any FrameSource, videos: Int, videoOut: UnsafeMutablePointer<Float>,
    frameOut: UnsafeMutablePointer<Float>?
  ) throws(Failure) {
    let (size, contextSize) = (configuration.embeddingSize, configuration.contextSize)
    let rows = videos * frameRowsPerVideo
    try withResults(rows * size, videos * videoSize) { (frames, joined) throws(Failure) in
      let contexts = joined + videos * size
      try fill(
        frames, contexts: contextSize > 0 ? contexts : nil, from: source,
        count: videos * configuration.frames)
      try fill(joined, joining: frames, videos: videos)
      for video in 0..<videos {
        let row = videoOut + video * videoSize
        row.update(from: joined + video * size, count: size)
        (row + size).update(from: contexts + video * contextSize, count: contextSize)
      }
      frameOut?.update(from: frames, count: rows * size)
    }
  }

  /// Encodes `count` frames to `out` [count, E], not normalised: each as if it were alone where `framesAreIndependent`.
  /// Otherwise they are whole videos, one after the other, and `out` is [videos·frameRowsPerVideo, E]. `out` is written
  /// on success only.
  public func encodeFrames(
    _ source: any FrameSource, count: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard framesAreIndependent || count.isMultiple(of: configuration.frames) else {
      throw Failure(
        .optionConflict,
        "\(count) frames are not whole videos of \(configuration.frames), and the frames of this model's videos see "
          + "each other")
    }
    let numbers = count / vision.framesPerSequence * configuration.embeddingSize
    try withResults(numbers, 0) { (frames, _) throws(Failure) in
      try fill(frames, from: source, count: count)
      out.update(from: frames, count: numbers)
    }
  }

  /// Joins frame embeddings [videos·frameRowsPerVideo, E], as `encodeFrames` gives them, to video embeddings
  /// [videos, E] with the model's temporal head. `out` is written on success only.
  public func join(
    _ embeddings: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let size = configuration.embeddingSize
    guard allFinite(embeddings, count: videos * frameRowsPerVideo * size) else {
      throw Failure(.notFinite, "the frame embeddings hold NaN or infinity")
    }
    try withResults(videos * size, 0) { (joined, _) throws(Failure) in
      try fill(joined, joining: embeddings, videos: videos)
      out.update(from: joined, count: videos * size)
    }
  }

  /// Runs `body` with memory for `first` and `second` floats: embeddings, until a call has succeeded.
  func withResults(
    _ first: Int, _ second: Int,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    try results.with { (workspace) throws(Failure) in
      try takeResults(workspace, first, second)
    } run: { (regions) throws(Failure) in
      try body(regions.0, regions.1)
    }
  }

  private func takeResults(
    _ workspace: Workspace, _ first: Int, _ second: Int
  ) throws(Failure) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
    (try workspace.take(first), try workspace.take(second))
  }

  private func fill(
    _ embeddings: UnsafeMutablePointer<Float>, contexts: UnsafeMutablePointer<Float>? = nil,
    from source: any FrameSource, count: Int
  ) throws(Failure) {
    try vision.encode(
      source, frames: count, to: embeddings, contexts: contexts, pool: pool, workspaces: workspaces)
    try ActionCLIP.check(
      embeddings, count / vision.framesPerSequence * configuration.embeddingSize, "input")
    if let contexts {
      try ActionCLIP.check(contexts, count / configuration.frames * configuration.contextSize, "input")
    }
  }

  private func fill(
    _ joined: UnsafeMutablePointer<Float>, joining embeddings: UnsafePointer<Float>, videos: Int
  ) throws(Failure) {
    try head.join(embeddings, videos: videos, to: joined, pool: pool, workspaces: workspaces)
    try ActionCLIP.check(joined, videos * configuration.embeddingSize, "input")
  }

  /// Refuses embeddings with NaN or infinity. `origin` names the caller's input.
  static func check(
    _ embeddings: UnsafePointer<Float>, _ count: Int, _ origin: StaticString
  ) throws(Failure) {
    guard allFinite(embeddings, count: count) else {
      throw Failure(.notFinite, "the \(origin)'s numbers overflow fp32 inside the network")
    }
  }

  /// Encodes prompts, token ids [rows, C], to text embeddings `out` [rows, E], not normalised. Ids from -K to -1 are
  /// the model's context vectors, if it has any. `out` is written on success only.
  public func encode(
    tokens: UnsafePointer<Int32>, rows: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let (length, vocabulary) = (configuration.contextLength, configuration.vocabularySize)
    let vectors = configuration.contextVectors
    for row in 0..<rows {
      try checkCancelled()
      for i in row * length..<(row + 1) * length where tokens[i] < -vectors || tokens[i] >= vocabulary {
        throw Failure(
          .invalidArgument,
          "token id \(tokens[i]) at row \(row), position \(i % length) is outside"
            + " the vocabulary of 0 to \(vocabulary - 1)"
            + (vectors > 0 ? " and the context vectors, -\(vectors) to -1" : ""))
      }
    }
    let count = rows * configuration.embeddingSize
    try withResults(count, 0) { (embeddings, _) throws(Failure) in
      try text.encode(tokens, count: rows, to: embeddings, pool: pool, workspaces: workspaces)
      try ActionCLIP.check(embeddings, count, "text")
      out.update(from: embeddings, count: count)
    }
  }
}
