import Foundation
import Numerics

@testable import Model

/// The network from its definition, in Double: the embeddings of one video and of texts. Gradients are compared with
/// differences of it, so it is as plain as its speed allows.
struct DoubleModel {
  /// Rows of numbers.
  struct Rows {
    let count, width: Int
    var values: [Double]

    init(_ count: Int, _ width: Int) {
      (self.count, self.width) = (count, width)
      values = [Double](repeating: 0, count: count * width)
    }

    init(_ values: [Double], width: Int) {
      (count, self.width) = (values.count / width, width)
      self.values = values
    }

    subscript(row: Int) -> [Double] {
      get { Array(values[row * width..<(row + 1) * width]) }
      set { values.replaceSubrange(row * width..<(row + 1) * width, with: newValue) }
    }
  }

  /// The positions that an attention sees, and the form of the MLP after it.
  private struct Block {
    let heads: Int
    var isCausal = false
    var gelu = false
    var epsilon = 1e-5
  }

  /// Every tensor by its name, without the infix of shift.
  var tensors: [String: [Double]]
  private let option: GradientTests.Option
  private let frames: Int
  /// Numbers that the Transf_cls head drops; nil: none.
  private let dropout: HeadDropout?
  private var width: Int { InMemoryTensors.width }
  private var textWidth: Int { InMemoryTensors.textWidth }
  private var size: Int { InMemoryTensors.embedding }

  init(_ option: GradientTests.Option, frames: Int, dropout: HeadDropout? = nil) {
    (self.option, self.frames, self.dropout) = (option, frames, dropout)
    tensors = [:]
    for (name, tensor) in option.tensors(frames: frames).tensors {
      tensors[DoubleModel.plain(name)] = tensor.values.map(Double.init)
    }
  }

  static func plain(_ name: String) -> String { name.replacingOccurrences(of: ".net.", with: ".") }

  private func tensor(_ name: String) -> [Double] { tensors[name] ?? [] }

  // MARK: - Layers

  /// x · weight^T + bias, for a weight [outputs, inputs].
  private func linear(_ x: Rows, _ weight: String, _ bias: String?) -> Rows {
    let (w, b) = (tensor(weight), bias.map(tensor) ?? [])
    var y = Rows(x.count, w.count / x.width)
    x.values.withUnsafeBufferPointer { x0 in
      w.withUnsafeBufferPointer { w0 in
        guard let from = x0.baseAddress, let rows = w0.baseAddress else { return }
        for row in 0..<y.count {
          for o in 0..<y.width {
            y.values[row * y.width + o] =
              DenseVector.dot(from + row * x.width, rows + o * x.width, x.width) + (b.isEmpty ? 0 : b[o])
          }
        }
      }
    }
    return y
  }

  /// x · weight, for a weight [inputs, outputs].
  private func projected(_ x: Rows, _ weight: String, outputs: Int) -> Rows {
    let w = tensor(weight)
    var y = Rows(x.count, outputs)
    for row in 0..<y.count {
      for o in 0..<outputs {
        for i in 0..<x.width {
          y.values[row * outputs + o] += x.values[row * x.width + i] * w[i * outputs + o]
        }
      }
    }
    return y
  }

  private func norm(_ x: Rows, _ name: String, epsilon: Double = 1e-5) -> Rows {
    let (weight, bias) = (tensor(name + "weight"), tensor(name + "bias"))
    var y = x
    for row in 0..<x.count {
      let own = x[row]
      let mean = own.reduce(0, +) / Double(x.width)
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.width)
      let scale = 1 / (variance + epsilon).squareRoot()
      for i in 0..<x.width { y.values[row * x.width + i] = (own[i] - mean) * scale * weight[i] + bias[i] }
    }
    return y
  }

  /// Attention among the rows of each sequence of `length` rows, of queries, keys and values [rows, 3 · width]. Each
  /// head's weights [heads, rows, length] are multiplied by `factors`, if there are any.
  private func attention(
    _ qkv: Rows, length: Int, heads: Int, isCausal: Bool, factors: [Double] = []
  ) -> Rows {
    let width = qkv.width / 3
    let part = width / heads
    var y = Rows(qkv.count, width)
    qkv.values.withUnsafeBufferPointer { all in
      y.values.withUnsafeMutableBufferPointer { out in
        guard let all = all.baseAddress, let out = out.baseAddress else { return }
        for row in 0..<qkv.count {
          let first = row / length * length
          for head in 0..<heads {
            let query = all + row * 3 * width + head * part
            let weights = (first..<(isCausal ? row + 1 : first + length)).map {
              exp(
                DenseVector.dot(query, all + $0 * 3 * width + width + head * part, part)
                  / Double(part).squareRoot())
            }
            let total = weights.reduce(0, +)
            for (key, weight) in weights.enumerated() {
              let value = all + (first + key) * 3 * width + 2 * width + head * part
              let factor = factors.isEmpty ? 1 : factors[(head * qkv.count + row) * length + key]
              DenseVector.add(factor * weight / total, value, to: out + row * width + head * part, part)
            }
          }
        }
      }
    }
    return y
  }

  private func sum(_ a: Rows, _ b: Rows) -> Rows {
    Rows(zip(a.values, b.values).map { $0 + $1 }, width: a.width)
  }

  private func blockApplied(_ x: Rows, _ prefix: String, length: Int, _ block: Block) -> Rows {
    let qkv = linear(
      norm(x, prefix + "ln_1.", epsilon: block.epsilon), prefix + "attn.in_proj_weight",
      prefix + "attn.in_proj_bias")
    let attended = attention(qkv, length: length, heads: block.heads, isCausal: block.isCausal)
    let y = sum(x, linear(attended, prefix + "attn.out_proj.weight", prefix + "attn.out_proj.bias"))
    var hidden = linear(
      norm(y, prefix + "ln_2.", epsilon: block.epsilon), prefix + "mlp.c_fc.weight", prefix + "mlp.c_fc.bias")
    for i in hidden.values.indices {
      let own = hidden.values[i]
      hidden.values[i] =
        block.gelu ? own / 2 * erfc(-own / 2.0.squareRoot()) : own / (1 + exp(-1.702 * own))
    }
    return sum(y, linear(hidden, prefix + "mlp.c_proj.weight", prefix + "mlp.c_proj.bias"))
  }

  // MARK: - Images

  /// The embeddings of a video's frames, or of the whole video where its tokens are one sequence.
  func frameEmbeddings(_ pixels: [Float]) -> Rows {
    let (side, patch, places) = (InMemoryTensors.image, InMemoryTensors.patch, 4)
    var patches = Rows(frames * places, 3 * patch * patch)
    for row in 0..<patches.count {
      let (frame, place) = (row / places, row % places)
      for i in 0..<patches.width {
        let (channel, y, x) = (i / (patch * patch), i / patch % patch, i % patch)
        let (line, column) = (place / 2 * patch + y, place % 2 * patch + x)
        patches.values[row * patches.width + i] =
          Double(pixels[((frame * 3 + channel) * side + line) * side + column])
      }
    }
    let embedded = linear(patches, "visual.conv1.weight", nil)
    let (classToken, positions, times) = (
      tensor("visual.class_embedding"), tensor("visual.positional_embedding"), tensor("visual.time_embedding")
    )
    func position(_ place: Int) -> ArraySlice<Double> { positions[place * width..<(place + 1) * width] }
    let sequences = option.isJoint ? 1 : frames
    let length = option.isJoint ? frames * places + 1 : places + 1
    var x = Rows(sequences * length, width)
    for sequence in 0..<sequences {
      x[sequence * length] = zip(classToken, position(0)).map { $0 + $1 }
      for token in 1..<length {
        let frame = option.isJoint ? (token - 1) / places : sequence
        let place = (token - 1) % places
        var own = zip(embedded[frame * places + place], position(place + 1)).map { $0 + $1 }
        if option.isJoint { for i in 0..<width { own[i] += times[frame * width + i] } }
        x[sequence * length + token] = own
      }
    }
    x = norm(x, "visual.ln_pre.")
    for layer in 0..<2 {
      if option.shift != .off { x = shifted(x, length: length) }
      x = blockApplied(
        x, "visual.transformer.resblocks.\(layer).", length: length,
        Block(heads: 1, gelu: option.activation == .gelu))
    }
    var classes = Rows(sequences, width)
    for sequence in 0..<sequences { classes[sequence] = x[sequence * length] }
    return projected(norm(classes, "visual.ln_post."), "visual.proj", outputs: size)
  }

  /// Patches take an eighth of their channels from the frame before and, two-sided, one from the frame after.
  private func shifted(_ x: Rows, length: Int) -> Rows {
    var y = x
    for row in 0..<x.count where row % length > 0 {
      for channel in 0..<2 * width / 8 {
        let isFromAfter = channel < width / 8
        if isFromAfter, option.shift == .causal { continue }
        let from = isFromAfter ? row + length : row - length
        y.values[row * width + channel] = (0..<x.count).contains(from) ? x.values[from * width + channel] : 0
      }
    }
    return y
  }

  // MARK: - Heads

  /// The embedding of a video from those of its frames.
  func joined(_ x: Rows) -> [Double] {
    switch option.head {
    case .conv1D: mean(sum(x, convolved(x)))
    case .lstm: mean(sum(x, recurrent(x)))
    case .transf: mean(sum(x, transformed(x)))
    case .transfCls: ofClassToken(x)
    default: option.scoresFrames ? mean(directions(of: x)) : mean(x)
    }
  }

  private func directions(of x: Rows) -> Rows {
    var y = x
    for row in 0..<x.count {
      let length = x[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      y[row] = x[row].map { $0 / length }
    }
    return y
  }

  private func mean(_ x: Rows) -> [Double] {
    (0..<x.width).map { i in (0..<x.count).reduce(0) { $0 + x.values[$1 * x.width + i] } / Double(x.count) }
  }

  /// The reference reads the memory [T, E] as [E, T].
  private func convolved(_ x: Rows) -> Rows {
    let kernel = tensor("fusion.shift.weight")
    var y = Rows(x.count, x.width)
    for channel in 0..<size {
      for t in 0..<frames {
        for tap in -1...1 where (0..<frames).contains(t + tap) {
          y.values[t * size + channel] += kernel[channel * 3 + tap + 1] * x.values[channel * frames + t + tap]
        }
      }
    }
    return y
  }

  private func recurrent(_ x: Rows) -> Rows {
    let prefix = "fusion.lstm_visual."
    let input = linear(x, prefix + "weight_ih_l0", prefix + "bias_ih_l0")
    var (h, cell) = (Rows(1, size), [Double](repeating: 0, count: size))
    var y = Rows(frames, size)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    for t in 0..<frames {
      let gates = zip(input[t], linear(h, prefix + "weight_hh_l0", prefix + "bias_hh_l0").values).map {
        $0 + $1
      }
      for i in 0..<size {
        cell[i] = sigmoid(gates[size + i]) * cell[i] + sigmoid(gates[i]) * tanh(gates[2 * size + i])
        h.values[i] = sigmoid(gates[3 * size + i]) * tanh(cell[i])
      }
      y[t] = h.values
    }
    return y
  }

  private func transformed(_ x: Rows) -> Rows {
    let positions = Rows(
      Array(tensor("fusion.frame_position_embeddings.weight")[..<(frames * size)]), width: size)
    return (0..<2).reduce(sum(x, positions)) {
      blockApplied(
        $0, "fusion.transformer.resblocks.\($1).", length: frames, Block(heads: 1, epsilon: 1e-12))
    }
  }

  private func ofClassToken(_ x: Rows) -> [Double] {
    let (prefix, layer) = ("fusion.transformer.", "fusion.transformer.transformer_enc.layers.0.")
    let positions = Rows(tensor(prefix + "pos_embed"), width: size)
    var y = sum(Rows(tensor(prefix + "cls_token") + x.values, width: size), positions)
    let qkv = linear(y, layer + "self_attn.in_proj_weight", layer + "self_attn.in_proj_bias")
    let attended = attention(
      qkv, length: frames + 1, heads: 8, isCausal: false,
      factors: factors(.weights, 8 * (frames + 1) * (frames + 1)))
    let seen = linear(attended, layer + "self_attn.out_proj.weight", layer + "self_attn.out_proj.bias")
    y = norm(sum(y, dropped(seen, .attended)), layer + "norm1.")
    var hidden = linear(y, layer + "linear1.weight", layer + "linear1.bias")
    hidden.values = hidden.values.map { max($0, 0) }
    let projected = linear(dropped(hidden, .hidden), layer + "linear2.weight", layer + "linear2.bias")
    y = norm(sum(y, dropped(projected, .projected)), layer + "norm2.")
    return norm(y, prefix + "transformer_enc.norm.")[0]
  }

  /// The factors of dropout at a place of the head's layer; none without dropout.
  private func factors(_ place: HeadDropout.Place, _ count: Int) -> [Double] {
    guard var factors = dropout?.factors(layer: 0, place) else { return [] }
    return (0..<count).map { _ in Double(factors.next()) }
  }

  private func dropped(_ x: Rows, _ place: HeadDropout.Place) -> Rows {
    let own = factors(place, x.values.count)
    return own.isEmpty ? x : Rows(zip(x.values, own).map { $0 * $1 }, width: x.width)
  }

  // MARK: - Texts

  /// The embedding of a text of these ids, which end at the last one. -1 and the ids below it are context vectors.
  func textEmbedding(_ ids: [Int]) -> [Double] {
    let (words, positions) = (tensor("token_embedding.weight"), tensor("positional_embedding"))
    let context = tensor("prompt.context")
    var x = Rows(ids.count, textWidth)
    for (place, id) in ids.enumerated() {
      x[place] = (0..<textWidth).map {
        (id < 0 ? context[(-1 - id) * textWidth + $0] : words[id * textWidth + $0])
          + positions[place * textWidth + $0]
      }
    }
    for layer in 0..<2 {
      x = blockApplied(
        x, "transformer.resblocks.\(layer).", length: ids.count,
        Block(heads: 1, isCausal: true, gelu: option.activation == .gelu))
    }
    let end = norm(Rows(x[ids.count - 1], width: textWidth), "ln_final.")
    return projected(end, "text_projection", outputs: size).values
  }
}
