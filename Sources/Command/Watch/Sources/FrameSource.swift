import CActionCLIP

/// A frame where its source has it: the pixels stay until the next frame is asked for.
struct SourceFrame {
  let pixels: actionclip_frame
  /// Time since the source's first frame, in nanoseconds.
  let stamp: Int64
  /// The time at which the frame could be taken, in nanoseconds of `Clock`.
  var arrival: Int64
}

/// Gives frames one after the other, each as soon as there is one. It is opened by one thread and then used by another.
protocol FrameSource: AnyObject {
  /// The source's name in messages.
  var name: String { get }
  /// The frames' size, format and rate, for people.
  var summary: String { get }
  /// Whether the source gives frames at their own times, and loses those that nobody takes.
  var isLive: Bool { get }
  /// The number of frames so far that were too damaged to be given, or that the source says were lost before.
  var lost: Int64 { get }
  /// The next frame; nil at the end, or when the stop that the source was opened with was asked for.
  func next() throws -> SourceFrame?
}
