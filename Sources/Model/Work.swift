import Numerics
import System
import TensorNames

/// Floating-point operations, two for each product of two numbers that is added to a sum.
struct Work {
  /// Operations of products with weights.
  var products = 0.0
  /// Operations of attention's scores, and of its sums of values.
  var attention = 0.0

  /// Adds a layer that is applied to so many rows.
  mutating func add(_ layer: Linear, rows: Double) {
    products += 2 * rows * Double(layer.inputs) * Double(layer.outputs)
  }

  /// Adds attention of so many queries, each to so many keys.
  mutating func addAttention(queries: Double, keys: Double, width: Int) {
    attention += 4 * queries * keys * Double(width)
  }

  /// Adds a block that is applied to `rows` rows in so many sequences, whose rows each see `keys` keys. Where one row of
  /// each is wanted, the others give keys and values alone.
  mutating func add(
    _ block: ResidualAttentionBlock, rows: Double, sequences: Double, keys: Double, wantsAll: Bool
  ) {
    let width = Double(block.width)
    products += 2 * rows * 2 * width * width
    let wanted = wantsAll ? rows : sequences
    products += 2 * wanted * width * width
    for layer in [block.outProjection, block.fc, block.projection] { add(layer, rows: wanted) }
    if let gating = block.gating { add(gating.gate, rows: wanted) }
    addAttention(queries: wanted, keys: keys, width: block.width)
  }
}

extension VisionTransformer {
  /// The work of encoding the frames of one video.
  var work: Work {
    var work = Work()
    let (frames, sequences) = (Double(configuration.frames), Double(configuration.frameRowsPerVideo))
    let rows = sequences * Double(sequenceLength)
    work.add(patchEmbedding, rows: frames * Double(patches))
    if let stem {
      work.add(stem.first, rows: frames * Double(patches * stem.firstPlaces))
      work.add(stem.second, rows: frames * Double(patches * stem.secondPlaces))
    }
    let wantsAll = context != nil || configuration.pooling != .classToken
    for (index, block) in blocks.blocks.enumerated() {
      work.add(
        block, rows: rows, sequences: sequences, keys: Double(longest),
        wantsAll: wantsAll || index + 1 < blocks.blocks.count)
    }
    for message in messages {
      for layer in [message.fc, message.inProjection, message.outProjection] { work.add(layer, rows: frames) }
      work.addAttention(queries: frames, keys: frames, width: width)
    }
    if let projection { work.add(projection, rows: sequences) }
    if let context { work.add(context.projection, rows: Double(patches)) }
    pooling?.add(to: &work, rows: rows, sequences: sequences, keys: Double(sequenceLength))
    return work
  }
}

extension AttentionPooling {
  func add(to work: inout Work, rows: Double, sequences: Double, keys: Double) {
    work.add(block, rows: rows, sequences: sequences, keys: keys, wantsAll: false)
  }
}

extension ActionCLIP {
  /// The work of encoding one video.
  private var videoWork: Work {
    var work = vision.work
    for parameter in parameters
    where parameter.name.hasPrefix(TensorNames.Head.prefix)
      || parameter.name.hasPrefix(TensorNames.Integration.prefix)
    {
      if case .packed(let layer) = parameter.storage { work.add(layer, rows: Double(configuration.frames)) }
    }
    return work
  }

  /// Floating-point operations of the products and attention of one video, a multiplication and an addition counted as
  /// two.
  public var videoOperations: Int64 {
    let work = videoWork
    return Int64(exactly: (work.products + work.attention).rounded()) ?? Int64.max
  }

  /// An estimate of the nanoseconds that encoding the pixels of one video takes on this machine, as it is now: a block of
  /// the image encoder's size is computed a few times, and the video's other work is taken to be as fast. The model's own
  /// numbers are not used.
  public func estimatedVideoTime() throws(Failure) -> Int64 {
    let work = videoWork
    let trial = try BlockTrial(vision, kernels: kernels, pool: pool)
    let speed = try trial.measure()
    let time = work.products / speed.products + work.attention / speed.attention
    return Int64(exactly: (1e9 * time).rounded()) ?? Int64.max
  }
}
