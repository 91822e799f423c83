import Numerics
import System
import TensorNames

/// The text encoder's backward pass. Prompts are computed each for itself, as far as their end-of-text tokens.
struct TextBackward: Sendable {
  let text: TextTransformer
  private let blocks: BlocksBackward
  private let tokenEmbedding, positionalEmbedding, context: FloatBuffer?
  private let lnFinal: LayerNormBackward
  private let projection: LinearBackward
  private let trainsEmbedding: Bool

  /// Nil: nothing of the encoder is trained.
  init?(_ builder: BackwardBuilder, _ text: TextTransformer) throws(Failure) {
    let names = TensorNames.Text.self
    self.text = text
    tokenEmbedding = builder.gradient(names.tokenEmbedding)
    positionalEmbedding = builder.gradient(names.positionalEmbedding)
    context = builder.gradient(names.context)
    trainsEmbedding = tokenEmbedding != nil || positionalEmbedding != nil || context != nil
    guard
      trainsEmbedding || builder.trains(names.blocks) || builder.trains(names.lnFinal)
        || builder.gradient(names.projection) != nil
    else { return nil }
    guard !text.isWhole else {
      throw Failure(
        .unsupported,
        "a text encoder whose tokens all see each other, as SigLIP's and CLIPA's, is not trained here: train the "
          + "temporal head alone")
    }
    blocks = try BlocksBackward(builder, text.blocks, names.blocks, passesDown: trainsEmbedding)
    lnFinal = builder.layerNorm(text.lnFinal, names.lnFinal)
    projection = try builder.linear(
      text.projection, weight: names.projection, bias: nil, isTransposed: true,
      passesDown: !blocks.isEmpty || builder.trains(names.lnFinal))
  }

  private var width: Int { text.lnFinal.width }
  private var size: Int { text.projection.outputs }

  /// Tokens of a group of prompts; at least those of one.
  private static let rowsTogether = 2048

  struct Buffers {
    let rows: Int
    let x: UnsafeMutablePointer<Float>  // [rows, X]
    let scratch: BlockScratch  // of the frozen blocks
    let offsets: UnsafeMutablePointer<Int>  // [rows + 1]
    let blocks: BlocksBackward.Buffers
    /// Each prompt's last row after the blocks, after ln_final, and the gradient of the latter. [prompts, X]
    let ends, normed, normedGradient: FloatRows
    let moments: UnsafeMutablePointer<Float>
    let product: TransposedProduct
    let inputs: InputProduct
  }

  /// Memory for up to `prompts` prompts, in groups.
  func buffers(
    _ workspace: Workspace, prompts: Int, keepsAll: Bool, threads: Int
  ) throws(Failure) -> Buffers {
    let length = text.contextLength
    let rows = max(length, min(TextBackward.rowsTogether, min(prompts, 1 << 20) * length))
    // A prompt has at least one row.
    let count = min(prompts, rows)
    let most = max(width, size)
    return Buffers(
      rows: rows, x: try workspace.take(rows * width),
      scratch: try text.blocks.scratch(
        workspace, rows: rows, sequences: count, longest: length, threads: threads),
      offsets: try workspace.takeIntegers(count + 1),
      blocks: try blocks.buffers(
        workspace,
        BlocksBackward.Shape(rows: rows, sequences: count, longest: length, wanted: .last, threads: threads),
        keepsAll: keepsAll),
      ends: try FloatRows(workspace, rows: count, width: width),
      normed: try FloatRows(workspace, rows: count, width: width),
      normedGradient: try FloatRows(workspace, rows: count, width: width),
      moments: try workspace.take(2 * count),
      product: try TransposedProduct(
        workspace, rows: count, m: most, n: most, precision: text.projection.inputPrecision,
        kernels: text.projection.kernels),
      inputs: try InputProduct(
        workspace, outputs: size,
        RoundedRows(workspace, rows: count, width: most, for: text.projection), for: text.projection,
        threads: threads))
  }

  /// Adds the parameters' gradients, from those of the embeddings [count, E] of tokens [count, C], whose ids are
  /// checked already.
  func addGradients(
    _ tokens: UnsafePointer<Int32>, count: Int, gradient: UnsafePointer<Float>, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let length = text.contextLength
    var first = 0
    while first < count {
      let group = embed(tokens + first * length, most: count - first, buffers)
      let sequences = Sequences(offsets: buffers.offsets, count: group)
      try forward(sequences, buffers, pool)
      let own = FloatRows(UnsafeMutablePointer(mutating: gradient + first * size), stride: size)
      try backward(sequences, tokens + first * length, own, buffers, pool)
      first += group
    }
  }

  /// Writes the rows of the first prompts to buffers.x and returns how many there is room for.
  private func embed(_ tokens: UnsafePointer<Int32>, most: Int, _ buffers: Buffers) -> Int {
    let (length, offsets) = (text.contextLength, buffers.offsets)
    var count = 0
    offsets[0] = 0
    while count < most {
      let own = tokens + count * length
      let end = TextTransformer.length(own, length)
      guard offsets[count] + end <= buffers.rows else { break }
      for position in 0..<end {
        text.embed(own[position], at: position, to: buffers.x + (offsets[count] + position) * width)
      }
      count += 1
      offsets[count] = offsets[count - 1] + end
    }
    return count
  }

  private func forward(
    _ sequences: Sequences, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let (x, stream) = (buffers.x, FloatRows(buffers.x, stride: width))
    for layer in 0..<blocks.lowest {
      try text.blocks.apply(layer, x, inRunsOf: sequences, wanted: .last, buffers.scratch, pool)
    }
    if blocks.isEmpty {
      for i in 0..<sequences.count {
        buffers.ends[i].update(from: stream[sequences.offsets[i + 1] - 1], count: width)
      }
    } else {
      buffers.blocks.kept.inputs[0].copy(stream, rows: sequences.rows, width: width)
      try blocks.forward(sequences, wanted: .last, to: buffers.ends, buffers.blocks, pool) { _, _ in }
    }
    let ends = buffers.ends
    text.lnFinal.apply(
      rows: sequences.count, ends.base, stride: ends.stride, to: buffers.normed.operand, pool: pool)
  }

  private func backward(
    _ sequences: Sequences, _ tokens: UnsafePointer<Int32>, _ gradient: FloatRows, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let count = sequences.count
    projection.addGradients(rows: count, x: buffers.normed, dy: gradient, buffers.product, pool: pool)
    guard projection.passesDown else { return }
    projection.inputGradient(
      rows: count, dy: gradient, to: buffers.normedGradient, buffers.inputs, pool: pool)
    lnFinal.apply(
      rows: count, x: buffers.ends, dy: buffers.normedGradient,
      to: blocks.isEmpty ? nil : buffers.blocks.work.wantedGradient, moments: buffers.moments, pool: pool)
    guard !blocks.isEmpty else { return }
    try blocks.backward(sequences, wanted: .last, buffers.blocks, pool) { _, _ in }
    guard trainsEmbedding else { return }
    addEmbeddingGradients(sequences, tokens, buffers.blocks.work.gradient)
  }

  /// Adds each row's gradient to those of its token or context vector and of its position, in their order.
  private func addEmbeddingGradients(
    _ sequences: Sequences, _ tokens: UnsafePointer<Int32>, _ rows: FloatRows
  ) {
    let (length, width) = (text.contextLength, width)
    for sequence in 0..<sequences.count {
      for position in 0..<sequences.length(sequence) {
        let own = rows[sequences.offsets[sequence] + position]
        let id = tokens[sequence * length + position]
        if let sums = id < 0 ? context : tokenEmbedding {
          let sum = sums.base + (id < 0 ? TextTransformer.contextIndex(id) : Int(id)) * width
          for i in 0..<width { sum[i] += own[i] }
        }
        if let positionalEmbedding {
          let sums = positionalEmbedding.base + position * width
          for i in 0..<width { sums[i] += own[i] }
        }
      }
    }
  }
}
