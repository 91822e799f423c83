import Digest
import Model
import Numerics
import System

extension LoadedModel {
  /// A SHA-256 in hexadecimal that tells this model from others. It is taken over the options that change embeddings,
  /// and over every parameter but the matrices of encoder blocks, rounded to bf16 where a precision holds it so:
  /// biases, LayerNorms, positions, projections, the patch embedding, the temporal head. A model has the same
  /// fingerprint in every precision and storage. Models that differ in matrices of encoder blocks alone share one.
  func fingerprint() throws(Failure) -> String {
    var sha = SHA256()
    sha.add(optionsThatChangeEmbeddings)
    for parameter in model.parameters where !parameter.isBlockMatrix {
      try checkCancelled()
      sha.add("\(parameter.name) \(parameter.count)")
      let values = try parameter.values()
      if parameter.minimumPrecision == .bf16 {
        try addRounded(values, to: &sha)
        continue
      }
      sha.update(UnsafeRawBufferPointer(UnsafeBufferPointer(values.buffer)))
      extendLifetime(values)
    }
    return sha.finish().hexadecimal
  }

  /// The options that change embeddings, as one line.
  var optionsThatChangeEmbeddings: String {
    let c = configuration
    // The words of versions without a causal form, whose taught classifiers stay valid.
    let shift = c.temporalShift == .causal ? "causal" : "\(c.temporalShift == .twoSided)"
    return "\(c.embeddingSize) \(c.head.name) joint \(c.joint) shift \(shift) view \(c.temporalView) "
      + c.activation.name + (c.scoresFrames ? " frames" : "")
      + (c.integrationHeads > 0 ? " heads \(c.integrationHeads) \(c.promptHeads)" : "")
  }

  /// Adds numbers as bf16, rounded to nearest even.
  private func addRounded(_ values: FloatBuffer, to sha: inout SHA256) throws(Failure) {
    let rounded = try GrowingArray<UInt16>(uninitialized: values.count)
    for i in 0..<values.count {
      let bits = values.base[i].bitPattern
      rounded.base[i] = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
    sha.update(UnsafeRawBufferPointer(rounded.view))
    extendLifetime(values)
  }
}

extension SHA256 {
  /// Adds a line of text.
  mutating func add(_ line: String) {
    Array((line + "\n").utf8).withUnsafeBytes { update($0) }
  }
}
