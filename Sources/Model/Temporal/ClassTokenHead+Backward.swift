import Numerics
import System
import TensorNames

extension ClassTokenHead {
  func backward(_ builder: BackwardBuilder) throws(Failure) -> any TemporalHeadBackward {
    let encoder = TensorNames.Head.encoder
    var own: [ClassTokenHeadBackward.Layer] = []
    for (index, layer) in layers.enumerated() {
      own.append(try ClassTokenHeadBackward.Layer(builder, layer, "\(encoder)layers.\(index)."))
    }
    return ClassTokenHeadBackward(
      head: self, layers: own, norm: builder.layerNorm(norm, encoder + "norm."),
      classToken: builder.gradient(TensorNames.Head.classToken),
      positions: builder.gradient(TensorNames.Head.classTokenPositions), dropout: builder.headDropout)
  }
}

/// The backward pass of the Transf_cls head, and its forward pass in training: it drops numbers where
/// torch.nn.TransformerEncoderLayer does, of attention's weights, after attention, and around the MLP's second product.
struct ClassTokenHeadBackward: TemporalHeadBackward {
  let head: ClassTokenHead
  let layers: [Layer]
  let norm: LayerNormBackward
  /// Gradients of the class token [E] and of the positions [T + 1, E].
  let classToken, positions: FloatBuffer?
  let dropout: Double
  private var seed: UInt64 = 0

  init(
    head: ClassTokenHead, layers: [Layer], norm: LayerNormBackward, classToken: FloatBuffer?,
    positions: FloatBuffer?, dropout: Double
  ) {
    (self.head, self.layers, self.norm) = (head, layers, norm)
    (self.classToken, self.positions, self.dropout) = (classToken, positions, dropout)
  }

  func seeded(_ seed: UInt64) -> ClassTokenHeadBackward {
    var own = self
    own.seed = seed
    return own
  }

  /// Nil: nothing is dropped.
  private var drops: HeadDropout? { dropout > 0 ? HeadDropout(rate: dropout, seed: seed) : nil }

  struct Layer: Sendable {
    let layer: ClassTokenHead.Layer
    let inProjection, outProjection, linear1, linear2: LinearBackward
    let norm1, norm2: LayerNormBackward

    init(
      _ builder: BackwardBuilder, _ layer: ClassTokenHead.Layer, _ prefix: String
    ) throws(Failure) {
      self.layer = layer
      inProjection = try builder.linear(
        layer.inProjection, weight: prefix + "self_attn.in_proj_weight",
        bias: prefix + "self_attn.in_proj_bias")
      outProjection = try builder.linear(layer.outProjection, prefix + "self_attn.out_proj.")
      norm1 = builder.layerNorm(layer.norm1, prefix + "norm1.")
      linear1 = try builder.linear(layer.linear1, prefix + "linear1.")
      linear2 = try builder.linear(layer.linear2, prefix + "linear2.")
      norm2 = builder.layerNorm(layer.norm2, prefix + "norm2.")
    }
  }

  /// The activations of one layer that its backward pass needs.
  struct Tape {
    let x: FloatRows  // [T + 1, E]
    let qkv: FloatRows
    let attended: FloatRows
    /// The sums that norm1 and norm2 are applied to.
    let first, second: FloatRows
    let hidden: FloatRows  // before the activation
  }

  struct Buffers {
    let offsets: UnsafeMutablePointer<Int>
    let tapes: [Tape]
    let result: FloatRows  // of the last layer
    let gradient, other: FloatRows
    /// A branch's results or their gradients, [T + 1, E], and a row's weights of attention, where numbers are dropped.
    let branch: FloatRows
    let weights: UnsafeMutablePointer<Float>
    let scratch: BlockBackwardScratch
  }

  private var length: Int { head.frames + 1 }
  private var size: Int { head.size }

  func buffers(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Buffers {
    let hidden = head.layers.lazy.map(\.linear1.outputs).max() ?? 0
    func take(_ width: Int) throws(Failure) -> FloatRows {
      try FloatRows(workspace, rows: length, width: width)
    }
    var tapes: [Tape] = []
    for layer in head.layers {
      tapes.append(
        Tape(
          x: try take(size), qkv: try take(3 * size), attended: try take(size), first: try take(size),
          second: try take(size), hidden: try take(layer.linear1.outputs)))
    }
    return Buffers(
      offsets: try workspace.takeOffsets(sequences: 1, length: length), tapes: tapes,
      result: try take(size), gradient: try take(size), other: try take(size),
      branch: try FloatRows(workspace, rows: dropout > 0 ? length : 0, width: size),
      weights: try workspace.take(dropout > 0 ? 3 * length : 0),
      scratch: try BlockBackwardScratch(
        workspace, rows: length, sequences: 0, longest: length, hidden: hidden, head.attention,
        of: head.layers[0].linear1, threads: threads))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let sequences = try forward(x, buffers, pool)
    let tokens = buffers.gradient
    tokens.clear(rows: length, width: size)
    norm.apply(
      rows: 1, x: buffers.result, dy: FloatRows(UnsafeMutablePointer(mutating: gradient), stride: size),
      to: tokens, moments: buffers.scratch.moments, pool: pool)
    for (index, layer) in layers.enumerated().reversed() {
      try checkCancelled()
      backward(index, layer, sequences, buffers.tapes[index], buffers, pool)
    }
    for token in 0..<length {
      let row = tokens[token]
      if token > 0 { (dx + (token - 1) * size).update(from: row, count: size) }
      if token == 0, let classToken { for i in 0..<size { classToken.base[i] += row[i] } }
      if let positions { for i in 0..<size { positions.base[token * size + i] += row[i] } }
    }
  }

  func join(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    _ = try forward(x, buffers, pool)
    head.norm.apply(
      rows: 1, buffers.result.base, stride: buffers.result.stride, to: out, stride: size, pool: pool)
  }

  /// Applies all layers to the frames x [T, E], and leaves their tapes.
  private func forward(
    _ x: UnsafePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) -> Sequences {
    let sequences = Sequences(offsets: buffers.offsets, count: 1)
    for token in 0..<length {
      let from = token == 0 ? head.classToken.pointer : x + (token - 1) * size
      let to = buffers.tapes[0].x[token]
      for i in 0..<size { to[i] = from[i] + head.positions.base[token * size + i] }
    }
    for (index, layer) in layers.enumerated() {
      try checkCancelled()
      let next = index + 1 < layers.count ? buffers.tapes[index + 1].x : buffers.result
      forward(index, layer, sequences, buffers.tapes[index], to: next, buffers, pool)
    }
    return sequences
  }

  /// x = norm1(x + attention(x)); x = norm2(x + linear2(ReLU(linear1(x)))), to `out`.
  private func forward(
    _ index: Int, _ own: Layer, _ sequences: Sequences, _ tape: Tape, to out: FloatRows, _ buffers: Buffers,
    _ pool: ThreadPool
  ) {
    let (layer, scratch, drops) = (own.layer, buffers.scratch, drops)
    layer.inProjection.apply(rows: length, tape.x.operand, to: tape.qkv.operand, pool: pool)
    if let drops {
      attention(index, drops, buffers).apply(tape.qkv, to: tape.attended)
    } else {
      head.attention.apply(
        sequences, qkv: tape.qkv.operand, to: tape.attended.operand, scratch: scratch.attention, pool: pool)
    }
    tape.first.copy(tape.x, rows: length, width: size)
    add(layer.outProjection, tape.attended, to: tape.first, index, .attended, buffers, pool)
    layer.norm1.apply(
      rows: length, tape.first.base, stride: tape.first.stride, to: scratch.normed.operand, pool: pool)
    layer.linear1.apply(rows: length, scratch.normed.operand, to: tape.hidden.operand, pool: pool)
    Activation.relu.apply(
      rows: length, width: layer.linear1.outputs, tape.hidden, to: scratch.activated, kernels: head.kernels,
      pool: pool)
    drops?.apply(layer: index, .hidden, rows: length, width: layer.linear1.outputs, scratch.activated)
    tape.second.copy(scratch.normed, rows: length, width: size)
    add(layer.linear2, scratch.activated, to: tape.second, index, .projected, buffers, pool)
    layer.norm2.apply(
      rows: length, tape.second.base, stride: tape.second.stride, to: out.operand, pool: pool)
  }

  /// Adds a product's results to `sum`, less what is dropped of them.
  private func add(
    _ product: Linear, _ x: FloatRows, to sum: FloatRows, _ index: Int, _ place: HeadDropout.Place,
    _ buffers: Buffers, _ pool: ThreadPool
  ) {
    guard let drops else {
      return product.add(rows: length, x.operand, to: sum.base, stride: sum.stride, pool: pool)
    }
    let branch = buffers.branch
    product.apply(rows: length, x.operand, to: branch.operand, pool: pool)
    drops.apply(layer: index, place, rows: length, width: size, branch)
    for row in 0..<length { for i in 0..<size { sum[row][i] += branch[row][i] } }
  }

  /// The gradient of a product's results, from that of the sum that they were added to.
  private func branchGradient(
    _ sum: FloatRows, _ index: Int, _ place: HeadDropout.Place, _ buffers: Buffers
  ) -> FloatRows {
    guard let drops else { return sum }
    buffers.branch.copy(sum, rows: length, width: size)
    drops.apply(layer: index, place, rows: length, width: size, buffers.branch)
    return buffers.branch
  }

  private func attention(_ index: Int, _ drops: HeadDropout, _ buffers: Buffers) -> DroppedAttention {
    DroppedAttention(
      length: length, width: size, heads: head.attention.heads,
      factors: drops.factors(layer: index, .weights), scratch: buffers.weights)
  }

  /// Turns the gradient of a layer's results, buffers.gradient, into that of its input.
  private func backward(
    _ index: Int, _ own: Layer, _ sequences: Sequences, _ tape: Tape, _ buffers: Buffers, _ pool: ThreadPool
  ) {
    let (gradient, sum, scratch) = (buffers.gradient, buffers.other, buffers.scratch)
    let (drops, hidden) = (drops, own.layer.linear1.outputs)
    own.norm2.apply(
      rows: length, x: tape.second, dy: gradient, to: sum, moments: scratch.moments, pool: pool)
    var branch = branchGradient(sum, index, .projected, buffers)
    own.linear2.inputGradient(
      rows: length, dy: branch, to: scratch.hiddenGradient, scratch.inputs, pool: pool)
    drops?.apply(layer: index, .hidden, rows: length, width: hidden, scratch.hiddenGradient)
    Activation.relu.backward(
      rows: length, width: hidden, x: tape.hidden, gradient: scratch.hiddenGradient, to: scratch.activated,
      kernels: head.kernels, pool: pool)
    drops?.apply(layer: index, .hidden, rows: length, width: hidden, scratch.activated)
    own.linear2.addGradients(rows: length, x: scratch.activated, dy: branch, scratch.product, pool: pool)
    own.layer.norm1.apply(
      rows: length, tape.first.base, stride: tape.first.stride, to: scratch.normed.operand, pool: pool)
    own.linear1.addGradients(
      rows: length, x: scratch.normed, dy: scratch.hiddenGradient, scratch.product, pool: pool)
    own.linear1.inputGradient(
      rows: length, dy: scratch.hiddenGradient, to: sum, adding: true, scratch.inputs, pool: pool)
    own.norm1.apply(
      rows: length, x: tape.first, dy: sum, to: gradient, moments: scratch.moments, pool: pool)
    branch = branchGradient(gradient, index, .attended, buffers)
    own.outProjection.addGradients(
      rows: length, x: tape.attended, dy: branch, scratch.product, pool: pool)
    own.outProjection.inputGradient(
      rows: length, dy: branch, to: scratch.gradient, scratch.inputs, pool: pool)
    if let drops {
      attention(index, drops, buffers).backward(
        tape.qkv, dout: scratch.gradient, to: scratch.qkvGradient)
    } else {
      head.attention.backward(
        sequences, qkv: tape.qkv, dout: scratch.gradient, to: scratch.qkvGradient,
        scratch: scratch.attentionBackward, pool: pool)
    }
    own.inProjection.addGradients(
      rows: length, x: tape.x, dy: scratch.qkvGradient, scratch.product, pool: pool)
    own.inProjection.inputGradient(
      rows: length, dy: scratch.qkvGradient, to: gradient, adding: true, scratch.inputs, pool: pool)
  }
}
