import CShims
import Model
import Numerics
import System
import Video

/// The encoding of one video's frames while later ones are decoded: by a thread beside the one that decodes, where there
/// are processors for the model's threads and the video's at once (else they would only be in each other's way) and the
/// model's frames are independent. Otherwise everything is encoded in the end.
final class VideoEncoding {
  private let model: ActionCLIP
  private let frames: VideoFrames
  private let overlaps: Bool
  private var running: Running?

  /// The embeddings that two threads share. They are whole once `thread` has ended and `failure` is nil.
  private final class Running {
    let video, frames: FloatBuffer
    var thread: BackgroundThread?
    var failure: Failure?

    init(_ model: ActionCLIP) throws(Failure) {
      let size = model.configuration.embeddingSize
      video = try FloatBuffer(count: size)
      frames = try FloatBuffer(count: model.frameRowsPerVideo * size)
    }
  }

  init(_ model: ActionCLIP, _ frames: VideoFrames, of file: VideoFile) {
    self.model = model
    self.frames = frames
    overlaps =
      model.framesAreIndependent && model.threads + file.threads <= Int(cshims_available_processors())
  }

  /// Begins to encode, if that is of use while frames after `ready` are still to be decoded.
  func begin(with ready: Int) {
    guard overlaps, running == nil, ready < frames.count, let running = try? Running(model) else { return }
    let (model, frames, token) = (model, frames, cshims_heard_cancel())
    running.thread = BackgroundThread {
      cshims_hear_cancel(token)
      do throws(Failure) {
        try model.encode(frames, videos: 1, videoOut: running.video.base, frameOut: running.frames.base)
      } catch { running.failure = error }
    }
    if running.thread != nil { self.running = running }
  }

  /// Forgets the frames that have come: the video is decoded again from its beginning, or not further. Nothing reads the
  /// frames after this.
  func stop() {
    if let running {
      frames.fail(.cancelled)
      running.thread?.join()
      self.running = nil
    }
    frames.restart()
  }

  /// Gives the embeddings, once all frames are there: `video` [E], and `frame` [rows, E] if it is wanted. They are
  /// written on success only.
  func finish(video: UnsafeMutablePointer<Float>, frame: UnsafeMutablePointer<Float>?) throws(Failure) {
    guard let running else {
      return try model.encode(frames, videos: 1, videoOut: video, frameOut: frame)
    }
    running.thread?.join()
    self.running = nil
    if let failure = running.failure { throw failure }
    video.update(from: running.video.base, count: running.video.count)
    frame?.update(from: running.frames.base, count: running.frames.count)
  }
}
