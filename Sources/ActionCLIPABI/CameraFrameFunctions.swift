import CActionCLIP
import Preprocess
import Session
import System

// Functions that take frames as cameras have them.

private let oldestFrame = 120

@_cdecl("actionclip_frame_init_sized") @implementation
public func actionclip_frame_init_sized(
  _ frame: UnsafeMutablePointer<actionclip_frame>!, _ struct_size: Int
) {
  SizedStruct.initialize(frame, size: struct_size, defaults: actionclip_frame(), oldest: oldestFrame)
}

/// Checks the caller's frame and makes a view of it; no pixel is read.
func frameView(
  _ frame: UnsafePointer<actionclip_frame>, _ name: @autoclosure () -> String
) throws(Failure) -> FrameView {
  let given = try SizedStruct.read(frame, defaults: actionclip_frame(), oldest: oldestFrame, name())
  do throws(Failure) {
    guard given.reserved == 0 else { throw Failure.argument("reserved is not 0") }
    return try FrameView(
      format: frameFormat(given.pixel_format), width: Int(given.width), height: Int(given.height),
      planes: (
        (given.planes.0, Int(given.strides.0)), (given.planes.1, Int(given.strides.1)),
        (given.planes.2, Int(given.strides.2)), (given.planes.3, Int(given.strides.3))
      ),
      matrix: matrix(given.matrix), range: range(given.range), rotation: rotation(given.rotation),
      flip: flip(given.flip), region: region(of: given), clampsRegion: clamps(given.region_clamp))
  } catch { throw error.about(name()) }
}

/// Checks the caller's frames and makes views of them; no pixel is read.
func frameViews(
  _ frames: UnsafePointer<actionclip_frame>, _ count: Int
) throws(Failure) -> GrowingArray<FrameView> {
  var views = try GrowingArray<FrameView>(capacity: count)
  let raw = UnsafeRawPointer(frames)
  let size = frames.pointee.struct_size
  guard Int(size) % MemoryLayout<actionclip_frame>.alignment == 0 else {
    throw .argument("frames[0]->struct_size is \(size): call its _init function or set it to sizeof")
  }
  for index in 0..<count {
    // The size of each is checked as it is read, the first one's before there is a second.
    let frame = (raw + index * Int(size)).assumingMemoryBound(to: actionclip_frame.self)
    guard frame.pointee.struct_size == size else {
      throw .argument(
        "frames[\(index)].struct_size is \(frame.pointee.struct_size), that of frames[0] is \(size); all frames of a"
          + " call must have the same")
    }
    try views.append(frameView(frame, "frames[\(index)]"))
  }
  return views
}

/// Formats of frames whose pixels do not lie in one piece.
private let yuvFormats: [(code: Int32, format: FrameFormat)] = [
  (ACTIONCLIP_PIXEL_NV12, .nv12), (ACTIONCLIP_PIXEL_NV21, .nv21), (ACTIONCLIP_PIXEL_I420, .i420),
  (ACTIONCLIP_PIXEL_YV12, .yv12), (ACTIONCLIP_PIXEL_NV24, .nv24), (ACTIONCLIP_PIXEL_YUYV, .yuyv),
  (ACTIONCLIP_PIXEL_UYVY, .uyvy),
]

private func frameFormat(_ code: Int32) throws(Failure) -> FrameFormat {
  if let pixels = pixelFormat(code) { return .pixels(pixels) }
  for known in yuvFormats where known.code == code { return known.format }
  throw .argument("pixel_format is \(code), expected ACTIONCLIP_PIXEL_*")
}

/// The constant of the header that stands for a format.
private func pixelCode(_ format: FrameFormat) -> Int32 {
  guard case .pixels(let pixels) = format else {
    return yuvFormats.first { $0.format == format }?.code ?? 0
  }
  return (ACTIONCLIP_PIXEL_RGB...ACTIONCLIP_PIXEL_GRAY16).first { pixelFormat($0) == pixels } ?? 0
}

@_cdecl("actionclip_pixel_format_from_name") @implementation
public func actionclip_pixel_format_from_name(
  _ name: UnsafePointer<CChar>!, _ names: Int32, _ pixel_format_out: UnsafeMutablePointer<Int32>!
) -> Int32 {
  boundary { () throws(Failure) in
    let name = try string(name, "name")
    let out = try required(pixel_format_out, "pixel_format_out")
    let program = FrameFormatNames(rawValue: Int(names))
    guard program != nil || names == ACTIONCLIP_NAMES_ANY else {
      throw .argument("names is \(names), expected ACTIONCLIP_NAMES_*")
    }
    out.pointee = pixelCode(try FrameFormat(name: name, names: program))
  }
}

private func matrix(_ code: Int32) throws(Failure) -> ColourMatrix? {
  switch code {
  case ACTIONCLIP_MATRIX_AUTO: return nil
  case ACTIONCLIP_MATRIX_BT601: return .bt601
  case ACTIONCLIP_MATRIX_BT709: return .bt709
  case ACTIONCLIP_MATRIX_BT2020: return .bt2020
  default: throw .argument("matrix is \(code), expected ACTIONCLIP_MATRIX_*")
  }
}

private func range(_ code: Int32) throws(Failure) -> ColourRange {
  switch code {
  case ACTIONCLIP_RANGE_AUTO, ACTIONCLIP_RANGE_LIMITED: return .limited
  case ACTIONCLIP_RANGE_FULL: return .full
  default: throw .argument("range is \(code), expected ACTIONCLIP_RANGE_*")
  }
}

private func rotation(_ degrees: Int32) throws(Failure) -> FrameRotation {
  guard let rotation = FrameRotation(rawValue: Int(degrees)) else {
    throw .argument("rotation is \(degrees) degrees, expected 0, 90, 180 or 270")
  }
  return rotation
}

private func flip(_ code: Int32) throws(Failure) -> FrameFlip {
  switch code {
  case ACTIONCLIP_FLIP_NONE: return .none
  case ACTIONCLIP_FLIP_HORIZONTAL: return .horizontal
  case ACTIONCLIP_FLIP_VERTICAL: return .vertical
  default: throw .argument("flip is \(code), expected ACTIONCLIP_FLIP_*")
  }
}

private func clamps(_ code: Int32) throws(Failure) -> Bool {
  switch code {
  case 0, ACTIONCLIP_OFF: return false
  case ACTIONCLIP_ON: return true
  default: throw .argument("region_clamp is \(code), expected 0, ACTIONCLIP_ON or ACTIONCLIP_OFF")
  }
}

/// The frame's region; nil if all four numbers are 0.
private func region(of frame: actionclip_frame) -> FrameRegion? {
  let region = FrameRegion(
    x: Int(frame.region_x), y: Int(frame.region_y), width: Int(frame.region_width),
    height: Int(frame.region_height))
  return region == FrameRegion(x: 0, y: 0, width: 0, height: 0) ? nil : region
}

@_cdecl("actionclip_encode_camera_frames") @implementation
public func actionclip_encode_camera_frames(
  _ model: OpaquePointer!, _ frames: UnsafePointer<actionclip_frame>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encodeVideos(
    model, frames, frame_count, options, video_out, video_capacity, frame_out, frame_capacity,
    views: frameViews)
}

@_cdecl("actionclip_encode_single_camera_frames") @implementation
public func actionclip_encode_single_camera_frames(
  _ model: OpaquePointer!, _ frames: UnsafePointer<actionclip_frame>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encodeSingleFrames(model, frames, frame_count, options, frame_out, frame_capacity, views: frameViews)
}
