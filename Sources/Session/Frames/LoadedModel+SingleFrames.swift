import Model
import System

extension LoadedModel {
  /// Encodes single frames to `out` [count, E], which is written on success only. Throws if a frame's embedding depends
  /// on the other frames of its video.
  public func encodeSingle(
    _ source: any FrameSource, count: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard model.framesAreIndependent else {
      let option =
        configuration.joint
        ? "joint"
        : configuration.temporalShift != .off
          ? "temporal_shift" : configuration.hasMessages ? "message tokens" : "temporal_view"
      throw Failure(
        .optionConflict,
        "a frame cannot be encoded by itself: in this model a frame sees the others of its video (\(option)); encode "
          + "whole videos of \(configuration.frames) frames")
    }
    try model.encodeFrames(source, count: count, to: out)
  }
}
