/// The findings of a fit about a label that has examples.
public struct LabelReport: Sendable, Equatable, BitwiseCopyable {
  /// The label's index.
  public let label: Int
  /// The label's clips. A single one cannot be left out, for nothing would be left of its label: then the shares below
  /// are of 0 clips.
  public let clips: Int
  /// Clips that are recognised when they are left out.
  public internal(set) var right = Share()
  /// Clips that the words alone recognise.
  public internal(set) var rightByWords = Share()
  /// The mean probability that the label's clips get for it when they are left out; 0 of a single clip.
  public internal(set) var meanProbability = 0.0
  /// The threshold on the label's independent probability; 0...1.
  public let threshold: Double

  init(label: Int, clips: Int, threshold: Double) {
    self.label = label
    self.threshold = threshold
    self.clips = clips
  }
}
