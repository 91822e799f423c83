import Numerics
import System
import TensorNames

/// X-CLIP's video-specific prompts (arXiv 2208.02816, section 3.3; VideoX X-CLIP/models/prompt.py): a text's embedding
/// attends to the patches of a video, in layers x += proj(attention(norm1(x), patches)), x += mlp(norm3(x)), and what
/// comes out, times alpha, is added to the embedding.
struct VideoPrompts: Sendable {
  struct Layer: Sendable {
    let norm1: LayerNorm
    let query, key, value: Linear  // [E, E], without bias
    let outProjection: Linear  // [E, E]
    let norm3: LayerNorm
    let fc: Linear  // [4E, E]
    let projection: Linear  // [E, 4E]

    /// Reads layer `prefix`, which ends in a dot.
    init(_ reader: ParameterReader, _ prefix: String, _ c: Configuration) throws(Failure) {
      let (names, size) = (TensorNames.VideoPrompts.self, c.embeddingSize)
      func square(_ name: String, after norm: LayerNorm) throws(Failure) -> Linear {
        try reader.linear(weight: prefix + name, bias: nil, size, size, minimum: .bf16, after: norm)
      }
      let fcWeight = prefix + names.fc + "weight"
      let hidden = try reader.shape(fcWeight, rank: 2, for: "a video's prompts")[0]
      try reader.checkHidden(hidden, fcWeight)
      norm1 = try reader.layerNorm(prefix + names.norm1, size, c.epsilon)
      query = try square(names.query, after: norm1)
      key = try square(names.key, after: norm1)
      value = try square(names.value, after: norm1)
      outProjection = try reader.linear(prefix + names.outProjection, size, size, minimum: .bf16)
      norm3 = try reader.layerNorm(prefix + names.norm3, size, c.epsilon)
      fc = try reader.linear(prefix + names.fc, size, hidden, minimum: .bf16, after: norm3)
      projection = try reader.linear(prefix + names.projection, hidden, size, minimum: .bf16)
    }
  }

  let norm: LayerNorm
  let layers: [Layer]
  let alpha: FloatBuffer  // [E]
  let attention: CrossAttention
  let activation: Activation
  let patches: Int  // g²

  /// The tensor that every layer is counted by.
  static let firstOfLayer = TensorNames.VideoPrompts.norm1 + "weight"

  private var size: Int { norm.width }
  private var hidden: Int { layers.lazy.map(\.fc.outputs).max() ?? 0 }

  /// Nil where the model has no such prompts.
  init?(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    guard c.promptLayers > 0 else { return nil }
    let (names, size) = (TensorNames.VideoPrompts.self, c.embeddingSize)
    norm = try reader.layerNorm(names.norm, size, c.epsilon)
    alpha = try reader.tensor(names.alpha, [size])
    var layers: [Layer] = []
    for layer in 0..<c.promptLayers {
      layers.append(try Layer(reader, "\(names.layers)\(layer).", c))
    }
    self.layers = layers
    attention = CrossAttention(
      heads: c.promptHeads, width: size,
      precision: reader.kernels.activationPrecision(layers[0].query.precision), kernels: reader.kernels)
    activation = c.activation.function
    patches = c.gridSize * c.gridSize
  }

  /// Texts that go through the layers together: enough for large products, few enough for a small workspace.
  private static let textsTogether = 512

  /// The memory in which `move` works.
  struct Buffers {
    let rows: Int  // texts together
    let moved: UnsafeMutablePointer<Float>  // [texts, E]
    let visual, keys, values: Operand  // [g², E]
    let memory: CrossAttention.Memory  // a set for each layer
    let input, queries, attended: Operand  // [rows, E]
    let hidden: Operand  // [rows, 4E]
    let attention: CrossAttention.Scratch
  }

  func buffers(_ workspace: Workspace, texts: Int, threads: Int) throws(Failure) -> Buffers {
    let rows = min(texts, VideoPrompts.textsTogether)
    let (inputs, activations) = (layers[0].fc.inputPrecision, attention.precision)
    return Buffers(
      rows: rows, moved: try workspace.take(texts * size),
      visual: try Operand(workspace, inputs, rows: patches, width: size),
      keys: try Operand(workspace, activations, rows: patches, width: size),
      values: try Operand(workspace, activations, rows: patches, width: size),
      memory: try attention.memory(workspace, sets: layers.count, count: patches),
      input: try Operand(workspace, inputs, rows: rows, width: size),
      queries: try Operand(workspace, activations, rows: rows, width: size),
      attended: try Operand(workspace, activations, rows: rows, width: size),
      hidden: try Operand(workspace, activations, rows: rows, width: hidden),
      attention: try attention.scratch(workspace, count: patches, threads: threads))
  }

  /// Writes texts' embeddings [texts, E], moved by a video's context [g², E], to buffers.moved. A text's result does not
  /// depend on the others.
  func move(
    _ texts: UnsafePointer<Float>, count: Int, by context: UnsafePointer<Float>, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    norm.apply(rows: patches, context, stride: size, to: buffers.visual, pool: pool)
    for (index, layer) in layers.enumerated() {
      layer.key.apply(rows: patches, buffers.visual, to: buffers.keys, pool: pool)
      layer.value.apply(rows: patches, buffers.visual, to: buffers.values, pool: pool)
      attention.pack(
        keys: buffers.keys, values: buffers.values, count: patches, into: buffers.memory, set: index,
        pool: pool)
    }
    buffers.moved.update(from: texts, count: count * size)
    for first in stride(from: 0, to: count, by: buffers.rows) {
      let (x, rows) = (buffers.moved + first * size, min(buffers.rows, count - first))
      for index in layers.indices {
        try checkCancelled()
        apply(index, x, rows: rows, buffers, pool)
      }
      let own = texts + first * size
      for row in 0..<rows {
        let start = row * size
        for i in 0..<size { x[start + i] = own[start + i] + alpha.base[i] * x[start + i] }
      }
    }
  }

  private func apply(
    _ index: Int, _ x: UnsafeMutablePointer<Float>, rows: Int, _ buffers: Buffers, _ pool: ThreadPool
  ) {
    let layer = layers[index]
    layer.norm1.apply(rows: rows, x, stride: size, to: buffers.input, pool: pool)
    layer.query.apply(rows: rows, buffers.input, to: buffers.queries, pool: pool)
    attention.apply(
      queries: buffers.queries, rows: rows, count: patches, buffers.memory, set: index,
      to: buffers.attended, buffers.attention, pool: pool)
    layer.outProjection.add(rows: rows, buffers.attended, to: x, stride: size, pool: pool)
    layer.norm3.apply(rows: rows, x, stride: size, to: buffers.input, pool: pool)
    let hidden = buffers.hidden.reshaped(width: layer.fc.outputs)
    layer.fc.apply(rows: rows, buffers.input, to: hidden, activation: activation, pool: pool)
    layer.projection.add(rows: rows, hidden, to: x, stride: size, pool: pool)
  }
}
