import Model
import Numerics
import Preprocess
import System
import Video

extension Classifier {
  /// The model that encodes.
  public var loaded: LoadedModel { encoding.loaded }

  /// Encodes a part of a video and adds it as an example of a label: one clip with as many of the views as the part has
  /// frames for. `id` nil: a clip of its own.
  public func add(
    _ file: VideoFile, in span: TimeSpan, views: Int, _ options: PreprocessOptions,
    label: UnsafeBufferPointer<UInt8>, id: Int64?
  ) throws(Failure) {
    try checkKnown(label)
    let videos = try viewBuffer(views)
    try loaded.encode(file, in: span, views: views, options, video: videos.base, frame: nil)
    try add(videos.pointer, distinct(videos, views), label: label, .one(id))
    extendLifetime(videos)
  }

  /// Encodes frames, T for each view, and adds them as an example of a label: one clip. `id` nil: a clip of its own.
  public func add(
    _ source: any FrameSource, views: Int, label: UnsafeBufferPointer<UInt8>, id: Int64?
  ) throws(Failure) {
    try checkKnown(label)
    let videos = try viewBuffer(views)
    try loaded.model.encode(source, videos: views, videoOut: videos.base, frameOut: nil)
    try add(videos.pointer, views, label: label, .one(id))
    extendLifetime(videos)
  }

  private func viewBuffer(_ views: Int) throws(Failure) -> FloatBuffer {
    try FloatBuffer(count: product([views, loaded.model.videoSize], "views"))
  }

  /// Moves rows that differ from all before them to the front, and returns their number. A short clip gives some
  /// views the same frames.
  private func distinct(_ videos: FloatBuffer, _ views: Int) -> Int {
    let size = loaded.model.videoSize
    var kept = 0
    for view in 0..<views {
      let own = videos.base + view * size
      func isSame(_ other: Int) -> Bool {
        (0..<size).allSatisfy { own[$0] == videos.base[other * size + $0] }
      }
      if (0..<kept).contains(where: isSame) { continue }
      (videos.base + kept * size).update(from: own, count: size)
      kept += 1
    }
    return kept
  }
}
