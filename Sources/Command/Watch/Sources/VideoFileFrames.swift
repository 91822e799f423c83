import CActionCLIP

/// The frames of a video file, each at its time in the file.
final class VideoFileFrames: FrameSource {
  let name: String
  let summary: String
  let isLive = false
  private(set) var lost: Int64 = 0

  private let video: Video
  private let stop: StopRequest
  private let layout: PictureLayout
  private let picture: PictureMemory
  private var number: Int64 = 0
  /// The stamp of the last frame.
  private var stamp: Int64 = -1

  init(_ path: FilePath, threads: Int32, decode: Decode, until stop: StopRequest) throws {
    name = path.shown
    self.stop = stop
    video = try Video(path, VideoOpening(threads: threads, decode: decode))
    let info = try video.outline()
    let (width, height) = (Int(info.width), Int(info.height))
    guard let layout = PictureLayout(Int32(ACTIONCLIP_PIXEL_RGB), width: width, height: height) else {
      throw CommandError("\(path.shown): its frames have no size")
    }
    self.layout = layout
    picture = try PictureMemory(layout.size)
    summary = "\(width)x\(height), \(formatted("%.6g", info.frame_rate)) frames a second"
  }

  func next() throws -> SourceFrame? {
    guard !stop.isAsked, try number < video.outline().frame_count else { return nil }
    let seconds: Double
    do {
      seconds = try video.read(frame: number, into: picture.start, capacity: picture.bytes.count)
    } catch {
      // Damage left fewer frames than the packets promised.
      guard error.status == ACTIONCLIP_ERROR_INVALID_ARGUMENT, try number >= video.outline().frame_count
      else {
        throw error
      }
      return nil
    }
    lost = try video.outline().damaged_frames
    number += 1
    // A file may show two frames at the same time, but stamps rise.
    stamp = max(Int64((min(seconds, 4e9) * 1e9).rounded()), stamp + 1)
    return SourceFrame(pixels: layout.frame(at: picture.start, Colours()), stamp: stamp, arrival: Clock.now)
  }
}
