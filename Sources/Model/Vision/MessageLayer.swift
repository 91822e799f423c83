import Numerics
import System
import TensorNames

/// The message tokens of X-CLIP before one block of the image encoder (arXiv 2208.02816, section 3.2; VideoX
/// X-CLIP/models/cct.py): a message of each frame is made of its class token, m = message_fc(class), the messages of
/// a video attend to each other, m += message_attn(message_ln(m)), and the block's attention gives each frame its
/// message as one token more. After the block it is forgotten: its row takes the next block's message.
final class MessageLayer: Sendable {
  let fc: Linear  // [W, W]
  let norm: LayerNorm
  let attention: MultiHeadAttention
  let inProjection: Linear  // [3W, W], q k v in this order
  let outProjection: Linear  // [W, W]

  /// Reads the layer of block `prefix`, which ends in a dot.
  init(_ reader: ParameterReader, _ prefix: String, _ c: Configuration) throws(Failure) {
    let (names, width) = (TensorNames.Block.self, c.visionWidth)
    fc = try reader.linear(prefix + names.messageFC, width, width, minimum: .int8)
    norm = try reader.layerNorm(prefix + names.messageLN, width, c.epsilon)
    inProjection = try reader.linear(
      weight: prefix + names.messageInProjectionWeight, bias: prefix + names.messageInProjectionBias, width,
      3 * width, minimum: .int8, after: norm)
    attention = MultiHeadAttention(
      heads: c.visionHeads, width: width, causal: false,
      precision: reader.kernels.activationPrecision(inProjection.precision), kernels: reader.kernels)
    outProjection = try reader.linear(prefix + names.messageOutProjection, width, width, minimum: .int8)
  }

  /// Reads the layers of all blocks.
  static func read(_ reader: ParameterReader, _ c: Configuration) throws(Failure) -> [MessageLayer] {
    var layers: [MessageLayer] = []
    guard c.hasMessages else { return layers }
    for layer in 0..<c.visionLayers {
      layers.append(try MessageLayer(reader, "\(TensorNames.Vision.blocks)\(layer).", c))
    }
    return layers
  }

  /// Writes the messages of whole videos, given as sequences of T messages each, to the last of each frame's `tokens`
  /// rows of x. The blocks' scratch is free before a block.
  @inline(never)
  func apply(
    _ x: UnsafeMutablePointer<Float>, tokens: Int, videos: Sequences, _ scratch: BlockScratch,
    _ pool: ThreadPool
  ) {
    let (rows, width) = (videos.rows, norm.width)
    let isInt8 = fc.inputPrecision == .int8
    let messages = scratch.selected
    func input(of layer: Linear) -> Operand { (isInt8 ? scratch.input : scratch.attended).input(of: layer) }
    var operand = input(of: fc)
    operand.fill(rows: rows, x, stride: tokens * width, width: width, kernels: fc.kernels, pool: pool)
    fc.apply(rows: rows, operand, to: Operand(messages, stride: width), pool: pool)
    operand = input(of: inProjection)
    norm.apply(rows: rows, messages, stride: width, to: operand, pool: pool)
    let qkv = scratch.qkvOrHidden.reshaped(width: 3 * width)
    inProjection.apply(rows: rows, operand, to: qkv, pool: pool)
    attention.apply(videos, qkv: qkv, to: scratch.attended, scratch: scratch.attention, pool: pool)
    operand = scratch.attended
    if isInt8 {
      operand = input(of: outProjection)
      operand.quantise(rows: rows, scratch.attended, width: width, kernels: fc.kernels, pool: pool)
    }
    outProjection.add(rows: rows, operand, to: messages, stride: width, pool: pool)
    for row in 0..<rows {
      (x + (row * tokens + tokens - 1) * width).update(from: messages + row * width, count: width)
    }
  }
}
