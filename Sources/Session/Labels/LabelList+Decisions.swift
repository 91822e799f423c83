import Adaptation
import Model
import Numerics
import System

/// A decision about a video: the best label, or none.
public struct Decision {
  /// The index of the label; nil: the video shows none of the labels.
  public let label: Int?
  /// The largest probability.
  public let probability: Float
  /// The largest probability less the second largest; the largest itself of a list of one label.
  public let margin: Float
}

extension LabelList {
  /// The numbers by which a fit decides; nil without a fit.
  public var rules: DecisionRules? { fit?.rules }

  /// Decides about videos' rows [videos, videoSize] by calibrated probabilities, and gives each decision to `emit`. Without
  /// a fit the probabilities are those of `score` at a scale of 100, or at the trained one where labels are scored each by
  /// itself, and every video shows a label.
  public func decide(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, emit: (_ video: Int, Decision) -> Void
  ) throws(Failure) {
    let probabilities = try FloatBuffer(count: product([videoCount, count], "videos"))
    if let fit {
      try withEmbeddings(of: videos, videoCount) { (videos) throws(Failure) in
        try fit.probabilities(videos, videoCount, scale: ScoringRule.referenceScale, to: probabilities.base)
      }
    } else {
      try score(videos, videoCount, scale: 0, to: probabilities.base)
    }
    for video in 0..<videoCount {
      let row = probabilities.base + video * count
      var best = 0
      for label in 1..<max(count, 1) where row[label] > row[best] { best = label }
      var second: Float = 0
      for label in 0..<count where label != best { second = max(second, row[label]) }
      // The threshold was found on clips of labels with examples, and says nothing of the others.
      let isJudged = fit?.hasThreshold(best) ?? false
      let isAccepted = !isJudged || Double(row[best]) >= rules?.rejectThreshold ?? 0
      emit(
        video,
        Decision(label: isAccepted ? best : nil, probability: row[best], margin: row[best] - second))
    }
    extendLifetime(probabilities)
  }

  /// Scores videos' rows [videos, videoSize] for videos that may show several labels or none: writes independent
  /// probabilities [videos, labels]. Throws without a fit.
  public func scoreIndependently(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let fit = try required(fit)
    try withEmbeddings(of: videos, videoCount) { (videos) throws(Failure) in
      try Similarity.whole(videoCount * count, to: out) { (probabilities) throws(Failure) in
        try fit.independentProbabilities(videos, videoCount, to: probabilities)
      }
    }
  }

  /// The independent probability from which on a video shows a label. Throws without a fit.
  public func threshold(of label: Int) throws(Failure) -> Double { try required(fit).rules.thresholds[label] }

  private func required(_ fit: AdaptedClassifier?) throws(Failure) -> AdaptedClassifier {
    guard let fit else {
      throw Failure(
        .notEnoughExamples,
        "the list has no fit, without which there are no independent probabilities: add examples, fit, take a new list"
      )
    }
    return fit
  }
}
