import TensorNames

/// A tensor of a temporal head that is trained from scratch, and the numbers that it starts with.
struct StartedTensor {
  enum Start {
    case zeros, ones
    /// Normal numbers of deviation 0.02.
    case normal
    /// The same, with what is beyond two deviations wrapped to the other side of zero (timm's old truncation).
    case wrappedNormal
    /// Equally distributed between -bound and bound.
    case uniform(_ bound: Double)
    /// A temporal shift of each quarter of the channels, [E, 1, 3].
    case shift
  }
  let name: String
  let shape: [Int]
  let start: Start
}

/// The heads' starts, as in the reference (modules/Visual_Prompt.py); what it leaves alone starts as torch's layers do.
extension StartedTensor {
  /// A linear layer, with the weight as given and a bias of zeros.
  static func linear(
    _ prefix: String, _ inputs: Int, _ outputs: Int, _ start: Start = .normal
  ) -> [StartedTensor] {
    [
      StartedTensor(name: prefix + "weight", shape: [outputs, inputs], start: start),
      StartedTensor(name: prefix + "bias", shape: [outputs], start: .zeros),
    ]
  }

  static func layerNorm(_ prefix: String, _ width: Int) -> [StartedTensor] {
    [
      StartedTensor(name: prefix + "weight", shape: [width], start: .ones),
      StartedTensor(name: prefix + "bias", shape: [width], start: .zeros),
    ]
  }

  /// Queries, keys and values of attention: Glorot's bound for a matrix [3E, E], and a bias of zeros.
  static func attention(weight: String, bias: String, _ size: Int) -> [StartedTensor] {
    [
      StartedTensor(
        name: weight, shape: [3 * size, size], start: .uniform((6 / Double(4 * size)).squareRoot())),
      StartedTensor(name: bias, shape: [3 * size], start: .zeros),
    ]
  }
}

extension ConvolutionHead {
  static func started(_ c: Configuration) -> [StartedTensor] {
    [StartedTensor(name: TensorNames.Head.convolution, shape: [c.embeddingSize, 1, 3], start: .shift)]
  }
}

extension LSTMHead {
  static func started(_ c: Configuration) -> [StartedTensor] {
    let (size, prefix) = (c.embeddingSize, TensorNames.Head.lstm)
    let bound = 1 / Double(size).squareRoot()
    return ["ih", "hh"].flatMap { gate in
      [
        StartedTensor(
          name: "\(prefix)weight_\(gate)_l0", shape: [4 * size, size], start: .uniform(bound)),
        StartedTensor(name: "\(prefix)bias_\(gate)_l0", shape: [4 * size], start: .uniform(bound)),
      ]
    }
  }
}

extension TransformerHead {
  /// Six blocks, and positions for as many frames as a text has tokens.
  static func started(_ c: Configuration) -> [StartedTensor] {
    let (size, names) = (c.embeddingSize, TensorNames.Block.self)
    var tensors = [
      StartedTensor(
        name: TensorNames.Head.framePositions, shape: [max(c.contextLength, c.frames), size], start: .normal)
    ]
    for layer in 0..<6 {
      let prefix = "\(TensorNames.Head.blocks)\(layer)."
      tensors += StartedTensor.layerNorm(prefix + names.ln1, size)
      tensors += StartedTensor.attention(
        weight: prefix + names.inProjectionWeight, bias: prefix + names.inProjectionBias, size)
      tensors += StartedTensor.linear(prefix + names.outProjection, size, size)
      tensors += StartedTensor.layerNorm(prefix + names.ln2, size)
      tensors += StartedTensor.linear(prefix + names.fc, size, 4 * size)
      tensors += StartedTensor.linear(prefix + names.projection, 4 * size, size)
    }
    return tensors
  }
}

extension ClassTokenHead {
  /// Six layers of 2048 hidden numbers.
  static func started(_ c: Configuration) -> [StartedTensor] {
    let (size, names) = (c.embeddingSize, TensorNames.Head.self)
    var tensors = [
      StartedTensor(name: names.classToken, shape: [1, 1, size], start: .wrappedNormal),
      StartedTensor(
        name: names.classTokenPositions, shape: [1, c.frames + 1, size], start: .wrappedNormal),
    ]
    for layer in 0..<6 {
      let prefix = "\(names.encoder)layers.\(layer)."
      tensors += StartedTensor.attention(
        weight: prefix + "self_attn.in_proj_weight", bias: prefix + "self_attn.in_proj_bias", size)
      tensors += StartedTensor.linear(prefix + "self_attn.out_proj.", size, size, .wrappedNormal)
      tensors += StartedTensor.layerNorm(prefix + "norm1.", size)
      tensors += StartedTensor.linear(prefix + "linear1.", size, 2048, .wrappedNormal)
      tensors += StartedTensor.linear(prefix + "linear2.", 2048, size, .wrappedNormal)
      tensors += StartedTensor.layerNorm(prefix + "norm2.", size)
    }
    return tensors + StartedTensor.layerNorm(names.encoder + "norm.", size)
  }
}
