import Adaptation
import Numerics
import System

extension LabelList {
  /// Writes the direction of each label among embeddings, [labels, E], of unit length: the weighted mean of its texts'
  /// embeddings of unit length; of a fit the weights that score videos. Texts in opposite directions give zeros.
  public func directions(to out: UnsafeMutablePointer<Float>) throws(Failure) {
    let mean = try UnitMean(labels: count, size: embeddingSize)
    if let fit, !fit.usesWordsAlone {
      mean.add(fit.weights.base, rows: 1, nil)
      extendLifetime(fit)
    } else {
      mean.add(set.texts.base, rows: templates, weights)
    }
    mean.write(to: out)
  }
}
