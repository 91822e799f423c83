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
    var width: Int32
    var height: Int32
    var format: Int32
    var range: UInt32
    var space: UInt32
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
  func convert(
    _ frame: UnsafeMutablePointer<AVFrame>, of source: ByteSource
  ) throws(Failure) -> UnsafePointer<UInt8> {
    try quietly { () throws(Failure) in
      try prepare(frame, source)
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

  private func prepare(
    _ frame: UnsafeMutablePointer<AVFrame>, _ source: ByteSource
  ) throws(Failure) {
    var format = AVPixelFormat(frame.pointee.format)
    var range = frame.pointee.color_range
    if let limited = Self.limitedTwin(format) {
      // The yuvj formats stand for full range, but are deprecated in swscale.
      format = limited
      if range == AVCOL_RANGE_UNSPECIFIED { range = AVCOL_RANGE_JPEG }
    }
    let wanted = Input(
      width: frame.pointee.width, height: frame.pointee.height, format: format.rawValue,
      range: range.rawValue, space: frame.pointee.colorspace.rawValue)
    if input == wanted, scaler != nil { return }
    input = nil
    ffmpeg.pointee.sws_freeContext(scaler)
    scaler = nil
    guard ffmpeg.pointee.sws_isSupportedInput(format) != 0 else {
      let name = ffmpeg.pointee.av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
      throw Failure(
        .videoDecode, "frames of \(source.name) have pixel format \(name), which cannot be converted to RGB")
    }
    let context = ffmpeg.pointee.sws_alloc_context()
    scaler = context
    guard let context else { throw Failure.outOfMemory("a picture") }
    func set(_ name: String, _ value: Int64) {
      _ = ffmpeg.pointee.av_opt_set_int(UnsafeMutableRawPointer(context), name, value, 0)
    }
    set("srcw", Int64(wanted.width))
    set("srch", Int64(wanted.height))
    set("src_format", Int64(format.rawValue))
    set("dstw", Int64(storedWidth))
    set("dsth", Int64(storedHeight))
    set("dst_format", Int64(AV_PIX_FMT_RGB24.rawValue))
    set("sws_flags", Int64(SWS_BICUBIC))
    if range != AVCOL_RANGE_UNSPECIFIED { set("src_range", range == AVCOL_RANGE_JPEG ? 1 : 0) }
    // The position of chroma in MPEG-2, the convention for 4:2:0.
    if format == AV_PIX_FMT_YUV420P { set("src_v_chr_pos", 128) }
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
    cffmpeg_set_colours(ffmpeg, context, frame.pointee.colorspace, range)
    input = wanted
  }

  /// The format with the same layout as a yuvj one, which does not imply full range; nil for other formats.
  private static func limitedTwin(_ format: AVPixelFormat) -> AVPixelFormat? {
    switch format {
    case AV_PIX_FMT_YUVJ420P: AV_PIX_FMT_YUV420P
    case AV_PIX_FMT_YUVJ422P: AV_PIX_FMT_YUV422P
    case AV_PIX_FMT_YUVJ444P: AV_PIX_FMT_YUV444P
    case AV_PIX_FMT_YUVJ440P: AV_PIX_FMT_YUV440P
    case AV_PIX_FMT_YUVJ411P: AV_PIX_FMT_YUV411P
    default: nil
    }
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
