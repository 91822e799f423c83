import Numerics
import System
import TensorNames

/// How one embedding is made of a frame's tokens after the blocks.
public enum FramePooling: String, Sendable, CaseIterable {
  /// The class token's, normalised by ln_post and projected.
  case classToken = "class"
  /// The mean of the patches, normalised by ln_post and projected, as in CLIPA. The class token takes part in the blocks
  /// alone.
  case patches
  /// A learned probe attends to all tokens, as in SigLIP and PE.
  case probe
}

/// How queries and keys of the image encoder are turned by the places of patches (`RotaryPositions`).
public enum RotaryForm: String, Sendable, CaseIterable {
  /// Rows and columns counted from 0, on a scale on which the grid has 16 of them; rows first.
  case eva02 = "EVA02"
  /// Columns and rows counted from 1; columns first.
  case pe = "PE"
  /// Columns and rows counted from 0, columns first, as in PE-Core G.
  case peFromZero = "PE-0"

  func positions(_ c: Configuration) throws(Failure) -> RotaryPositions {
    let scale = self == .eva02 ? 16 / Double(c.gridSize) : 1
    let first = self == .pe ? 1.0 : 0
    return try RotaryPositions(
      grid: c.gridSize, width: c.visionWidth, heads: c.visionHeads, before: c.hasClassToken ? 1 : 0,
      columnsFirst: self != .eva02
    ) { (Double($0) + first) * scale }
  }
}

/// How the tokens of a text see each other, and which of them gives its embedding.
public enum TextForm: String, Sendable, CaseIterable {
  /// Each sees those before it, and the end-of-text token gives the embedding.
  case causal
  /// All of a row's C tokens see each other, padding too, and the last one gives the embedding, as in SigLIP and CLIPA.
  case whole
  /// The same, and the end-of-text token gives the embedding, as in MobileCLIP2-L-14.
  case wholeToMark = "whole-to-mark"
}

extension Configuration {
  /// Takes the forms of the encoders that no tensor tells.
  mutating func takeForms(_ reader: ParameterReader, _ declared: DeclaredOptions) {
    let hasProbe = reader.has(TensorNames.Vision.probe)
    isSigLIP = hasProbe && !reader.has(TensorNames.Vision.projection)
    pooling = hasProbe ? .probe : declared.pooling ?? .classToken
    hasClassToken = !hasProbe || reader.has(TensorNames.Vision.classEmbedding)
    rotary = declared.rotary
    visionEpsilon = declared.visionEpsilon
    textForm = isSigLIP ? .whole : declared.textForm ?? .causal
    hasPreNorm = isSigLIP ? false : declared.hasPreNorm ?? true
    hasWordPieces = declared.hasWordPieces
  }

  /// The name of the model in messages about what is not computed of it; nil for CLIP's usual form.
  var unusualForm: String? {
    if isSigLIP { return "a SigLIP" }
    if let rotary { return rotary == .eva02 ? "an EVA-CLIP" : "a Perception Encoder" }
    if pooling == .probe { return "a model that pools by a probe" }
    if stemSide != nil || textForm == .wholeToMark { return "a MobileCLIP" }
    return pooling == .patches || textForm == .whole || !hasPreNorm ? "a CLIPA" : nil
  }
}
