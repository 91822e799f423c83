/// A sampled frame of a stream and the place of its picture.
struct SampledFrame: BitwiseCopyable {
  /// The place of its crop among the stream's pictures.
  var picture: Int32
  var timestamp: Int64
  /// Its number among all frames pushed, from 0 on.
  var push: Int64
  /// The number of its run.
  var run: Int64
  /// Its number among the due frames of the run, those that were dropped included.
  var due: Int64
}
