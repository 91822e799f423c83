import System

/// Programs whose names of pixel formats are known.
public enum FrameFormatNames: Int, Sendable, CaseIterable {
  /// `encoding` of sensor_msgs/Image (image_encodings.hpp).
  case ros = 1
  /// Four characters of V4L2 (videodev2.h).
  case v4l2 = 2
  /// Four characters of DRM, or names after DRM_FORMAT_ (drm_fourcc.h), which libcamera has too. A name of DRM lists
  /// colours from the highest bits to the lowest, so bytes lie the other way round: RGB888 is B, G, R in memory.
  case drm = 3
  /// `format` of caps of video/x-raw.
  case gstreamer = 4
  /// Names of pix_fmt.
  case ffmpeg = 5

  var title: String {
    switch self {
    case .ros: "ROS"
    case .v4l2: "V4L2"
    case .drm: "DRM"
    case .gstreamer: "GStreamer"
    case .ffmpeg: "FFmpeg"
    }
  }

  private var formats: [(name: StaticString, format: FrameFormat)] {
    switch self {
    case .ros:
      [
        ("rgb8", .pixels(.rgb)), ("bgr8", .pixels(.bgr)), ("rgba8", .pixels(.rgba)),
        ("bgra8", .pixels(.bgra)),
        ("mono8", .pixels(.gray)), ("8UC1", .pixels(.gray)), ("mono16", .pixels(.gray16)), ("nv12", .nv12),
        ("nv21", .nv21), ("nv24", .nv24), ("uyvy", .uyvy), ("yuv422", .uyvy), ("yuyv", .yuyv),
        ("yuv422_yuy2", .yuyv),
      ]
    case .v4l2:
      [
        ("RGB3", .pixels(.rgb)), ("BGR3", .pixels(.bgr)), ("AB24", .pixels(.rgba)), ("AR24", .pixels(.bgra)),
        ("XB24", .pixels(.rgbx)), ("XR24", .pixels(.bgrx)), ("GREY", .pixels(.gray)),
        ("Y16", .pixels(.gray16)),
        ("NV12", .nv12), ("NM12", .nv12), ("NV21", .nv21), ("NM21", .nv21), ("NV24", .nv24), ("YU12", .i420),
        ("YM12", .i420), ("YV12", .yv12), ("YM21", .yv12), ("YUYV", .yuyv), ("UYVY", .uyvy),
      ]
    case .drm:
      [
        ("BG24", .pixels(.rgb)), ("BGR888", .pixels(.rgb)), ("RG24", .pixels(.bgr)),
        ("RGB888", .pixels(.bgr)),
        ("AB24", .pixels(.rgba)), ("ABGR8888", .pixels(.rgba)), ("AR24", .pixels(.bgra)),
        ("ARGB8888", .pixels(.bgra)), ("XB24", .pixels(.rgbx)), ("XBGR8888", .pixels(.rgbx)),
        ("XR24", .pixels(.bgrx)), ("XRGB8888", .pixels(.bgrx)), ("R8", .pixels(.gray)),
        ("R16", .pixels(.gray16)),
        ("NV12", .nv12), ("NV21", .nv21), ("NV24", .nv24), ("YU12", .i420), ("YUV420", .i420),
        ("YV12", .yv12),
        ("YVU420", .yv12), ("YUYV", .yuyv), ("UYVY", .uyvy),
      ]
    case .gstreamer:
      [
        ("RGB", .pixels(.rgb)), ("BGR", .pixels(.bgr)), ("RGBA", .pixels(.rgba)), ("BGRA", .pixels(.bgra)),
        ("RGBx", .pixels(.rgbx)), ("BGRx", .pixels(.bgrx)), ("GRAY8", .pixels(.gray)),
        ("GRAY16_LE", .pixels(.gray16)), ("NV12", .nv12), ("NV21", .nv21), ("NV24", .nv24), ("I420", .i420),
        ("YV12", .yv12), ("YUY2", .yuyv), ("UYVY", .uyvy),
      ]
    case .ffmpeg:
      [
        ("rgb24", .pixels(.rgb)), ("bgr24", .pixels(.bgr)), ("rgba", .pixels(.rgba)),
        ("bgra", .pixels(.bgra)),
        ("rgb0", .pixels(.rgbx)), ("bgr0", .pixels(.bgrx)), ("gray", .pixels(.gray)),
        ("gray16le", .pixels(.gray16)), ("nv12", .nv12), ("nv21", .nv21), ("nv24", .nv24), ("yuv420p", .i420),
        ("yuyv422", .yuyv), ("uyvy422", .uyvy),
      ]
    }
  }

  /// The format of a name, whose letters may be of either case.
  fileprivate func format(_ name: Substring) -> FrameFormat? {
    let name = self == .drm ? name.withoutPrefix("drm_format_") : name
    return formats.first { $0.name.description.lowercased() == name }?.format
  }
}

extension FrameFormat {
  /// The format that a name stands for.
  /// - Parameter names: the program whose name it is; nil: any of them.
  /// - Throws: `.unsupported` for a format that is known and not taken, with what to do; `.invalidArgument` for a name
  ///   that is not known.
  public init(name: String, names: FrameFormatNames? = nil) throws(Failure) {
    // The four characters of a V4L2 or DRM format may end in spaces.
    var wanted = Substring(name.lowercased())
    while wanted.last == " " { wanted.removeLast() }
    for program in FrameFormatNames.allCases where names == nil || names == program {
      if let format = program.format(wanted) {
        self = format
        return
      }
    }
    if let advice = Self.advice(wanted) {
      throw Failure(.unsupported, "pixel format \(name) is not taken: \(advice)")
    }
    let known = names.map { "a name of \($0.title)'s" } ?? "known"
    throw .argument(
      "pixel format \(name) is not \(known); formats are RGB, BGR, RGBA, BGRA, RGBX, BGRX, GRAY, GRAY16, NV12, NV21,"
        + " I420, YV12, NV24, YUYV and UYVY")
  }

  /// Advice for formats that are known and not taken.
  private static func advice(_ name: Substring) -> String? {
    func begins(_ starts: String...) -> Bool { starts.contains { name.hasPrefix($0) } }
    func isOne(_ names: String...) -> Bool { names.contains { $0 == name } }
    if begins("bayer", "gbrg", "grbg", "rggb", "bggr")
      || isOne("ba81", "byr2", "ba10", "pbaa", "pgaa", "praa")
    {
      return "it is a sensor's Bayer mosaic; debayer it first (image_proc in ROS, cv2.cvtColor, bayer2rgb)"
    }
    if begins("mjp", "jpeg", "jpg", "png", "h264", "h265", "hevc", "avc", "vp8", "vp9", "av1", "compressed") {
      return "it is compressed; decode it first, and state full range for pictures from JPEG or MJPEG"
    }
    if isOne("16uc1", "32fc1", "z16", "16sc1", "64fc1") || begins("depth") {
      return "it holds distances, not a picture; give the camera's colour or grey picture"
    }
    if begins("yuvj") {
      return "give it as yuv\(name.dropFirst(4)) of full range"
    }
    if isOne("8uc2", "8uc3", "8uc4") {
      return "it does not say the order of colours; name rgb8, bgr8, rgba8 or bgra8"
    }
    if isOne("rgb16", "bgr16", "rgba16", "bgra16", "16uc3", "16uc4", "gray16_be", "gray16be")
      || begins("p010", "p012", "p016", "yuv420p10", "rgb48", "bgr48", "rgba64", "bgra64", "y10", "y12")
    {
      return "it has more than 8 bits in an order that is not read; convert it to 8 bits, such as RGB or NV12"
    }
    if begins("yuv4", "nv16", "nv61", "nv42", "y42b", "y444", "yvyu", "vyuy", "422p", "yu16", "yu24", "ayuv")
    {
      return "convert it to NV12, I420, NV24, YUYV, UYVY or RGB"
    }
    return nil
  }
}

extension Substring {
  fileprivate func withoutPrefix(_ prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self
  }
}
