import CShims
import Model
import Numerics
import System
import Video

/// One video's frames, which are encoded while later ones are decoded: by a thread beside the one that decodes, where
/// there are processors for the model's threads and the video's at once (else they would only be in each other's way)
/// and the model's frames do not need each other.
final class VideoEncoding {
  private let loaded: LoadedModel
  private let pixels: UnsafePointer<Float>
  private let overlaps: Bool
  private var running: Running?

  /// The numbers that two threads share. They are whole once `thread` has ended and `failure` is nil.
  private final class Running {
    let arrivals: FrameArrivals
    let video, frames: FloatBuffer
    var thread: BackgroundThread?
    var failure: Failure?

    init(_ loaded: LoadedModel, _ pixels: UnsafePointer<Float>) throws(Failure) {
      let size = loaded.configuration.embeddingSize
      video = try FloatBuffer(count: size)
      frames = try FloatBuffer(count: loaded.model.frameRowsPerVideo * size)
      arrivals = FrameArrivals(pixels)
    }
  }

  /// `pixels` [T, 3, S, S] are written from the first frame on.
  init(_ loaded: LoadedModel, _ file: VideoFile, _ pixels: UnsafePointer<Float>) {
    self.loaded = loaded
    self.pixels = pixels
    overlaps =
      loaded.model.framesAreIndependent
      && loaded.model.threads + file.threads <= Int(cshims_available_processors())
  }

  /// Says that the frames before `count` are there.
  func arrive(upTo count: Int) {
    if overlaps, running == nil, count < loaded.configuration.frames { start() }
    running?.arrivals.arrive(upTo: count)
  }

  /// Forgets the frames that have come; nothing reads the pixels after this.
  func stop() {
    guard let running else { return }
    running.arrivals.fail(
      Failure(.cancelled, "the video is decoded again from its beginning, or not further"))
    running.thread?.join()
    self.running = nil
  }

  /// Gives the embeddings, once all frames are there: `video` [E], and `frame` [rows, E] if it is wanted. They are
  /// written on success only.
  func finish(video: UnsafeMutablePointer<Float>, frame: UnsafeMutablePointer<Float>?) throws(Failure) {
    guard let running else {
      return try loaded.model.encode(PixelFrames(pixels), videos: 1, videoOut: video, frameOut: frame)
    }
    running.thread?.join()
    self.running = nil
    if let failure = running.failure { throw failure }
    video.update(from: running.video.base, count: running.video.count)
    frame?.update(from: running.frames.base, count: running.frames.count)
  }

  /// Starts the thread that encodes. Where there is no memory or thread for it, everything is encoded in the end.
  private func start() {
    let model = loaded.model
    guard let running = try? Running(loaded, pixels) else { return }
    let token = cshims_heard_cancel()
    running.thread = BackgroundThread {
      cshims_hear_cancel(token)
      do throws(Failure) {
        try model.encode(
          running.arrivals, videos: 1, videoOut: running.video.base, frameOut: running.frames.base)
      } catch { running.failure = error }
    }
    if running.thread != nil { self.running = running }
  }
}
