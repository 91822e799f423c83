import Weights

/// What a tensor of a checkpoint is in the reference's terms.
enum Meaning: Equatable {
  /// The tensor of this name.
  case tensor(String)
  /// The same, but its two dimensions are swapped.
  case transposed(String)
  /// One of the three parts, 0 for the queries, 1 for the keys and 2 for the values, that the tensor of
  /// this name has below each other.
  case part(Int, of: String)
  /// Nothing that a model needs.
  case nothing
}

/// The tables from a family's names, without the layout's prefix, to the reference's.
enum Names {
  /// Nil for a name that the family does not have.
  static func meaning(of name: String, _ family: Family) -> Meaning? {
    switch family {
    case .clip, .openCLIP, .openVCLIP, .mmaction2: clip(name)
    case .huggingFace: huggingFace(name)
    case .viFiCLIP: viFiCLIP(name)
    }
  }

  private static func clip(_ name: String) -> Meaning {
    // open_clip's CustomTextCLIP keeps the text encoder apart.
    if let own = removing("text.", from: name) { return .tensor(own) }
    return .tensor(name)
  }

  private static func viFiCLIP(_ name: String) -> Meaning? {
    if let own = removing("image_encoder.", from: name) { return .tensor("visual." + own) }
    if let own = removing("text_encoder.", from: name) { return .tensor(own) }
    // Embeddings of the labels that it was trained with.
    let labels = ["complete_text_embeddings", "token_prefix", "token_suffix", "tokenized_prompts"]
    if let own = removing("prompt_learner.", from: name), labels.contains(own) { return .nothing }
    return .tensor(name)
  }

  // MARK: - Hugging Face

  private static func huggingFace(_ name: String) -> Meaning? {
    if let meaning = whole[name] { return meaning }
    for (theirs, ours) in [
      ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
      ("text_model.encoder.layers.", "transformer.resblocks."),
    ] {
      guard let inside = removing(theirs, from: name),
        let dot = inside.utf8.firstIndex(of: UInt8(ascii: "."))
      else { continue }
      let block = ours + inside[..<dot] + "."
      guard let meaning = inBlock[String(inside[inside.utf8.index(after: dot)...])] else { return nil }
      switch meaning {
      case .tensor(let tensor): return .tensor(block + tensor)
      case .part(let index, let tensor): return .part(index, of: block + tensor)
      case .transposed, .nothing: return meaning
      }
    }
    return nil
  }

  private static let whole: [String: Meaning] = [
    "vision_model.embeddings.class_embedding": .tensor("visual.class_embedding"),
    "vision_model.embeddings.patch_embedding.weight": .tensor("visual.conv1.weight"),
    "vision_model.embeddings.position_embedding.weight": .tensor("visual.positional_embedding"),
    // Misspelt by its authors.
    "vision_model.pre_layrnorm.weight": .tensor("visual.ln_pre.weight"),
    "vision_model.pre_layrnorm.bias": .tensor("visual.ln_pre.bias"),
    "vision_model.post_layernorm.weight": .tensor("visual.ln_post.weight"),
    "vision_model.post_layernorm.bias": .tensor("visual.ln_post.bias"),
    "visual_projection.weight": .transposed("visual.proj"),
    "text_model.embeddings.token_embedding.weight": .tensor("token_embedding.weight"),
    "text_model.embeddings.position_embedding.weight": .tensor("positional_embedding"),
    "text_model.final_layer_norm.weight": .tensor("ln_final.weight"),
    "text_model.final_layer_norm.bias": .tensor("ln_final.bias"),
    "text_projection.weight": .transposed("text_projection"),
    "logit_scale": .tensor("logit_scale"),
    // Counted up from 0, in older files.
    "vision_model.embeddings.position_ids": .nothing,
    "text_model.embeddings.position_ids": .nothing,
  ]

  private static let inBlock: [String: Meaning] = [
    "layer_norm1.weight": .tensor("ln_1.weight"),
    "layer_norm1.bias": .tensor("ln_1.bias"),
    "layer_norm2.weight": .tensor("ln_2.weight"),
    "layer_norm2.bias": .tensor("ln_2.bias"),
    "mlp.fc1.weight": .tensor("mlp.c_fc.weight"),
    "mlp.fc1.bias": .tensor("mlp.c_fc.bias"),
    "mlp.fc2.weight": .tensor("mlp.c_proj.weight"),
    "mlp.fc2.bias": .tensor("mlp.c_proj.bias"),
    "self_attn.q_proj.weight": .part(0, of: "attn.in_proj_weight"),
    "self_attn.k_proj.weight": .part(1, of: "attn.in_proj_weight"),
    "self_attn.v_proj.weight": .part(2, of: "attn.in_proj_weight"),
    "self_attn.q_proj.bias": .part(0, of: "attn.in_proj_bias"),
    "self_attn.k_proj.bias": .part(1, of: "attn.in_proj_bias"),
    "self_attn.v_proj.bias": .part(2, of: "attn.in_proj_bias"),
    "self_attn.out_proj.weight": .tensor("attn.out_proj.weight"),
    "self_attn.out_proj.bias": .tensor("attn.out_proj.bias"),
  ]
}
