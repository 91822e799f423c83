import Numerics
import System

/// A block of an image encoder's size with made-up numbers, computed to see how fast this machine is.
struct BlockTrial {
  private let block: ResidualAttentionBlock
  private let length, sequences: Int
  /// Rows that are computed together.
  var rows: Int { sequences * length }
  private let pool: ThreadPool

  /// Sequences are not longer than that or the rows together: the time of their attention follows from their length.
  private static let longest = 1024
  /// Rows of a first run, which starts the threads.
  private static let fewRows = 16
  /// Nanoseconds that the block is repeated for, and its attention.
  private static let span: Int64 = 50_000_000, attentionSpan: Int64 = 10_000_000

  init(_ vision: VisionTransformer, kernels: Kernels, pool: ThreadPool) throws(Failure) {
    let model = vision.blocks.blocks[0]
    self.pool = pool
    let together = vision.plan(frames: vision.configuration.frames, unit: vision.framesPerUnit)
    // As even among threads as the model's own rows; three pieces for two threads would take a third longer.
    let rows = min(together.blockRows, Linear.evenRows(threads: pool.threads))
    length = min(vision.sequenceLength, max(BlockTrial.longest, rows))
    sequences = max(1, min(together.sequencesPerGroup, (rows + length - 1) / length))
    let layers = [model.inProjection, model.outProjection, model.fc, model.projection]
    let weights = try BlockTrial.numbers(layers.reduce(1) { max($0, $1.inputs * $1.outputs) })
    let vector = try FloatBuffer(count: layers.reduce(1) { max($0, $1.outputs) })
    func copy(_ layer: Linear) throws(Failure) -> Linear {
      try withExtendedLifetime(weights) { () throws(Failure) in
        try Linear(
          weight: weights.pointer, bias: layer.bias == nil ? nil : vector, inputs: layer.inputs,
          outputs: layer.outputs, precision: layer.precision, kernels: kernels, pool: pool)
      }
    }
    func copy(_ norm: LayerNorm) throws(Failure) -> LayerNorm {
      let gains = try FloatBuffer(count: norm.width)
      for i in 0..<norm.width { gains.base[i] = 1 }
      return LayerNorm(
        weight: gains, bias: try FloatBuffer(count: norm.width), epsilon: norm.epsilon, kernels: kernels)
    }
    // A gate is as large as fc.
    let gating = try model.gating.map { (gating) throws(Failure) in
      BlockGating(
        attentionNorm: try copy(gating.attentionNorm), gate: try copy(gating.gate),
        hiddenNorm: try copy(gating.hiddenNorm))
    }
    block = ResidualAttentionBlock(
      ln1: try copy(model.ln1), attention: model.attention, inProjection: try copy(model.inProjection),
      outProjection: try copy(model.outProjection), ln2: try copy(model.ln2), fc: try copy(model.fc),
      activation: model.activation, projection: try copy(model.projection), gating: gating,
      rotary: model.rotary)
  }

  /// Pseudo-random numbers with peaks as trained weights have, around 0.
  private static func numbers(_ count: Int) throws(Failure) -> FloatBuffer {
    let numbers = try FloatBuffer(count: count)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let uniform = Float(state >> 40) / Float(1 << 23) - 1
      numbers.base[i] = uniform * uniform * uniform * 0.1
    }
    return numbers
  }

  /// Operations a second of products with everything beside them, and of attention.
  func measure() throws(Failure) -> (products: Double, attention: Double) {
    let x = try BlockTrial.numbers(rows * block.width)
    let (workspace, regions) = try Workspace.holding { (workspace) throws(Failure) in
      (
        scratch: try BlockScratch(
          workspace, rows: rows, sequences: sequences, longest: length,
          BlockScratch.Shape(
            inputPrecision: block.inputPrecision, attention: block.attention, hidden: block.fc.outputs,
            isGated: block.gating != nil),
          threads: pool.threads),
        offsets: try workspace.takeOffsets(sequences: sequences, length: length),
        few: try workspace.takeOffsets(sequences: 1, length: min(length, BlockTrial.fewRows))
      )
    }
    let own = Sequences(offsets: regions.offsets, count: sequences)
    let scratch = regions.scratch
    try block.apply(x.base, Sequences(offsets: regions.few, count: 1), scratch, pool)
    let whole = try BlockTrial.seconds(BlockTrial.span) { () throws(Failure) in
      try block.apply(x.base, own, scratch, pool)
    }
    let attending = try BlockTrial.seconds(BlockTrial.attentionSpan) { () throws(Failure) in
      block.attention.apply(
        own, qkv: scratch.qkvOrHidden.reshaped(width: 3 * block.width), to: scratch.attended,
        scratch: scratch.attention, pool: pool)
    }
    extendLifetime(workspace)
    extendLifetime(x)
    var work = Work()
    work.add(
      block, rows: Double(rows), sequences: Double(sequences), keys: Double(length), wantsAll: true)
    return (work.products / max(whole - attending, whole / 10), work.attention / attending)
  }

  /// The shortest time of `body`, in seconds, of runs that take so many nanoseconds together, at least one.
  private static func seconds(
    _ span: Int64, _ body: () throws(Failure) -> Void
  ) throws(Failure) -> Double {
    var (shortest, spent): (Int64, Int64) = (Int64.max, 0)
    while spent < span {
      try checkCancelled()
      let begin = MonotonicTime.now
      try body()
      let time = max(1, MonotonicTime.now.since(begin))
      (shortest, spent) = (min(shortest, time), spent + time)
    }
    return Double(shortest) / 1e9
  }
}
