import System
import Numerics

/// CLIP's image encoder with the paper's pre-network and in-network temporal prompts: patch embedding, class token,
/// positional embedding, ln_pre, residual blocks, ln_post on the class token, proj.
struct VisionTransformer: Sendable {
  let configuration: Configuration
  let patchEmbedding: Linear  // [W, 3·p·p], the convolution as a product; after a stem [W, k·k·C1]
  let stem: PatchStem?
  let classEmbedding: FloatBuffer?  // [W]; nil in a SigLIP and PE-Core G
  let positionalEmbedding: FloatBuffer  // [g² + 1, W], or [g², W] without a class token
  let timeEmbedding: FloatBuffer?  // [T, W], joint only
  let prompts: FloatBuffer?  // [P, W], learned tokens after the patches
  let deepPrompts: DeepPrompts?  // those that further blocks begin with
  let lnPre: LayerNorm?  // nil in a SigLIP, a CLIPA and an EVA-CLIP
  let blocks: ResidualBlocks
  /// One for each block, or none.
  let messages: [MessageLayer]
  let lnPost: LayerNorm
  let projection: Linear?  // [E, W]
  let context: PatchContext?
  /// Makes the row that is projected, in a SigLIP the embedding itself, of all tokens of a frame; nil in most models.
  let pooling: AttentionPooling?

  var width: Int { configuration.visionWidth }
  var patches: Int { configuration.gridSize * configuration.gridSize }
  var pixelsPerFrame: Int { 3 * configuration.imageSize * configuration.imageSize }
  /// Tokens of one sequence: a frame's with its learned tokens and its message, which is the last, or a whole video's
  /// when joint.
  var sequenceLength: Int {
    classTokens + patches * framesPerSequence + configuration.visualPrompts
      + (configuration.hasMessages ? 1 : 0)
  }
  /// Tokens of a sequence before its patches.
  var classTokens: Int { classEmbedding == nil ? 0 : 1 }
  var framesPerSequence: Int { configuration.frames / configuration.frameRowsPerVideo }
  /// Frames that must be in memory together: temporal shift, messages and joint mix a whole video.
  var framesPerUnit: Int {
    configuration.temporalShift != .off || view != nil || configuration.hasMessages
      ? configuration.frames : framesPerSequence
  }
  /// The frames that a frame's tokens attend to besides its own; nil: none.
  private var view: Sequences.View? {
    let reach = configuration.temporalView
    return reach > 0 ? Sequences.View(reach: reach, frames: configuration.frames) : nil
  }
  /// Keys of a sequence.
  var longest: Int { (2 * configuration.temporalView + 1) * sequenceLength }

  /// Rows computed together where sequences are short enough: enough for large products, few enough for a small
  /// workspace.
  private static let rowsTogether = 2048

  /// The pieces that a call is cut into. They depend on sizes only.
  struct Plan {
    let framesPerGroup: Int  // frames in memory at once; whole videos when frames see each other
    let sequencesPerGroup: Int
    let blockRows: Int  // rows that one block pass takes
    let framesPerPatchRun: Int
  }

  /// The pieces of a call that encodes `frames` frames, `unit` of which must be in memory together.
  func plan(frames: Int, unit: Int) -> Plan {
    let together = VisionTransformer.rowsTogether
    let unitSequences = unit / framesPerSequence
    let unitRows = unitSequences * sequenceLength
    let units = max(1, min(together / unitRows, frames / unit))
    let sequences = units * unitSequences
    // Frames that see each other are in one run.
    let blockRows =
      view != nil
      ? sequences * sequenceLength : max(sequenceLength, min(sequences * sequenceLength, together))
    return Plan(
      framesPerGroup: units * unit, sequencesPerGroup: sequences, blockRows: blockRows,
      // At least one, since a sequence has all of a frame's patches.
      framesPerPatchRun: min(units * unit, blockRows / patches))
  }

  /// Encodes frames, a multiple of T when they see each other, to class embeddings: out [frames, E], or [videos, E]
  /// when joint, and where it is asked for the videos' contexts, [videos, g², E]. With `causal` they are its runs in place
  /// of whole videos, and each sees the one before.
  func encode(
    _ source: any FrameSource, frames: Int, causal: CausalShift? = nil, to out: UnsafeMutablePointer<Float>,
    contexts: UnsafeMutablePointer<Float>? = nil, pool: ThreadPool, workspaces: WorkspacePool
  ) throws(Failure) {
    let unit = causal == nil ? framesPerUnit : 1
    let (plan, writesPixels) = (plan(frames: frames, unit: unit), source.pixels == nil)
    try workspaces.with { (workspace) throws(Failure) in
      try buffers(workspace, plan, writesPixels: writesPixels, threads: pool.threads)
    } run: { (buffers) throws(Failure) in
      var (first, checked) = (0, 0)
      while first < frames {
        let ready = min(frames, try source.readyFrames(atLeast: first + unit))
        let count = min(plan.framesPerGroup, (ready - first) / unit * unit)
        // All that are ready, so that pixels in memory are refused before any of them is encoded.
        if let pixels = source.pixels, checked < ready {
          let added = (ready - checked) * pixelsPerFrame
          guard allFinite(pixels + checked * pixelsPerFrame, count: added) else {
            throw Failure(.notFinite, "the pixels hold NaN or infinity")
          }
          checked = ready
        }
        try embed(source, first, count, plan, buffers, pool)
        let sequences = Sequences(
          offsets: buffers.offsets, count: count / framesPerSequence, view: view)
        try transform(
          sequences, from: first, causal, wanted: wantedRows(withContexts: contexts != nil), buffers, pool)
        let embeddings = out + first / framesPerSequence * configuration.embeddingSize
        try project(sequences, buffers, to: embeddings, pool)
        if let contexts, let context {
          let videos = (first: first / configuration.frames, count: count / configuration.frames)
          context.write(
            of: buffers.x, tokens: sequenceLength, patches: patches, frames: configuration.frames,
            videos: videos.count, to: contexts + videos.first * configuration.contextSize, pool)
        }
        first += count
      }
    }
  }

  /// The tokens of each sequence that are needed after the blocks.
  private func wantedRows(withContexts hasContexts: Bool) -> WantedRows {
    configuration.pooling == .classToken && !hasContexts ? .first : .all
  }

  /// The regions of one call's workspace. `patches` and `scratch` share their place: the patches are no longer needed
  /// when the blocks begin.
  struct Buffers {
    let x: UnsafeMutablePointer<Float>  // [rows, W], the residual stream
    let patches: Patches
    let scratch: BlockScratch
    let offsets: UnsafeMutablePointer<Int>
    let videos: UnsafeMutablePointer<Int>?  // offsets of the videos' messages
    let classes: UnsafeMutablePointer<Float>  // [sequences, W]
    let embeddings: UnsafeMutablePointer<Float>  // [sequences, E]

    struct Patches {
      let columns: UnsafeMutablePointer<Float>  // [patch rows, 3·p·p]
      let input: Operand?  // the columns in the patch embedding's input precision, where that is not fp32
      let stem: UnsafeMutablePointer<Float>?  // the stem's results of a frame
      let pixels: UnsafeMutablePointer<Float>?  // [patch run, 3, S, S]
    }
  }

  func buffers(
    _ workspace: Workspace, _ plan: Plan, writesPixels: Bool, threads: Int
  ) throws(Failure) -> Buffers {
    let (sequences, patchRows) = (plan.sequencesPerGroup, plan.framesPerPatchRun * patches)
    let x = try workspace.take(sequences * sequenceLength * width)
    let (patches, scratch) = try workspace.takeOneOf { (workspace) throws(Failure) in
      Buffers.Patches(
        columns: try workspace.take(patchRows * columnsPerPatch),
        input: patchEmbedding.inputPrecision == .fp32 || stem != nil
          ? nil
          : try Operand(
            workspace, patchEmbedding.inputPrecision, rows: patchRows, width: patchEmbedding.inputs),
        stem: try stem.map { (stem) throws(Failure) in try workspace.take(stem.memory(patches: self.patches))
        },
        pixels: writesPixels ? try workspace.take(plan.framesPerPatchRun * pixelsPerFrame) : nil)
    } _: { (workspace) throws(Failure) in
      try blocks.scratch(
        workspace, rows: plan.blockRows, sequences: sequences,
        longest: messages.isEmpty ? longest : max(longest, configuration.frames), threads: threads,
        with: pooling?.attention)
    }
    return Buffers(
      x: x, patches: patches, scratch: scratch,
      offsets: try workspace.takeOffsets(sequences: sequences, length: sequenceLength),
      videos: messages.isEmpty
        ? nil
        : try workspace.takeOffsets(
          sequences: sequences / configuration.frames, length: configuration.frames),
      classes: try workspace.take(sequences * width),
      embeddings: try workspace.take(sequences * configuration.embeddingSize))
  }

  /// Applies ln_pre and all blocks to buffers.x, with the temporal shift or the messages before each block if there are
  /// any. Of the last block the wanted tokens alone are computed. `first` is the number of the call's frames before these.
  private func transform(
    _ sequences: Sequences, from first: Int, _ causal: CausalShift?, wanted: WantedRows, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let x = buffers.x
    lnPre?.apply(rows: sequences.rows, x, stride: width, to: x, stride: width, pool: pool)
    if let causal {
      return try blocks.apply(x, inRunsOf: sequences, wanted: .first, buffers.scratch, pool) { layer in
        causal.apply(x, frames: sequences.count, from: first, layer: layer, pool: pool)
      }
    }
    if let deepPrompts {
      return try blocks.apply(x, inRunsOf: sequences, wanted: wanted, buffers.scratch, pool) { layer in
        deepPrompts.write(before: layer, to: x, endOf: sequences)
      }
    }
    if let videos = buffers.videos {
      let own = Sequences(offsets: videos, count: sequences.count / configuration.frames)
      return try transform(sequences, withMessagesOf: own, wanted: wanted, buffers, pool)
    }
    guard configuration.temporalShift != .off else {
      return try blocks.apply(x, inRunsOf: sequences, wanted: wanted, buffers.scratch, pool)
    }
    let shift = TemporalShift(
      frames: configuration.frames, tokens: sequenceLength, width: width,
      isCausal: configuration.temporalShift == .causal)
    try blocks.apply(x, inRunsOf: sequences, wanted: .first, buffers.scratch, pool) { _ in
      shift.apply(x, videos: sequences.count / configuration.frames, pool: pool)
    }
  }

  /// Applies all blocks with the messages of `videos` before each. By itself, so that other models' calls, which hosts
  /// make on small stacks, have no room for it.
  @inline(never)
  private func transform(
    _ sequences: Sequences, withMessagesOf videos: Sequences, wanted: WantedRows, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let tokens = sequenceLength
    try blocks.apply(buffers.x, inRunsOf: sequences, wanted: wanted, buffers.scratch, pool) { layer in
      messages[layer].apply(buffers.x, tokens: tokens, videos: videos, buffers.scratch, pool)
    }
  }

  /// Writes the class tokens or the means of patches, normalised by ln_post, or the rows that the probe pools, to out
  /// [sequences, E]; all are projected but those of a SigLIP.
  private func project(
    _ sequences: Sequences, _ buffers: Buffers, to out: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) throws(Failure) {
    let classes = buffers.classes
    if let pooling {
      let pooled = projection == nil ? out : classes
      try blocks.forEachRun(sequences, limit: buffers.scratch.rows) { (run) throws(Failure) in
        let first = run.offsets[0] / sequenceLength
        try pooling.apply(
          buffers.x + run.offsets[0] * width, run, to: pooled + first * width, buffers.scratch, pool)
      }
    } else if configuration.pooling == .patches {
      average(sequences, buffers.x, to: classes, pool)
    } else {
      for i in 0..<sequences.count {
        (classes + i * width).update(from: buffers.x + sequences.offsets[i] * width, count: width)
      }
    }
    guard let projection else { return }
    if pooling == nil {
      lnPost.apply(
        rows: sequences.count, classes, stride: width, to: classes, stride: width, pool: pool)
    }
    projection.apply(
      rows: sequences.count, classes, stride: width, to: buffers.embeddings,
      stride: projection.outputs, pool: pool)
    out.update(from: buffers.embeddings, count: sequences.count * projection.outputs)
  }

  /// Writes the mean of each sequence's patches to out [sequences, W].
  private func average(
    _ sequences: Sequences, _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) {
    let share = 1 / Float(patches)
    pool.run(count: sequences.count) { index, _ in
      let mean = out + index * width
      let first = x + (sequences.offsets[index] + classTokens) * width
      mean.update(from: first, count: width)
      for patch in 1..<patches {
        for i in 0..<width { mean[i] += first[patch * width + i] }
      }
      for i in 0..<width { mean[i] *= share }
    }
  }
}
