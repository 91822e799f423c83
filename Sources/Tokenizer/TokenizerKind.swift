/// The kind of a tokenizer, which a model's texts were made by.
public enum TokenizerKind: Sendable {
  /// CLIP's byte pairs.
  case bytePairs
  /// SigLIP's unigrams, or SigLIP 2's merged pieces.
  case pieces
  /// BERT's word pieces, as CLIPA has them.
  case wordPieces
}
