import System
internal import CFFmpeg
internal import Glibc

/// Converts decoded frames to upright packed RGB24 of one size, as the ffmpeg program does by default: with bicubic
/// scaling, and the colour matrix and range that the frame states.
final class RGBConverter {
  /// The width of converted pictures in pixels.
  let width: Int
  /// The height of converted pictures in pixels.
  let height: Int
  /// Bytes from one row of a converted picture to the next.
  let stride: Int

  private let ffmpeg: FFmpeg
  private let orientation: Orientation
  private let storedWidth: Int32
  private let storedHeight: Int32
  private let storedStride: Int
  private var stored: UnsafeMutablePointer<UInt8>?
  private var upright: UnsafeMutablePointer<UInt8>?
  private var scaler: OpaquePointer?
  private var input: Input?

  /// The properties of a frame that the scaler is made for.
  private struct Input: Equatable {
    let width: Int32
    let height: Int32
    let format: Int32
    let range: UInt32
    let space: UInt32

    init(_ frame: cffmpeg_frame) {
      (width, height, format) = (frame.width, frame.height, frame.format)
      (range, space) = (frame.range, frame.space)
    }
  }

  /// The alignment of rows in bytes, and the padding after the last one, since vector code accesses whole registers.
  private static let alignment = 64

  /// Makes a converter to pictures of `storedWidth` x `storedHeight` pixels before rotation; frames of another size are
  /// scaled. The caller has checked the product against the limit.
  init(
    _ ffmpeg: FFmpeg, storedWidth: Int32, storedHeight: Int32, orientation: Orientation
  ) throws(Failure) {
    self.ffmpeg = ffmpeg
    self.orientation = orientation
    self.storedWidth = storedWidth
    self.storedHeight = storedHeight
    storedStride = Self.stride(storedWidth)
    width = Int(orientation.transposes ? storedHeight : storedWidth)
    height = Int(orientation.transposes ? storedWidth : storedHeight)
    stride = Self.stride(Int32(width))
    stored = try Self.allocate(storedStride, rows: Int(storedHeight))
    if orientation != Orientation() { upright = try Self.allocate(stride, rows: height) }
  }

  deinit {
    ffmpeg.pointee.sws_freeContext(scaler)
    free(stored)
    free(upright)
  }

  /// Converts a frame to `height` rows of `stride` bytes, which the converter owns and which are valid until the next
  /// call.
  func convert(_ frame: OpaquePointer, of source: ByteSource) throws(Failure) -> UnsafePointer<UInt8> {
    try quietly { () throws(Failure) in
      try prepare(Input(cffmpeg_read_frame(frame)), source)
      guard let scaler, let stored else { throw Failure.outOfMemory("a picture") }
      // FFmpeg refuses pictures this wide already, but this does not rely on it.
      guard let rgbStride = Int32(exactly: storedStride) else {
        throw Failure(.limit, "\(source.name) has pictures \(storedWidth) pixels wide")
      }
      let rows = cffmpeg_scale(ffmpeg, scaler, frame, stored, rgbStride)
      if rows < 0 {
        throw Failure(
          .videoDecode, "a frame of \(source.name) cannot be converted to RGB: \(ffmpeg.text(rows))")
      }
      guard let upright else { return UnsafePointer(stored) }
      orientation.apply(
        stored, stride: storedStride, width: Int(storedWidth), height: Int(storedHeight),
        to: upright, stride: stride)
      return UnsafePointer(upright)
    }
  }

  private func prepare(_ wanted: Input, _ source: ByteSource) throws(Failure) {
    if input == wanted, scaler != nil { return }
    input = nil
    ffmpeg.pointee.sws_freeContext(scaler)
    scaler = nil
    let stated = ffmpeg.pointee.av_get_pix_fmt_name(wanted.format).map { String(cString: $0) } ?? "unknown"
    // The yuvj formats stand for full range, but are deprecated in swscale: each has a twin without the j.
    let isFull = stated.hasPrefix("yuvj")
    let name = isFull ? "yuv" + stated.dropFirst(4) : stated
    let range = isFull && wanted.range == cffmpeg_range_unstated ? cffmpeg_range_full : wanted.range
    let format = isFull ? ffmpeg.pointee.av_get_pix_fmt(name) : wanted.format
    guard ffmpeg.pointee.sws_isSupportedInput(format) != 0 else {
      throw Failure(
        .videoDecode, "frames of \(source.name) have pixel format \(name), which cannot be converted to RGB")
    }
    let context = ffmpeg.pointee.sws_alloc_context()
    scaler = context
    guard let context else { throw Failure.outOfMemory("a picture") }
    func set(_ name: String, _ value: Int32) {
      _ = ffmpeg.pointee.av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0)
    }
    set("srcw", wanted.width)
    set("srch", wanted.height)
    set("src_format", format)
    set("dstw", storedWidth)
    set("dsth", storedHeight)
    set("dst_format", ffmpeg.pointee.av_get_pix_fmt("rgb24"))
    _ = ffmpeg.pointee.av_opt_set(UnsafeMutableRawPointer(context), "sws_flags", "bicubic", 0)
    if range != cffmpeg_range_unstated { set("src_range", range == cffmpeg_range_full ? 1 : 0) }
    // The position of chroma in MPEG-2, the convention for 4:2:0.
    if name == "yuv420p" { set("src_v_chr_pos", 128) }
    let status = ffmpeg.pointee.sws_init_context(context, nil, nil)
    if status == cffmpeg_error(ENOMEM) {
      throw Failure.outOfMemory(
        "a picture", of: source, pixels: Int64(wanted.width) * Int64(wanted.height), damage: .videoDecode)
    }
    if status < 0 {
      throw Failure(
        .videoDecode,
        "frames of \(source.name), \(wanted.width)x\(wanted.height), cannot be converted to RGB: "
          + ffmpeg.text(status))
    }
    cffmpeg_set_colours(ffmpeg, context, wanted.space, range)
    input = wanted
  }

  /// The stride with room for whole blocks of pixels, as in the ffmpeg program. swscale writes the last block of 8
  /// pixels of a row whole, or not at all if the stride has no room.
  private static func stride(_ width: Int32) -> Int {
    (Int(width) + alignment - 1) / alignment * alignment * 3
  }

  private static func allocate(
    _ stride: Int, rows: Int
  ) throws(Failure) -> UnsafeMutablePointer<UInt8> {
    var memory: UnsafeMutableRawPointer?
    let (bytes, overflow) = stride.multipliedReportingOverflow(by: rows)
    let (padded, overflows) = bytes.addingReportingOverflow(alignment)
    guard !overflow, !overflows, posix_memalign(&memory, alignment, padded) == 0, let memory else {
      throw Failure.outOfMemory("a picture of \(rows) rows of \(stride) bytes")
    }
    return memory.assumingMemoryBound(to: UInt8.self)
  }
}
