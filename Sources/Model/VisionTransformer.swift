import System
import Numerics

/// CLIP's image encoder with the paper's pre-network and in-network temporal prompts: patch
/// embedding, class token, positional embedding, ln_pre, residual blocks, ln_post on the class
/// token, proj.
struct VisionTransformer: Sendable {
  let configuration: Configuration
  let patchEmbedding: Linear  // [W, 3·p·p], the convolution as a product
  let classEmbedding: FloatBuffer  // [W]
  let positionalEmbedding: FloatBuffer  // [g² + 1, W]
  let timeEmbedding: FloatBuffer?  // [T, W], joint only
  let lnPre: LayerNorm
  let blocks: ResidualBlocks
  let lnPost: LayerNorm
  let projection: Linear  // [E, W]

  var width: Int { configuration.visionWidth }
  var patches: Int { configuration.gridSize * configuration.gridSize }
  var pixelsPerFrame: Int { 3 * configuration.imageSize * configuration.imageSize }
  /// Tokens of one sequence: a frame's, or a whole video's when joint.
  var sequenceLength: Int { 1 + patches * framesPerSequence }
  var framesPerSequence: Int { configuration.joint ? configuration.frames : 1 }
  /// Frames that must be in memory together: temporal shift and joint mix a whole video.
  var framesPerUnit: Int {
    configuration.temporalShift || view.reach > 0 ? configuration.frames : framesPerSequence
  }
  /// Which frames a frame's tokens see besides its own.
  var view: TemporalView {
    TemporalView(reach: configuration.temporalView, frames: configuration.frames, tokens: sequenceLength)
  }

  /// Rows computed together where sequences are short enough: large products without a large
  /// workspace.
  private static let rowsTogether = 2048

  /// How a call is cut up; depends on sizes only.
  struct Plan {
    let framesPerGroup: Int  // frames in memory at once; whole videos when frames see each other
    let sequencesPerGroup: Int
    let blockRows: Int  // rows that one block pass takes
    let framesPerPatchRun: Int
    let floats: Int
  }

  func plan(frames: Int, threads: Int, filled: Bool) -> Plan {
    let together = VisionTransformer.rowsTogether
    let unit = framesPerUnit
    let unitSequences = unit / framesPerSequence
    let unitRows = unitSequences * sequenceLength
    let units = max(1, min(together / unitRows, frames / unit))
    let sequences = units * unitSequences
    // Frames that see each other are in one run.
    let blockRows =
      view.reach > 0
      ? sequences * sequenceLength : max(sequenceLength, min(sequences * sequenceLength, together))
    // At least one, since a sequence is longer than a frame's patches.
    let patchRun = min(units * unit, blockRows / patches)
    let patchFloats =
      Workspace.rounded(patchRun * patches * columnStride)
      + (patchEmbedding.precision == .fp32
        ? 0
        : Operand.floats(
          patchEmbedding.precision, rows: patchRun * patches, width: patchEmbedding.inputs))
      + (filled ? Workspace.rounded(patchRun * pixelsPerFrame) : 0)
    let floats =
      Workspace.rounded(sequences * sequenceLength * width)
      + max(
        patchFloats,
        blocks.scratchFloats(rows: blockRows, sequences: sequences, longest: view.longest, threads: threads)
      )
      + Workspace.offsets(sequences: sequences) + view.floats(sequences: sequences)
      + Workspace.rounded(sequences * width)
      + Workspace.rounded(sequences * projection.outputs)
    return Plan(
      framesPerGroup: units * unit, sequencesPerGroup: sequences, blockRows: blockRows,
      framesPerPatchRun: patchRun, floats: floats)
  }

  /// frames (a multiple of T when they see each other) to class embeddings: out [frames, E], or
  /// [videos, E] when joint.
  func encode(
    _ source: any FrameSource, frames: Int, to out: UnsafeMutablePointer<Float>,
    pool: ThreadPool, workspaces: WorkspacePool
  ) throws(ModelError) {
    let filled = source.pixels == nil
    let plan = plan(frames: frames, threads: pool.threads, filled: filled)
    try workspaces.with(capacity: plan.floats, outOfMemory: ModelError.memory) {
      (workspace) throws(ModelError) in
      let buffers: Buffers
      do throws(NumericsError) {
        buffers = try Buffers(self, plan, workspace, filled: filled, threads: pool.threads)
      } catch { throw ModelError.memory(error) }
      var first = 0
      let unit = framesPerUnit
      while first < frames {
        let ready = min(frames, try source.readyFrames(atLeast: first + unit))
        let count = min(plan.framesPerGroup, (ready - first) / unit * unit)
        if let pixels = source.pixels {
          guard allFinite(pixels + first * pixelsPerFrame, count: count * pixelsPerFrame) else {
            throw ModelError(.notFinite, "the pixels hold NaN or infinity")
          }
        }
        try embed(source, first, count, plan, buffers, pool)
        let sequences = Sequences(
          offsets: buffers.offsets, count: count / framesPerSequence, before: buffers.neighbours)
        try transform(sequences, videos: count / configuration.frames, buffers, pool)
        let embeddings = out + first / framesPerSequence * projection.outputs
        project(sequences, buffers, to: embeddings, pool)
        first += count
      }
    }
  }

  /// The regions of one call's workspace. The patches' are gone when the blocks begin: theirs are in the same place.
  struct Buffers {
    let x: UnsafeMutablePointer<Float>  // [rows, W], the residual stream
    let scratch: BlockScratch
    let columns: UnsafeMutablePointer<Float>  // [patch rows, 3·p·p]
    let patchInput: Operand?  // the same in the patch embedding's precision, where that is not fp32
    let pixels: UnsafeMutablePointer<Float>?  // [patch run, 3, S, S]
    let offsets: UnsafeMutablePointer<Int>
    let neighbours: Sequences.Before?
    let classes: UnsafeMutablePointer<Float>  // [sequences, W]
    let embeddings: UnsafeMutablePointer<Float>  // [sequences, E]

    init(
      _ vision: VisionTransformer, _ plan: Plan, _ workspace: Workspace, filled: Bool, threads: Int
    ) throws(NumericsError) {
      let (width, length) = (vision.width, vision.sequenceLength)
      x = try workspace.take(plan.sequencesPerGroup * length * width)
      let (patchRows, patch) = (plan.framesPerPatchRun * vision.patches, vision.patchEmbedding)
      ((columns, patchInput, pixels), scratch) = try workspace.takeOneOf {
        (workspace) throws(NumericsError) in
        (
          try workspace.take(patchRows * vision.columnStride),
          patch.precision == .fp32
            ? nil : try Operand(workspace, patch.precision, rows: patchRows, width: patch.inputs),
          filled ? try workspace.take(plan.framesPerPatchRun * vision.pixelsPerFrame) : nil
        )
      } _: { (workspace) throws(NumericsError) in
        try vision.blocks.scratch(
          workspace, rows: plan.blockRows, sequences: plan.sequencesPerGroup, longest: vision.view.longest,
          threads: threads)
      }
      offsets = try workspace.takeOffsets(sequences: plan.sequencesPerGroup, length: length)
      neighbours = try vision.view.neighbours(workspace, sequences: plan.sequencesPerGroup)
      classes = try workspace.take(plan.sequencesPerGroup * width)
      embeddings = try workspace.take(
        plan.sequencesPerGroup * vision.projection.outputs)
    }
  }

  /// ln_pre and all blocks on x, with the temporal shift before each block where there is one. Of the
  /// last block only the class tokens are used.
  private func transform(
    _ sequences: Sequences, videos: Int, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(ModelError) {
    let x = buffers.x
    lnPre.apply(rows: sequences.rows, x, stride: width, to: x, stride: width, pool: pool)
    guard configuration.temporalShift else {
      return try blocks.apply(x, inRunsOf: sequences, wanted: .first, buffers.scratch, pool, before: nil)
    }
    let shift = TemporalShift(frames: configuration.frames, tokens: sequenceLength, width: width)
    try blocks.apply(x, inRunsOf: sequences, wanted: .first, buffers.scratch, pool) {
      shift.apply(x, videos: videos, pool: pool)
    }
  }

  /// ln_post of the class tokens, projected: out [sequences, E].
  private func project(
    _ sequences: Sequences, _ buffers: Buffers, to out: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) {
    for i in 0..<sequences.count {
      (buffers.classes + i * width).update(
        from: buffers.x + sequences.offsets[i] * width, count: width)
    }
    let classes = buffers.classes
    lnPost.apply(
      rows: sequences.count, classes, stride: width, to: classes, stride: width, pool: pool)
    projection.apply(
      rows: sequences.count, classes, stride: width, to: buffers.embeddings,
      stride: projection.outputs, pool: pool)
    out.update(from: buffers.embeddings, count: sequences.count * projection.outputs)
  }
}
