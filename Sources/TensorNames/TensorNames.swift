/// Names of the model's tensors: those of the reference's state dict, which are CLIP's, and the temporal head's under
/// "fusion.". Every family's names are turned into these before a model is made. A name that ends in a dot is the
/// beginning of others.
public enum TensorNames {
  public static let logitScale = "logit_scale"
  /// The bias added to scaled cosines in models that score each label by itself, [1].
  public static let logitBias = "logit_bias"
  /// A tokenizer file's bytes, in files of the single-file form whose tokenizer has no merge list. [bytes]
  public static let tokenizer = "tokenizer.file"

  public enum Vision {
    public static let prefix = "visual."
    public static let patchEmbedding = "visual.conv1.weight"  // [W, 3, p, p], after a stem [W, k, k, C1]
    /// Weights and biases of the convolutions before the patch embedding of a MobileCLIP-B.
    public static let firstStem = "visual.stem.0."  // [C0, 3, k, k]
    public static let secondStem = "visual.stem.1."  // [C1, k, k, C0]
    public static let classEmbedding = "visual.class_embedding"  // [W]
    public static let positionalEmbedding = "visual.positional_embedding"  // [g² + 1, W]
    public static let timeEmbedding = "visual.time_embedding"  // [T, W], joint models only
    public static let lnPre = "visual.ln_pre."
    public static let blocks = "visual.transformer.resblocks."
    /// Stands between a block's number and its tensors' names where the model was trained with temporal shift.
    public static let shiftedInfix = "net."
    public static let lnPost = "visual.ln_post."
    /// Learned tokens after the patches (VPT, arXiv 2203.12119; ViFi-CLIP).
    public static let prompts = "visual.VPT"  // [P, W]
    public static let projection = "visual.proj"  // [W, E]
    public static let projectionBias = "visual.proj_bias"  // [E], of timm's image encoders
    /// SigLIP's patch embedding has a bias, and its patches are pooled by attention, a block's tensors without ln_1.
    public static let patchBias = "visual.conv1.bias"  // [W]
    public static let pooling = "visual.pool."
    public static let probe = "visual.pool.probe"  // [1, 1, W]
  }

  public enum Text {
    public static let prefix = "transformer."
    public static let tokenEmbedding = "token_embedding.weight"  // [V, X]
    public static let positionalEmbedding = "positional_embedding"  // [C, X]
    public static let blocks = "transformer.resblocks."
    public static let lnFinal = "ln_final."
    public static let projection = "text_projection"  // [X, E]
    public static let projectionBias = "text_projection_bias"  // [E], SigLIP's
    /// Learned context vectors (CoOp, arXiv 2109.01134), which stand in prompts in place of words' embeddings.
    public static let context = "prompt.context"  // [K, X]
  }

  /// Names inside a residual attention block.
  public enum Block {
    public static let ln1 = "ln_1."
    public static let inProjectionWeight = "attn.in_proj_weight"  // [3W, W]: queries, keys, values
    public static let inProjectionBias = "attn.in_proj_bias"  // [3W]
    public static let outProjection = "attn.out_proj."
    /// EVA02's: attention's result is normalised before its projection, and the MLP is
    /// c_proj(mlp.ln(QuickGELU(c_gate(x)) · c_fc(x))).
    public static let attentionNorm = "attn.ln."
    public static let gate = "mlp.c_gate."
    public static let hiddenNorm = "mlp.ln."
    public static let ln2 = "ln_2."
    public static let fc = "mlp.c_fc."
    public static let projection = "mlp.c_proj."
    /// Scales of what attention and the MLP give (LayerScale, arXiv 2103.17239), which are multiplied into the layers
    /// before them when a file is opened.
    public static let attentionScale = "ls_1.gamma"  // [W]
    public static let hiddenScale = "ls_2.gamma"  // [W]
    /// X-CLIP's message tokens: each frame's message, and the attention of messages to each other.
    public static let messageFC = "message_fc."
    public static let messageLN = "message_ln."
    public static let messageInProjectionWeight = "message_attn.in_proj_weight"  // [3W, W]
    public static let messageInProjectionBias = "message_attn.in_proj_bias"  // [3W]
    public static let messageOutProjection = "message_attn.out_proj."
    /// Learned vectors that a block's learned tokens begin with, in place of what the block before made of them.
    public static let prompts = "VPT_shallow"  // [P, W] or [K, X]
  }

  /// Names of X-CLIP's multiframe integration transformer, which joins the frames of a video.
  public enum Integration {
    public static let prefix = "mit."
    public static let positions = "mit.positional_embedding"  // [1, T, E]
    public static let blocks = "mit.resblocks."
  }

  /// Names of X-CLIP's prompts, by which a video's patches move the embeddings of texts.
  public enum VideoPrompts {
    public static let patchNorm = "prompts_visual_ln."
    public static let patchProjection = "prompts_visual_proj"  // [W, E]
    public static let prefix = "prompts_generator."
    public static let norm = "prompts_generator.norm."
    public static let alpha = "prompts_generator.alpha"  // [E]
    public static let layers = "prompts_generator.decoder."
    /// Names inside a layer.
    public static let norm1 = "norm1."
    public static let query = "cross_attn.q_proj.weight"  // [E, E], as keys and values
    public static let key = "cross_attn.k_proj.weight"
    public static let value = "cross_attn.v_proj.weight"
    public static let outProjection = "cross_attn.proj."
    public static let norm3 = "norm3."
    public static let fc = "mlp.0."
    public static let projection = "mlp.3."
  }

  /// Names of the temporal heads, each under `prefix`. The reference keeps their tensors in a dict of their own.
  public enum Head {
    public static let prefix = "fusion."
    public static let convolution = "fusion.shift.weight"  // [E, 1, 3]
    public static let lstm = "fusion.lstm_visual."
    /// Positions of the Transf head [C, E]. The reference creates them for every head but MeanP and uses them in
    /// Transf.
    public static let framePositions = "fusion.frame_position_embeddings.weight"
    public static let blocks = "fusion.transformer.resblocks."
    public static let classToken = "fusion.transformer.cls_token"  // [1, 1, E]
    public static let classTokenPositions = "fusion.transformer.pos_embed"  // [1, T + 1, E]
    public static let encoder = "fusion.transformer.transformer_enc."
  }

  /// Buffers that CLIP's files carry and that say nothing that the model's tensors do not.
  public enum Buffers {
    public static let imageSize = "input_resolution"
    public static let contextLength = "context_length"
    public static let vocabularySize = "vocab_size"
    public static let mask = "attn_mask"
  }
}
