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
  /// Whether anything before the blocks is trained.
  private let trainsEmbedding: Bool

  /// Nil: nothing of the encoder is trained.
  init?(_ builder: BackwardBuilder, _ vision: VisionTransformer, infix: String) throws(Failure) {
    let names = TensorNames.Vision.self
    guard builder.trains(names.prefix) else { return nil }
    self.vision = vision
    patchEmbedding = builder.gradient(names.patchEmbedding)
    classEmbedding = builder.gradient(names.classEmbedding)
    positionalEmbedding = builder.gradient(names.positionalEmbedding)
    timeEmbedding = builder.gradient(names.timeEmbedding)
    trainsEmbedding =
      builder.trains(names.lnPre)
      || [patchEmbedding, classEmbedding, positionalEmbedding, timeEmbedding].contains { $0 != nil }
    lnPre = builder.layerNorm(vision.lnPre, names.lnPre)
    blocks = try BlocksBackward(
      builder, vision.blocks, names.blocks, infix: infix, passesDown: trainsEmbedding)
    lnPost = builder.layerNorm(vision.lnPost, names.lnPost)
    projection = try builder.linear(
      vision.projection, weight: names.projection, bias: nil, isTransposed: true,
      passesDown: !blocks.isEmpty || builder.trains(names.lnPost))
  }

  private var width: Int { vision.width }
  private var frames: Int { vision.configuration.frames }
  private var count: Int { vision.configuration.frameRowsPerVideo }  // sequences
  private var rows: Int { count * vision.sequenceLength }
  private var size: Int { vision.projection.outputs }

  struct Buffers {
    let plan: VisionTransformer.Plan
    let forward: VisionTransformer.Buffers
    /// Tokens before ln_pre, [rows, W]; later their gradient.
    let embedded: FloatRows
    let blocks: BlocksBackward.Buffers
    /// The class tokens after the blocks, after ln_post, and the gradient of the latter. [sequences, W]
    let classes, normed, normedGradient: FloatRows
    let embeddings: UnsafeMutablePointer<Float>  // [sequences, E]
    let moments: UnsafeMutablePointer<Float>  // [rows, 2]
    let product: TransposedProduct
  }

  func buffers(_ workspace: Workspace, keepsAll: Bool, threads: Int) throws(Failure) -> Buffers {
    let plan = vision.plan(frames: frames, unit: frames)
    let most = max(width, size)
    return Buffers(
      plan: plan,
      forward: try vision.buffers(workspace, plan, writesPixels: false, threads: threads),
      embedded: try FloatRows(workspace, rows: trainsEmbedding ? rows : 0, width: width),
      blocks: try blocks.buffers(
        workspace, rows: rows, sequences: count, longest: vision.sequenceLength, keepsAll: keepsAll,
        threads: threads),
      classes: try FloatRows(workspace, rows: count, width: width),
      normed: try FloatRows(workspace, rows: count, width: width),
      normedGradient: try FloatRows(workspace, rows: count, width: width),
      embeddings: try workspace.take(count * size), moments: try workspace.take(2 * rows),
      product: try TransposedProduct(
        workspace, m: most, n: max(most, vision.patchEmbedding.inputs), kernels: vision.projection.kernels))
  }

  private var shift: TemporalShift? {
    guard vision.configuration.temporalShift != .off else { return nil }
    return TemporalShift(
      frames: frames, tokens: vision.sequenceLength, width: width,
      isCausal: vision.configuration.temporalShift == .causal)
  }

  /// Encodes a video's pixels [T, 3, S, S] to buffers.embeddings, the frame embeddings, and keeps what the backward
  /// pass needs.
  func forward(
    _ pixels: UnsafePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let x = buffers.forward.x
    let stream = FloatRows(x, stride: width)
    try vision.embed(PixelFrames(pixels), 0, frames, buffers.plan, buffers.forward, pool)
    if trainsEmbedding { buffers.embedded.copy(stream, rows: rows, width: width) }
    vision.lnPre.apply(rows: rows, x, stride: width, to: x, stride: width, pool: pool)
    let sequences = Sequences(offsets: buffers.forward.offsets, count: count)
    let all = vision.blocks
    for layer in 0..<blocks.lowest {
      shift?.apply(stream, videos: 1, pool: pool)
      try all.apply(
        layer, x, inRunsOf: sequences, wanted: .first, buffers.forward.scratch, pool)
    }
    if blocks.isEmpty {
      for i in 0..<count { buffers.classes[i].update(from: stream[sequences.offsets[i]], count: width) }
    } else {
      buffers.blocks.inputs[0].copy(stream, rows: rows, width: width)
      try blocks.forward(sequences, wanted: .first, to: buffers.classes, buffers.blocks, pool) { _, input in
        shift?.apply(input, videos: 1, pool: pool)
      }
    }
    let (classes, normed) = (buffers.classes, buffers.normed)
    vision.lnPost.apply(
      rows: count, classes.base, stride: classes.stride, to: normed.operand, pool: pool)
    vision.projection.apply(
      rows: count, normed.operand, to: Operand(buffers.embeddings, stride: size), pool: pool)
  }

  /// Adds the parameters' gradients after `forward`, from those of the frame embeddings [sequences, E].
  func backward(
    _ pixels: UnsafePointer<Float>, gradient: FloatRows, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    projection.addGradients(rows: count, x: buffers.normed, dy: gradient, buffers.product, pool: pool)
    guard projection.turned != nil else { return }
    projection.inputGradient(rows: count, dy: gradient, to: buffers.normedGradient, pool: pool)
    lnPost.apply(
      rows: count, x: buffers.classes, dy: buffers.normedGradient,
      to: blocks.isEmpty ? nil : buffers.blocks.wantedGradient, moments: buffers.moments, pool: pool)
    guard !blocks.isEmpty else { return }
    let sequences = Sequences(offsets: buffers.forward.offsets, count: count)
    let lowest = blocks.lowest
    try blocks.backward(sequences, wanted: .first, buffers.blocks, pool) { layer, gradient in
      if trainsEmbedding || layer > lowest { shift?.applyAdjoint(gradient, videos: 1, pool: pool) }
    }
    guard trainsEmbedding else { return }
    // The blocks need their inputs no more.
    let embedded = buffers.blocks.inputs[0]
    lnPre.apply(
      rows: rows, x: buffers.embedded, dy: buffers.blocks.gradient, to: embedded,
      moments: buffers.moments, pool: pool)
    addPositionGradients(embedded, pool)
    try addPatchGradients(pixels, embedded, buffers, pool)
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
    _ pixels: UnsafePointer<Float>, _ tokens: FloatRows, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    guard let patchEmbedding else { return }
    let (patches, together, length) = (vision.patches, vision.framesPerSequence, vision.sequenceLength)
    // The patches' memory is that of the frozen blocks, which have ended.
    let columns = FloatRows(buffers.forward.patches.columns, stride: vision.columnStride)
    for first in stride(from: 0, to: frames, by: buffers.plan.framesPerPatchRun) {
      try checkCancelled()
      let run = min(buffers.plan.framesPerPatchRun, frames - first)
      vision.unfold(
        pixels + first * vision.pixelsPerFrame, frames: run, into: buffers.forward.patches.columns, pool)
      for frame in first..<first + run {
        let token = frame / together * length + 1 + frame % together
        buffers.product.add(
          rows: patches, FloatRows(tokens[token], stride: together * tokens.stride), m: width,
          columns.from((frame - first) * patches), n: vision.patchEmbedding.inputs, to: patchEmbedding.base,
          pool: pool)
      }
    }
  }
}
