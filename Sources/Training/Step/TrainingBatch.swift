import System

/// The clips and texts of one step.
public protocol TrainingBatch {
  /// Each clip's labels.
  var labels: LabelSets { get }
  /// Token ids of the texts, [texts, C]: one a clip for the multi-positive loss, one a label for cross-entropy.
  var tokens: UnsafePointer<Int32> { get }
  var textCount: Int { get }
  /// Writes a clip's pixels [T, 3, S, S]. A clip is asked for twice, and must be the same both times.
  func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure)
  /// What errors call a clip.
  func name(of clip: Int) -> String
}

extension TrainingBatch {
  /// The clip's place in the batch.
  public func name(of clip: Int) -> String { "clip \(clip)" }
}
