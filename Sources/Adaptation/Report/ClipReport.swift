/// The findings about a clip of a fit without it. The probabilities of a clip with several views are the means over its views.
public struct ClipReport: Sendable, Equatable, BitwiseCopyable {
  /// The clip's number, as it was given.
  public let clip: Int64
  /// The index of the label that the clip was given.
  public let label: Int
  /// The label that the words alone find best.
  public internal(set) var bestByWords = 0
  /// The label with the largest probability; -1 of the only clip of its label, of which a fit without it can say nothing.
  /// Then the numbers below are 0.
  public internal(set) var best = -1
  /// The probability of the clip's own label.
  public internal(set) var probability = 0.0
  /// The probability of `best`.
  public internal(set) var bestProbability = 0.0
  /// The probability of the clip's own label less the largest of another: below 0 where another label is best.
  public internal(set) var margin = 0.0
  /// Whether the clip looks mislabelled: another label is more than 20 times as probable as its own. Measured on
  /// synthetic clips of which a tenth had a wrong label, for 12 labels of 4, 8 and 16 clips: of the clips so named 100%,
  /// 98% and 98% were wrong ones, and of the wrong ones 75%, 92% and 94% were named. There the fit recognised 94%, 97%
  /// and 98% of clips that it did not see; where it recognised 73%, 84% and 90%, 70%, 93% and 96% of the named were wrong,
  /// and 57%, 81% and 88% of the wrong were named.
  public internal(set) var isSuspect = false
  /// The smallest number of another clip of which a view has a cosine of at least 0.9995 with a view of this one; nil if
  /// there is none.
  public internal(set) var duplicate: Int64?
  /// Whether one of the clips that this one duplicates has another label.
  public internal(set) var hasOtherLabelInDuplicate = false

  /// The part of the best label's probability below which that of the clip's own label is suspect.
  static let suspectRatio = 0.05

  /// Whether the clip could be left out.
  public var isJudged: Bool { best >= 0 }

  init(clip: Int64, label: Int) {
    self.clip = clip
    self.label = label
  }
}
