import Adaptation
import Model
import Numerics
import System

extension LabelList {
  /// Writes the direction of each label among embeddings, [labels, E], of unit length: the weighted mean of its texts'
  /// embeddings of unit length; of a fit the weights that score videos. Texts in opposite directions give zeros. Throws
  /// where words have none, because each video moves them.
  public func directions(to out: UnsafeMutablePointer<Float>) throws(Failure) {
    let mean = try UnitMean(labels: count, size: embeddingSize)
    let isFitted = fit.map { !$0.usesWordsAlone } ?? false
    guard isFitted || !scoring.textsDependOnVideo else {
      throw .unsupported(
        "words have no direction of their own in a model whose texts each video moves (X-CLIP): score videos instead, "
          + "or fit the classifier to examples")
    }
    if let fit, isFitted {
      mean.add(fit.weights.base, rows: 1, nil)
      extendLifetime(fit)
    } else {
      mean.add(set.texts.base, rows: templates, weights)
    }
    mean.write(to: out)
  }
}
