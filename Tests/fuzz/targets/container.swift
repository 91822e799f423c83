// fuzz: -max_len=8192 -runs=1000000 -timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=4096
import System
import Glibc
import Video

// FFmpeg asks malloc for what a file claims before it meets the end of the file, and does not touch it.

/// A container in memory with pictures of at most 4,096 pixels: what the checks before FFmpeg let pass is opened and
/// listed, and the first and the last few frames are read. An answer for which the processor works longer than a second
/// is a finding (a clock on the wall would find the machine's other work), and so is memory beyond the process's limit.
@_cdecl("fuzz_container")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0 else { return 0 }
  let start = clock()
  defer { precondition(clock() - start < 1_000_000, "over a second") }
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  let limits = ReadingLimits(milliseconds: 20_000, pixelsPerByte: 1 << 10)
  do throws(Failure) {
    let video = try VideoFile(
      bytes: bytes, maxPixels: 1 << 12, decode: size % 2 == 0 ? .needed : .all, limits: limits)
    let count = try video.outline().frameCount
    precondition(count >= 1)
    for wanted in [[0], [max(0, count - 2), count - 1]] {
      let distinct = wanted.count > 1 && wanted[0] == wanted[1] ? [wanted[0]] : wanted
      try? video.readFrames(distinct, begin: {}) { (frame) throws(Never) in
        precondition(frame.width == video.width && frame.height == video.height)
      }
    }
  } catch { precondition(!error.message.isEmpty && !error.message.contains("\n")) }
  return 0
}
