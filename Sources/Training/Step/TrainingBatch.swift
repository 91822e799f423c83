import System

/// The clips and texts of one step.
public protocol TrainingBatch {
  /// Each clip's labels.
  var labels: LabelSets { get }
  /// Token ids of the texts, [texts, C]: one a clip for the multi-positive loss, one a label for cross-entropy.
  var tokens: UnsafePointer<Int32> { get }
  var textCount: Int { get }
  /// Writes a clip's pixels [T, 3, S, S]. A clip may be asked for more than once, and must be the same each time.
  func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure)
  /// The seed of what a head drops of a clip by chance.
  func seed(of clip: Int) -> UInt64
  /// The name by which errors call a clip.
  func name(of clip: Int) -> String
  /// A number from 0 on that stands for a clip's pixels in every step, so that what no training changes of it is
  /// computed once; nil: its pixels are of this step alone.
  func view(of clip: Int) -> Int?
  /// A number from 0 on that stands for a text in every step; nil: the text is of this step alone.
  func text(of row: Int) -> Int?
}

extension TrainingBatch {
  /// The clip's place in the batch.
  public func name(of clip: Int) -> String { "clip \(clip)" }
  public func seed(of clip: Int) -> UInt64 { UInt64(clip) }
  public func view(of clip: Int) -> Int? { nil }
  public func text(of row: Int) -> Int? { nil }
}
