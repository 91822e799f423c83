import Numerics
import System
import TensorNames

/// The image encoder's backward pass, for the frames of one video.
struct VisionBackward: Sendable {
  let vision: VisionTransformer
  let blocks: BlocksBackward
  private let patchEmbedding, classEmbedding, positionalEmbedding, timeEmbedding: FloatBuffer?
  private let lnPre, lnPost: LayerNormBackward
  private let projection: LinearBackward
  /// The encoder's own, which a SigLIP and a CLIPA do not have.
  private let (normBefore, projected): (LayerNorm, Linear)
  /// Whether anything before the blocks is trained.
  private let trainsEmbedding: Bool

  /// Nil: nothing of the encoder is trained.
  init?(_ builder: BackwardBuilder, _ vision: VisionTransformer, infix: String) throws(Failure) {
    let names = TensorNames.Vision.self
    guard builder.trains(names.prefix) else { return nil }
    let form = vision.configuration.unusualForm
    guard form == nil, let normBefore = vision.lnPre, let projected = vision.projection,
      projected.bias == nil
    else {
      throw Failure(
        .unsupported,
        "the image encoder of \(form ?? "this model") is not trained here: train the temporal head alone")
    }
    self.vision = vision
    (self.normBefore, self.projected) = (normBefore, projected)
    patchEmbedding = builder.gradient(names.patchEmbedding)
    classEmbedding = builder.gradient(names.classEmbedding)
    positionalEmbedding = builder.gradient(names.positionalEmbedding)
    timeEmbedding = builder.gradient(names.timeEmbedding)
    trainsEmbedding =
      builder.trains(names.lnPre)
      || [patchEmbedding, classEmbedding, positionalEmbedding, timeEmbedding].contains { $0 != nil }
    lnPre = builder.layerNorm(normBefore, names.lnPre)
    blocks = try BlocksBackward(
      builder, vision.blocks, names.blocks, infix: infix, passesDown: trainsEmbedding)
    lnPost = builder.layerNorm(vision.lnPost, names.lnPost)
    projection = try builder.linear(
      projected, weight: names.projection, bias: nil, isTransposed: true,
      passesDown: !blocks.isEmpty || builder.trains(names.lnPost))
  }

  private var width: Int { vision.width }
  private var frames: Int { vision.configuration.frames }
  private var count: Int { vision.configuration.frameRowsPerVideo }  // sequences
  private var rows: Int { count * vision.sequenceLength }
  private var size: Int { projected.outputs }

  /// Rows that the blocks compute together.
  private func shape(threads: Int) -> BlocksBackward.Shape {
    BlocksBackward.Shape(
      rows: rows, sequences: count, longest: vision.sequenceLength, wanted: .first, threads: threads)
  }

  /// A forward pass's numbers that the backward pass needs.
  struct Kept {
    /// Tokens before ln_pre, [rows, W]; later their gradient.
    let embedded: FloatRows
    let blocks: BlocksBackward.Kept
    /// The class tokens after the blocks and after ln_post. [sequences, W]
    let classes, normed: FloatRows
    let embeddings: UnsafeMutablePointer<Float>  // [sequences, E]
  }

  func kept(_ workspace: Workspace, keepsAll: Bool, threads: Int) throws(Failure) -> Kept {
    Kept(
      embedded: try FloatRows(workspace, rows: trainsEmbedding ? rows : 0, width: width),
      blocks: try blocks.kept(workspace, shape(threads: threads), keepsAll: keepsAll),
      classes: try FloatRows(workspace, rows: count, width: width),
      normed: try FloatRows(workspace, rows: count, width: width),
      embeddings: try workspace.take(count * size))
  }

  /// The memory that passes work in, one after the other. `forward` and `blocks` share their place.
  struct Work {
    let plan: VisionTransformer.Plan
    let offsets: UnsafeMutablePointer<Int>
    let forward: VisionTransformer.Buffers
    let blocks: BlocksBackward.Work
    let normedGradient: FloatRows  // of ln_post's results, [sequences, W]
    let moments: UnsafeMutablePointer<Float>  // [rows, 2]
    let rounded: RoundedRows
    let product: TransposedProduct
    let inputs: InputProduct
  }

  func work(_ workspace: Workspace, needsTape: Bool, threads: Int) throws(Failure) -> Work {
    let plan = vision.plan(frames: frames, unit: frames)
    let most = max(width, size)
    let rounded = try RoundedRows(workspace, rows: count, width: most, for: projected)
    let offsets = try workspace.takeOffsets(sequences: count, length: vision.sequenceLength)
    let (forward, backward) = try workspace.takeOneOf { (workspace) throws(Failure) in
      try vision.buffers(workspace, plan, writesPixels: false, threads: threads)
    } _: { (workspace) throws(Failure) in
      try blocks.work(workspace, shape(threads: threads), needsTape: needsTape)
    }
    return Work(
      plan: plan, offsets: offsets, forward: forward, blocks: backward,
      normedGradient: try FloatRows(workspace, rows: count, width: width),
      moments: try workspace.take(2 * rows),
      rounded: rounded,
      product: try TransposedProduct(
        workspace, m: most, n: max(most, vision.patchEmbedding.inputs),
        precision: projected.inputPrecision, kernels: projected.kernels),
      inputs: try InputProduct(
        workspace, outputs: size, rounded, for: projected, threads: threads))
  }

  private var shift: TemporalShift? {
    guard vision.configuration.temporalShift != .off else { return nil }
    return TemporalShift(
      frames: frames, tokens: vision.sequenceLength, width: width,
      isCausal: vision.configuration.temporalShift == .causal)
  }

  /// Numbers of a video that no training changes: the input of the lowest block with a backward pass, [rows, W], or the
  /// class tokens after the blocks, [sequences, W]; 0 where what comes before the blocks is trained.
  var frozenNumbers: Int { trainsEmbedding ? 0 : (blocks.isEmpty ? count : rows) * width }

  /// Computes from a video's pixels [T, 3, S, S] what no training changes, to `out`, row after row.
  func writeFrozen(
    _ pixels: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ work: Work, _ pool: ThreadPool
  ) throws(Failure) {
    let x = work.forward.x
    try vision.embed(PixelFrames(pixels), 0, frames, work.plan, work.forward, pool)
    normBefore.apply(rows: rows, x, stride: width, to: x, stride: width, pool: pool)
    let sequences = Sequences(offsets: work.offsets, count: count)
    for layer in 0..<blocks.lowest {
      shift?.apply(FloatRows(x, stride: width), videos: 1, pool: pool)
      try vision.blocks.apply(layer, x, inRunsOf: sequences, wanted: .first, work.forward.scratch, pool)
    }
    guard blocks.isEmpty else { return out.update(from: x, count: rows * width) }
    for i in 0..<count {
      (out + i * width).update(from: x + sequences.offsets[i] * width, count: width)
    }
  }

  /// Encodes a video to kept.embeddings, its frame embeddings, and keeps what the backward pass needs. `input` is what
  /// `writeFrozen` gives, or the video's pixels where nothing is frozen.
  func forward(
    _ input: UnsafePointer<Float>, _ kept: Kept, _ work: Work, _ pool: ThreadPool
  ) throws(Failure) {
    let frozen = FloatRows(UnsafeMutablePointer(mutating: input), stride: width)
    if trainsEmbedding {
      let x = work.forward.x
      try vision.embed(PixelFrames(input), 0, frames, work.plan, work.forward, pool)
      kept.embedded.copy(FloatRows(x, stride: width), rows: rows, width: width)
      let tokens = kept.blocks.inputs[0]
      normBefore.apply(rows: rows, x, stride: width, to: tokens.base, stride: tokens.stride, pool: pool)
    } else if blocks.isEmpty {
      kept.classes.copy(frozen, rows: count, width: width)
    } else {
      kept.blocks.inputs[0].copy(frozen, rows: rows, width: width)
    }
    if !blocks.isEmpty {
      let sequences = Sequences(offsets: work.offsets, count: count)
      let buffers = BlocksBackward.Buffers(kept: kept.blocks, work: work.blocks)
      try blocks.forward(sequences, wanted: .first, to: kept.classes, buffers, pool) { _, input in
        shift?.apply(input, videos: 1, pool: pool)
      }
    }
    let (classes, normed) = (kept.classes, kept.normed)
    vision.lnPost.apply(
      rows: count, classes.base, stride: classes.stride, to: normed.operand, pool: pool)
    projected.apply(
      rows: count, work.rounded.input(of: projected, rows: count, normed, pool: pool),
      to: Operand(kept.embeddings, stride: size), pool: pool)
  }

  /// Adds the parameters' gradients after `forward`, from those of the frame embeddings [sequences, E]. `pixels` are
  /// needed where nothing is frozen.
  func backward(
    _ pixels: UnsafePointer<Float>?, gradient: FloatRows, _ kept: Kept, _ work: Work, _ pool: ThreadPool
  ) throws(Failure) {
    projection.addGradients(rows: count, x: kept.normed, dy: gradient, work.product, pool: pool)
    guard projection.passesDown else { return }
    projection.inputGradient(rows: count, dy: gradient, to: work.normedGradient, work.inputs, pool: pool)
    lnPost.apply(
      rows: count, x: kept.classes, dy: work.normedGradient,
      to: blocks.isEmpty ? nil : work.blocks.wantedGradient, moments: work.moments, pool: pool)
    guard !blocks.isEmpty else { return }
    let sequences = Sequences(offsets: work.offsets, count: count)
    let lowest = blocks.lowest
    let buffers = BlocksBackward.Buffers(kept: kept.blocks, work: work.blocks)
    try blocks.backward(sequences, wanted: .first, buffers, pool) { layer, gradient in
      if trainsEmbedding || layer > lowest { shift?.applyAdjoint(gradient, videos: 1, pool: pool) }
    }
    guard trainsEmbedding, let pixels else { return }
    // The blocks need their inputs no more.
    let embedded = kept.blocks.inputs[0]
    lnPre.apply(
      rows: rows, x: kept.embedded, dy: work.blocks.gradient, to: embedded, moments: work.moments,
      pool: pool)
    addPositionGradients(embedded, pool)
    try addPatchGradients(pixels, embedded, work, pool)
  }

  /// Adds the gradients of the class token, the positions and the times, from those of the tokens.
  private func addPositionGradients(_ tokens: FloatRows, _ pool: ThreadPool) {
    let (width, length, together) = (width, vision.sequenceLength, vision.framesPerSequence)
    let (positions, classes, times) = (
      positionalEmbedding?.base, classEmbedding?.base, timeEmbedding?.base
    )
    func add(_ row: Int, to sums: UnsafeMutablePointer<Float>?) {
      guard let sums else { return }
      let own = tokens[row]
      for i in 0..<width { sums[i] += own[i] }
    }
    pool.run(count: vision.patches + 1) { place, _ in
      let sums = positions.map { $0 + place * width }
      for sequence in 0..<count {
        guard place > 0 else {
          add(sequence * length, to: sums)
          add(sequence * length, to: classes)
          continue
        }
        for t in 0..<together { add(sequence * length + 1 + (place - 1) * together + t, to: sums) }
      }
    }
    guard let times else { return }
    pool.run(count: together) { t, _ in
      for patch in 0..<vision.patches { add(1 + patch * together + t, to: times + t * width) }
    }
  }

  private func addPatchGradients(
    _ pixels: UnsafePointer<Float>, _ tokens: FloatRows, _ work: Work, _ pool: ThreadPool
  ) throws(Failure) {
    guard let patchEmbedding else { return }
    let (patches, together, length) = (vision.patches, vision.framesPerSequence, vision.sequenceLength)
    // The patches' memory is that of the blocks' passes, which have ended.
    let columns = FloatRows(work.forward.patches.columns, stride: vision.columnsPerPatch)
    for first in stride(from: 0, to: frames, by: work.plan.framesPerPatchRun) {
      try checkCancelled()
      let run = min(work.plan.framesPerPatchRun, frames - first)
      vision.unfold(
        pixels + first * vision.pixelsPerFrame, frames: run, into: work.forward.patches.columns, pool)
      for frame in first..<first + run {
        let token = frame / together * length + 1 + frame % together
        work.product.add(
          rows: patches, FloatRows(tokens[token], stride: together * tokens.stride), m: width,
          columns.from((frame - first) * patches), n: vision.patchEmbedding.inputs, to: patchEmbedding.base,
          pool: pool)
      }
    }
  }
}
