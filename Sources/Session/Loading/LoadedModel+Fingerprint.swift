import Digest
import Model
import Numerics
import System

extension LoadedModel {
  /// A SHA-256 in hexadecimal that tells this model from others: over the options that change embeddings, and over
  /// every vector among the parameters (biases, LayerNorms, class tokens). Vectors are fp32 in every precision and every
  /// storage, so a model has the same fingerprint in all of them. Models that differ in matrices alone share one.
  func fingerprint() throws(Failure) -> String {
    let c = configuration
    var sha = SHA256()
    func add(_ text: String, to sha: inout SHA256) {
      let bytes = Array((text + "\n").utf8)
      bytes.withUnsafeBytes { sha.update($0) }
    }
    add(
      "\(c.embeddingSize) \(c.head.name) joint \(c.joint) shift \(c.temporalShift) view \(c.temporalView) "
        + c.activation.name,
      to: &sha)
    for parameter in model.parameters where parameter.shape.count <= 1 {
      try checkCancelled()
      add("\(parameter.name) \(parameter.count)", to: &sha)
      let values = try parameter.values()
      sha.update(UnsafeRawBufferPointer(UnsafeBufferPointer(values.buffer)))
      extendLifetime(values)
    }
    return sha.finish().hexadecimal
  }
}
