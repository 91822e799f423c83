import Numerics

/// A loaded model: both encoders, the temporal prompt chosen at load, and the threads that run them.
/// Immutable, so any number of threads may encode on it at once.
public final class ActionCLIP: Sendable {
  public let configuration: Configuration
  /// Of the encoders' products.
  public let precision: Precision
  /// exp(logit_scale), the scale of training; 100 if the file has none (CLIP's limit).
  public let logitScale: Float
  /// Every tensor in use, sorted by the bytes of its name.
  public let parameters: [Parameter]

  let vision: VisionTransformer
  let text: TextTransformer
  let pooling: TemporalPooling
  let pool: ThreadPool
  let workspaces = WorkspacePool()
  /// For embeddings until a call has succeeded: small, so not in a workspace that an encoder could have.
  let results = WorkspacePool()

  init(
    configuration: Configuration, logitScale: Float, parameters: [Parameter], vision: VisionTransformer,
    text: TextTransformer, pooling: TemporalPooling, precision: Precision, pool: ThreadPool
  ) {
    self.configuration = configuration
    self.logitScale = logitScale
    self.parameters = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.vision = vision
    self.text = text
    self.pooling = pooling
    self.precision = precision
    self.pool = pool
  }

  public var threads: Int { pool.threads }
  /// Whether frames can be encoded before all are there.
  public var encodesAsFramesArrive: Bool { vision.framesPerUnit < configuration.frames }
  /// Floats of one frame's input, 3·S·S.
  public var pixelsPerFrame: Int { vision.pixelsPerFrame }
  /// Rows of frame embeddings per video: T, or 1 when joint (one class token per video).
  public var frameRowsPerVideo: Int { configuration.frames / vision.framesPerSequence }

  /// Bytes: of the weights, and of the working memory of a call that encodes one video or any number of prompts.
  public var memory: (weights: Int, video: Int, text: Int) {
    let (frames, size) = (configuration.frames, configuration.embeddingSize)
    let outputs = Workspace.rounded(frameRowsPerVideo * size) + Workspace.rounded(size)
    let head =
      configuration.joint ? 0 : pooling.floats(videos: 1, frames: frames, size: size, threads: threads)
    return (
      parameters.reduce(0) { $0 + $1.bytes },
      4 * (outputs + max(vision.plan(frames: frames, threads: threads, filled: true).floats, head)),
      4 * text.plan(threads: threads, prompts: Int(Int32.max)).floats
    )
  }

  /// Videos to embeddings, not normalised: videoOut [B, E]; frameOut [B·frameRowsPerVideo, E] if
  /// wanted. Source: reference test.py and modules/Visual_Prompt.py.
  public func encode(
    _ source: FrameSource, videos: Int, videoOut: UnsafeMutablePointer<Float>,
    frameOut: UnsafeMutablePointer<Float>?
  ) throws(ModelError) {
    let (frames, size) = (configuration.frames, configuration.embeddingSize)
    let rows = videos * frameRowsPerVideo
    if case .pixels(let pixels) = source {
      try ActionCLIP.checkFinite(pixels, count: videos * frames * pixelsPerFrame)
    }
    // The caller's buffers are written only once everything has succeeded.
    try results.with(
      capacity: Workspace.rounded(rows * size) + Workspace.rounded(videos * size),
      outOfMemory: ModelError.memory
    ) { (workspace) throws(ModelError) in
      let (embeddings, joined): (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
      do throws(NumericsError) {
        embeddings = try workspace.take(rows * size)
        joined = try workspace.take(videos * size)
      } catch { throw ModelError.memory(error) }
      try vision.encode(
        source, frames: videos * frames, to: embeddings, pool: pool, workspaces: workspaces)
      if configuration.joint {
        joined.update(from: embeddings, count: videos * size)
      } else {
        try pooling.apply(
          embeddings, videos: videos, frames: frames, size: size, to: joined, pool: pool,
          workspaces: workspaces)
      }
      guard allFinite(joined, count: videos * size), allFinite(embeddings, count: rows * size)
      else {
        throw ModelError(.notFinite, "the input's numbers overflow fp32 inside the network")
      }
      videoOut.update(from: joined, count: videos * size)
      frameOut?.update(from: embeddings, count: rows * size)
    }
  }

  static func checkFinite(_ pixels: UnsafePointer<Float>, count: Int) throws(ModelError) {
    guard allFinite(pixels, count: count) else {
      throw ModelError(.notFinite, "the pixels hold NaN or infinity")
    }
  }

  /// tokens [rows, C] to text embeddings out [rows, E], not normalised.
  public func encode(
    tokens: UnsafePointer<Int32>, rows: Int, to out: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    let (length, vocabulary) = (configuration.contextLength, configuration.vocabularySize)
    for row in 0..<rows {
      try checkCancelled()
      for i in row * length..<(row + 1) * length where tokens[i] < 0 || tokens[i] >= vocabulary {
        throw ModelError(
          .invalidArgument,
          "token id \(tokens[i]) at row \(row), position \(i % length) is outside"
            + " the vocabulary of 0 to \(vocabulary - 1)")
      }
    }
    let count = rows * configuration.embeddingSize
    try results.with(capacity: Workspace.rounded(count), outOfMemory: ModelError.memory) {
      (workspace) throws(ModelError) in
      let embeddings: UnsafeMutablePointer<Float>
      do throws(NumericsError) { embeddings = try workspace.take(count) } catch {
        throw ModelError.memory(error)
      }
      try text.encode(tokens, count: rows, to: embeddings, pool: pool, workspaces: workspaces)
      guard allFinite(embeddings, count: count) else {
        throw ModelError(.notFinite, "the text's numbers overflow fp32 inside the network")
      }
      out.update(from: embeddings, count: count)
    }
  }
}
