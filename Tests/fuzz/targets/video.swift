// fuzz: -max_len=8192 -runs=1000000 -rss_limit_mb=1024 -malloc_limit_mb=4096
import System
import Video

// FFmpeg asks malloc for what a file claims, up to its own limit of 2 GB, before it meets the end of the file. It does
// not touch that memory, so the limit is on what is.

/// A video in memory: opened and outlined, then read by what is needed, read whole, or counted; of one size in four all
/// of that, since decoders take most of the time to set up. Small pictures only.
@_cdecl("fuzz_video")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0 else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  do throws(Failure) {
    let video = try VideoFile(bytes: bytes, maxPixels: 1 << 14)
    precondition(video.width > 0 && video.height > 0 && video.width * video.height <= 1 << 14)
    let outline = try video.outline()
    precondition(outline.frameCount >= 1)
    let last = min(outline.frameCount - 1, 7)
    let isAll = size % 4 == 0
    for (index, wanted) in [[last], Array(0...last)].enumerated() where isAll || size % 4 == index + 1 {
      try? video.readFrames(wanted, begin: {}) { (frame) throws(Never) in
        precondition(frame.width == video.width && frame.height == video.height)
        let bytes = UnsafeBufferPointer(
          start: frame.pixels, count: (frame.height - 1) * frame.stride + frame.width * 3)
        precondition(bytes.reduce(0) { $0 &+ Int($1) } >= 0)
      }
    }
    guard isAll || size % 4 == 3 else { return 0 }
    let info = try video.info()
    precondition(info.frameCount >= 1 && info.duration.isFinite && info.averageFrameRate.isFinite)
  } catch { precondition(!error.message.isEmpty) }
  return 0
}
