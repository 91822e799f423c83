import TensorNames
import Weights

/// The role of a checkpoint's tensor in the reference's terms.
enum TensorRole: Equatable {
  /// The tensor of this name.
  case tensor(String)
  /// The tensor of this name, with its two dimensions swapped.
  case transposed(String)
  /// One of the three parts, 0 for the queries, 1 for the keys and 2 for the values, that the tensor of
  /// this name has below each other.
  case part(Int, of: String)
  /// One of two parts, 0 or 1, that the tensor of this name has below each other; they may have other numbers of rows.
  case half(Int, of: String)
  /// The bias of queries, 0, or of values, 2, in the tensor of this name, whose keys have none.
  case outerPart(Int, of: String)
  /// The tensor of this name, without leading dimensions of 1.
  case squeezed(String)
  /// The tensor of this name, whose numbers are these times a factor.
  case scaled(String, by: Float)
  /// Nothing that a model needs.
  case nothing
}

/// The tables from a family's names, without the layout's prefix, to the reference's.
enum Names {
  /// Nil for a name that the family does not have.
  static func role(of name: String, _ family: Family) -> TensorRole? {
    switch family {
    case .clip, .openCLIP, .openVCLIP, .mmaction2: clip(name)
    case .xclip: .tensor(name)
    case .huggingFace: huggingFace(name)
    case .huggingFaceXCLIP: HuggingFaceXCLIPNames.role(of: name) ?? huggingFace(name)
    case .viFiCLIP: viFiCLIP(name)
    case .sigLIP: SigLIPNames.role(of: name)
    case .openCLIPTimm: TimmNames.role(of: name) ?? clip(name)
    }
  }

  private static func clip(_ name: String) -> TensorRole {
    // open_clip's CustomTextCLIP keeps the text encoder apart.
    if let own = removing("text.", from: name) { return .tensor(own) }
    return .tensor(name)
  }

  private static func viFiCLIP(_ name: String) -> TensorRole? {
    if let own = removing("image_encoder.", from: name) { return .tensor(TensorNames.Vision.prefix + own) }
    if let own = removing("text_encoder.", from: name) { return .tensor(own) }
    if name.utf8.elementsEqual("prompt_learner.ctx".utf8) { return .tensor(TensorNames.Text.context) }
    // Embeddings of the labels that it was trained with.
    let labels = ["complete_text_embeddings", "token_prefix", "token_suffix", "tokenized_prompts"]
    if let own = removing("prompt_learner.", from: name), labels.contains(own) { return .nothing }
    return .tensor(name)
  }

  // MARK: - Hugging Face

  private static func huggingFace(_ name: String) -> TensorRole? {
    whole[name] ?? block(name)
  }

  /// The role of a tensor in a block of either encoder.
  static func block(_ name: String) -> TensorRole? {
    for (theirs, ours) in [
      ("vision_model.encoder.layers.", TensorNames.Vision.blocks),
      ("text_model.encoder.layers.", TensorNames.Text.blocks),
    ] {
      guard let inside = removing(theirs, from: name) else { continue }
      return role(ofNumbered: inside, ours, inBlock)
    }
    return nil
  }

  /// The role of "3.NAME" among numbered blocks, by the roles inside one.
  static func role(
    ofNumbered own: String, _ blocks: String, _ roles: [String: TensorRole]
  ) -> TensorRole? {
    guard let dot = own.utf8.firstIndex(of: UInt8(ascii: ".")),
      let role = roles[String(own[own.utf8.index(after: dot)...])]
    else { return nil }
    let block = blocks + own[..<dot] + "."
    switch role {
    case .tensor(let tensor): return .tensor(block + tensor)
    case .part(let index, let tensor): return .part(index, of: block + tensor)
    case .half(let index, let tensor): return .half(index, of: block + tensor)
    case .outerPart(let index, let tensor): return .outerPart(index, of: block + tensor)
    case .scaled(let tensor, let factor): return .scaled(block + tensor, by: factor)
    case .transposed, .squeezed, .nothing: return role
    }
  }

  private static let whole = [String: TensorRole](
    layers: [
      // Misspelt by its authors.
      "vision_model.pre_layrnorm.": TensorNames.Vision.lnPre,
      "vision_model.post_layernorm.": TensorNames.Vision.lnPost,
      "text_model.final_layer_norm.": TensorNames.Text.lnFinal,
    ],
    [
      "vision_model.embeddings.class_embedding": .tensor(TensorNames.Vision.classEmbedding),
      "vision_model.embeddings.patch_embedding.weight": .tensor(TensorNames.Vision.patchEmbedding),
      "vision_model.embeddings.position_embedding.weight": .tensor(TensorNames.Vision.positionalEmbedding),
      "visual_projection.weight": .transposed(TensorNames.Vision.projection),
      "text_model.embeddings.token_embedding.weight": .tensor(TensorNames.Text.tokenEmbedding),
      "text_model.embeddings.position_embedding.weight": .tensor(TensorNames.Text.positionalEmbedding),
      "text_projection.weight": .transposed(TensorNames.Text.projection),
      TensorNames.logitScale: .tensor(TensorNames.logitScale),
      // Counted up from 0, in older files.
      "vision_model.embeddings.position_ids": .nothing,
      "text_model.embeddings.position_ids": .nothing,
    ])

  /// Tensors inside a block of either encoder.
  static let inBlock = [String: TensorRole](
    layers: [
      "layer_norm1.": TensorNames.Block.ln1,
      "layer_norm2.": TensorNames.Block.ln2,
      "mlp.fc1.": TensorNames.Block.fc,
      "mlp.fc2.": TensorNames.Block.projection,
      "self_attn.out_proj.": TensorNames.Block.outProjection,
    ],
    thirds: [
      "self_attn.": (TensorNames.Block.inProjectionWeight, TensorNames.Block.inProjectionBias)
    ])
}
