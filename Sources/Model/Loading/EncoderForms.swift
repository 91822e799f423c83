import TensorNames

/// How one embedding is made of a frame's tokens after the blocks.
public enum FramePooling: String, Sendable, CaseIterable {
  /// The class token's, normalised by ln_post and projected.
  case classToken = "class"
  /// The mean of the patches, normalised by ln_post and projected, as in CLIPA. The class token takes part in the blocks
  /// alone.
  case patches
  /// A learned probe attends to the patches, as in SigLIP.
  case probe
}

/// How the tokens of a text see each other, and which of them gives its embedding.
public enum TextForm: String, Sendable, CaseIterable {
  /// Each sees those before it, and the end-of-text token gives the embedding.
  case causal
  /// All of a row's C tokens see each other, padding too, and the last one gives the embedding, as in SigLIP and CLIPA.
  case whole
}

extension Configuration {
  /// Takes the forms of the encoders that no tensor tells.
  mutating func takeForms(_ reader: ParameterReader, _ declared: DeclaredOptions) {
    isSigLIP = reader.has(TensorNames.Vision.probe)
    pooling = isSigLIP ? .probe : declared.pooling ?? .classToken
    textForm = isSigLIP ? .whole : declared.textForm ?? .causal
    hasPreNorm = isSigLIP ? false : declared.hasPreNorm ?? true
    hasWordPieces = declared.hasWordPieces
  }

  /// The name of the model in messages about what is not computed of it; nil for CLIP's usual form.
  var unusualForm: String? {
    if isSigLIP { return "a SigLIP" }
    return pooling == .patches || textForm == .whole || !hasPreNorm ? "a CLIPA" : nil
  }
}
