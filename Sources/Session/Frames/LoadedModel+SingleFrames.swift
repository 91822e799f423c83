import Model
import System

extension LoadedModel {
  /// Encodes frames each by itself to `out` [count, E], which is written on success only. Throws where the frames of the
  /// model's videos see each other.
  public func encodeSingle(
    _ source: any FrameSource, count: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard model.framesAreIndependent else {
      let option =
        configuration.joint ? "joint" : configuration.temporalShift ? "temporal_shift" : "temporal_view"
      throw Failure(
        .optionConflict,
        "a frame cannot be encoded by itself: this model's frames see the others of their video (\(option)); encode "
          + "whole videos of \(configuration.frames) frames")
    }
    try model.encodeFrames(source, count: count, to: out)
  }
}
