/// A sampled frame of a stream and the place of its picture.
struct SampledFrame: BitwiseCopyable {
  /// The place of its crop in the stream's `Pictures`.
  var picture: Int32
  /// The frame's time in nanoseconds, as it was pushed.
  var timestamp: Int64
  /// The frame's number among all frames pushed, from 0 on.
  var push: Int64
  /// The number of the run that it belongs to, from 0 on.
  var run: Int64
  /// The frame's number among the due frames of the run, from 0 on. Dropped frames have such numbers too.
  var due: Int64
}
