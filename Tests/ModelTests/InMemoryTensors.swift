import System
import Weights

@testable import Model

/// A tensor source made up in the test: the smallest model that has every part, with random weights.
struct InMemoryTensors: ComputedTensors {
  var tensors: [String: (shape: [Int], values: [Float])] = [:]

  /// Storage types of the tensors that are not stored as fp32.
  var elementTypes: [String: ElementType] = [:]

  var names: [String] { tensors.keys.sorted() }

  func info(_ name: String) -> TensorInfo? {
    tensors[name].flatMap { TensorInfo(name: name, elementType: elementTypes[name] ?? .f32, shape: $0.shape) }
  }

  func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let tensor = tensors[name] else { throw Failure(.missingTensor, name) }
    guard destination.count == tensor.values.count else { throw Failure(.tensorShape, name) }
    _ = destination.update(from: tensor.values)
  }

  mutating func add(_ name: String, _ shape: [Int]) {
    // Seeded by the name, so that adding a tensor does not change the others.
    var state = name.utf8.reduce(UInt64(1469)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    let scale: Float = name.contains("ln_") || name.contains("norm") ? 1 : 0.15
    let values = (0..<shape.reduce(1, *)).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31) * scale
    }
    tensors[name] = (shape, values)
  }

  mutating func addBlock(_ prefix: String, _ width: Int) {
    for ln in ["ln_1", "ln_2"] {
      add(prefix + ln + ".weight", [width])
      add(prefix + ln + ".bias", [width])
    }
    add(prefix + "attn.in_proj_weight", [3 * width, width])
    add(prefix + "attn.in_proj_bias", [3 * width])
    for (layer, outputs, inputs) in [
      ("attn.out_proj", width, width), ("mlp.c_fc", 4 * width, width),
      ("mlp.c_proj", width, 4 * width),
    ] {
      add(prefix + layer + ".weight", [outputs, inputs])
      add(prefix + layer + ".bias", [outputs])
    }
  }

  static let (image, patch, width, embedding, textWidth, context, vocabulary) =
    (8, 4, 64, 24, 64, 12, 50)

  /// CLIP without any temporal prompt; `infix` is "net." where blocks were trained with shift.
  static func clip(infix: String = "") -> InMemoryTensors {
    var t = InMemoryTensors()
    t.add("visual.conv1.weight", [width, 3, patch, patch])
    t.add("visual.class_embedding", [width])
    t.add("visual.positional_embedding", [image / patch * (image / patch) + 1, width])
    for ln in ["visual.ln_pre", "visual.ln_post", "ln_final"] {
      t.add(ln + ".weight", [width])
      t.add(ln + ".bias", [width])
    }
    for layer in 0..<2 { t.addBlock("visual.transformer.resblocks.\(layer).\(infix)", width) }
    t.add("visual.proj", [width, embedding])
    t.add("token_embedding.weight", [vocabulary, textWidth])
    t.add("positional_embedding", [context, textWidth])
    for layer in 0..<2 { t.addBlock("transformer.resblocks.\(layer).", textWidth) }
    t.add("text_projection", [textWidth, embedding])
    t.tensors["logit_scale"] = ([], [4.6052])
    return t
  }

  mutating func addConv1D() {
    add("fusion.shift.weight", [Self.embedding, 1, 3])
    add("fusion.frame_position_embeddings.weight", [Self.context, Self.embedding])
  }

  mutating func addLSTM() {
    let (e, prefix) = (Self.embedding, "fusion.lstm_visual.")
    for gate in ["ih", "hh"] {
      add(prefix + "weight_\(gate)_l0", [4 * e, e])
      add(prefix + "bias_\(gate)_l0", [4 * e])
    }
  }

  mutating func addTransf() {
    add("fusion.frame_position_embeddings.weight", [Self.context, Self.embedding])
    for layer in 0..<2 { addBlock("fusion.transformer.resblocks.\(layer).", Self.embedding) }
  }

  mutating func addTransfCls(frames: Int) {
    let (e, prefix) = (Self.embedding, "fusion.transformer.")
    add(prefix + "cls_token", [1, 1, e])
    add(prefix + "pos_embed", [1, frames + 1, e])
    let layer = prefix + "transformer_enc.layers.0."
    add(layer + "self_attn.in_proj_weight", [3 * e, e])
    add(layer + "self_attn.in_proj_bias", [3 * e])
    for (name, outputs, inputs) in [
      ("self_attn.out_proj", e, e), ("linear1", 32, e), ("linear2", e, 32),
    ] {
      add(layer + name + ".weight", [outputs, inputs])
      add(layer + name + ".bias", [outputs])
    }
    for norm in [layer + "norm1", layer + "norm2", prefix + "transformer_enc.norm"] {
      add(norm + ".weight", [e])
      add(norm + ".bias", [e])
    }
  }

  /// The MIT head, of two blocks.
  mutating func addMIT(frames: Int) {
    add("mit.positional_embedding", [1, frames, Self.embedding])
    for layer in 0..<2 { addBlock("mit.resblocks.\(layer).", Self.embedding) }
  }

  /// All parts of X-CLIP beside CLIP's.
  mutating func addXCLIP(frames: Int) {
    let (width, e) = (Self.width, Self.embedding)
    addMIT(frames: frames)
    for layer in 0..<2 {
      let prefix = "visual.transformer.resblocks.\(layer).message_"
      for (name, outputs) in [("fc.", width), ("attn.out_proj.", width), ("attn.in_proj_", 3 * width)] {
        add(prefix + name + "weight", [outputs, width])
        add(prefix + name + "bias", [outputs])
      }
      addNorm(prefix + "ln.", width)
    }
    addNorm("prompts_visual_ln.", width)
    add("prompts_visual_proj", [width, e])
    addNorm("prompts_generator.norm.", e)
    tensors["prompts_generator.alpha"] = ([e], [Float](repeating: 0.4, count: e))
    for layer in 0..<2 {
      let prefix = "prompts_generator.decoder.\(layer)."
      for name in ["q", "k", "v"] { add(prefix + "cross_attn.\(name)_proj.weight", [e, e]) }
      for (name, outputs, inputs) in [("cross_attn.proj.", e, e), ("mlp.0.", 32, e), ("mlp.3.", e, 32)] {
        add(prefix + name + "weight", [outputs, inputs])
        add(prefix + name + "bias", [outputs])
      }
      for name in ["norm1.", "norm3."] { addNorm(prefix + name, e) }
    }
  }

  /// EVA02's parts of blocks, whose hidden activations are those of CLIP.
  mutating func addGates() {
    let width = Self.width
    for layer in 0..<2 {
      let prefix = "visual.transformer.resblocks.\(layer)."
      addNorm(prefix + "attn.ln.", width)
      addNorm(prefix + "mlp.ln.", 4 * width)
      add(prefix + "mlp.c_gate.weight", [4 * width, width])
      add(prefix + "mlp.c_gate.bias", [4 * width])
    }
  }

  /// A probe that pools all tokens, without the ln_1 of a block, and biases as timm's encoders have them.
  mutating func addProbe() {
    let prefix = "visual.pool."
    addBlock(prefix, Self.width)
    for part in ["weight", "bias"] { tensors[prefix + "ln_1." + part] = nil }
    add(prefix + "probe", [1, 1, Self.width])
    add("visual.proj_bias", [Self.embedding])
  }

  /// Convolutions before the patch embedding, with patches of 12 pixels. The norms before the blocks stay.
  mutating func addStem() {
    for (name, shape) in [
      ("visual.stem.0.", [16, 3, 2, 2]), ("visual.stem.1.", [32, 3, 3, 16]),
      ("visual.conv1.", [Self.width, 2, 2, 32]),
    ] {
      add(name + "weight", shape)
      add(name + "bias", [shape[0]])
    }
  }

  private mutating func addNorm(_ prefix: String, _ width: Int) {
    for name in ["weight", "bias"] { add(prefix + name, [width]) }
  }
}

extension TemporalHeadKind {
  static let (meanP, conv1D, lstm) = (MeanHead.kind, ConvolutionHead.kind, LSTMHead.kind)
  static let (transf, transfCls) = (TransformerHead.kind, ClassTokenHead.kind)
  static let mit = IntegrationHead.kind
}
