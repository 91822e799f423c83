import CShims
import Model
import Numerics
import System
import Video

/// Encodes the frames of one video while later ones are decoded, on a thread of its own. It does so if the model's
/// frames are independent and there are enough processors for the model's and the decoder's threads at once; otherwise
/// all frames are encoded at the end.
final class VideoEncoding {
  private let model: ActionCLIP
  private let frames: VideoFrames
  private let overlaps: Bool
  private var running: Running?

  /// The embeddings that the encoding thread writes. They are complete once `thread` has ended and `failure` is nil.
  private final class Running {
    let video, frames: FloatBuffer
    var thread: BackgroundThread?
    var failure: Failure?

    init(_ model: ActionCLIP, views: Int) throws(Failure) {
      video = try FloatBuffer(count: views * model.videoSize)
      frames = try FloatBuffer(
        count: views * model.frameRowsPerVideo * model.configuration.embeddingSize)
    }
  }

  init(_ model: ActionCLIP, _ frames: VideoFrames, of file: VideoFile) {
    self.model = model
    self.frames = frames
    overlaps = model.framesAreIndependent && model.threads + file.threads <= availableProcessors()
  }

  /// Starts the encoding thread, if overlapping is possible and frames after the first `ready` ones are still to be
  /// decoded.
  func begin(with ready: Int) {
    guard overlaps, running == nil, ready < frames.count,
      let running = try? Running(model, views: frames.views)
    else { return }
    let (model, frames, token) = (model, frames, cshims_cancel_flag())
    running.thread = BackgroundThread {
      cshims_use_cancel_flag(token)
      do throws(Failure) {
        try model.encode(
          frames, videos: frames.views, videoOut: running.video.base, frameOut: running.frames.base)
      } catch { running.failure = error }
    }
    if running.thread != nil { self.running = running }
  }

  /// Ends the encoding thread and discards the frames, since the video is decoded again from its beginning, or no
  /// further. Nothing reads the frames after this.
  func stop() {
    if let running {
      frames.fail(.cancelled)
      running.thread?.join()
      self.running = nil
    }
    frames.restart()
  }

  /// Completes the encoding once all frames are written: `video` [views, videoSize] and, unless nil, `frame` [views, rows, E],
  /// written on success only.
  func finish(video: UnsafeMutablePointer<Float>, frame: UnsafeMutablePointer<Float>?) throws(Failure) {
    guard let running else {
      return try model.encode(frames, videos: frames.views, videoOut: video, frameOut: frame)
    }
    running.thread?.join()
    self.running = nil
    if let failure = running.failure { throw failure }
    video.update(from: running.video.base, count: running.video.count)
    frame?.update(from: running.frames.base, count: running.frames.count)
  }
}
