import CActionCLIP
import Preprocess
import Session
import System
import Video

// Functions that open videos, describe them, read their frames, encode them, and choose frames.

@_cdecl("actionclip_ffmpeg_version") @implementation
public func actionclip_ffmpeg_version(
  _ version_out: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let out = try required(version_out, "version_out")
    out.pointee = try VideoLibrary.versions()
  }
}

private let oldestVideoOptions = 16
private let oldestVideoInfo = 48
/// The largest place or number of a folder's frames, so that sums stay within Int.
private let largestFrameNumber: Int64 = 1 << 40
private let largestFrameRate = 100_000.0

private var defaultVideoOptions: actionclip_video_options { actionclip_video_options() }

@_cdecl("actionclip_video_options_init_sized") @implementation
public func actionclip_video_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_video_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultVideoOptions, oldest: oldestVideoOptions)
}

private struct VideoOptions: Sendable {
  let threads: Int
  let maxPixels: Int
  let decode: DecodeChoice
  let limits: ReadingLimits
  let folder: FolderChoice
}

private func videoOptions(
  _ pointer: UnsafePointer<actionclip_video_options>?
) throws(Failure) -> VideoOptions {
  let options = try SizedStruct.read(
    pointer, defaults: defaultVideoOptions, oldest: oldestVideoOptions, "options")
  guard options.max_pixels >= 0 else {
    throw .argument("max_pixels is \(options.max_pixels), expected 0 or more")
  }
  guard options.reserved == 0 else { throw .argument("options: reserved is not 0") }
  guard options.max_milliseconds >= 0 else {
    throw .argument("max_milliseconds is \(options.max_milliseconds), expected 0 or more")
  }
  guard options.max_pixels_per_byte >= 0 else {
    throw .argument("max_pixels_per_byte is \(options.max_pixels_per_byte), expected 0 or more")
  }
  var limits = ReadingLimits()
  if options.max_milliseconds > 0 { limits.milliseconds = options.max_milliseconds }
  if options.max_pixels_per_byte > 0 { limits.pixelsPerByte = options.max_pixels_per_byte }
  let decode: DecodeChoice
  switch options.decode {
  case ACTIONCLIP_DECODE_NEEDED: decode = .needed
  case ACTIONCLIP_DECODE_ALL: decode = .all
  case ACTIONCLIP_DECODE_KEY_FRAMES: decode = .keyFrames
  default: throw .argument("decode is \(options.decode), expected ACTIONCLIP_DECODE_*")
  }
  return VideoOptions(
    threads: try threadCount(options.threads, "threads"),
    maxPixels: options.max_pixels == 0 ? VideoFile.defaultMaxPixels : Int(options.max_pixels), decode: decode,
    limits: limits, folder: try folderChoice(options))
}

private func folderChoice(_ options: actionclip_video_options) throws(Failure) -> FolderChoice {
  guard (0...largestFrameRate).contains(options.frame_rate) else {
    throw .argument("frame_rate is \(options.frame_rate), expected 0 to \(largestFrameRate)")
  }
  for (name, value) in [("first_frame", options.first_frame), ("frame_count", options.frame_count)] {
    guard (0...largestFrameNumber).contains(value) else {
      throw .argument("\(name) is \(value), expected 0 to 2^40")
    }
  }
  var choice = FolderChoice()
  choice.frameRate = options.frame_rate
  choice.first = Int(options.first_frame)
  choice.count = Int(options.frame_count)
  return choice
}

@_cdecl("actionclip_video_open") @implementation
public func actionclip_video_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_video_options>!,
  _ video_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try required(path, "path")
    let out = try required(video_out, "video_out")
    let open = try opening(of: path, options)
    out.pointee = try Handle.make(open())
  }
}

/// A function that opens a video file with the caller's options, which it has copied.
func opening(
  of path: UnsafePointer<CChar>, _ options: UnsafePointer<actionclip_video_options>?
) throws(Failure) -> @Sendable () throws(Failure) -> VideoFile {
  let path = FilePath(path)
  let options = try videoOptions(options)
  return { () throws(Failure) in
    try VideoFile(
      path: path, threads: options.threads, maxPixels: options.maxPixels, decode: options.decode,
      limits: options.limits, choice: options.folder)
  }
}

@_cdecl("actionclip_video_open_buffer") @implementation
public func actionclip_video_open_buffer(
  _ data: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<actionclip_video_options>!,
  _ video_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    guard let data else { throw .argument("data is NULL") }
    let bytes = UnsafeRawBufferPointer(start: data, count: try count(size, "size"))
    let out = try required(video_out, "video_out")
    let options = try videoOptions(options)
    let file = try VideoFile(
      bytes: bytes, threads: options.threads, maxPixels: options.maxPixels, decode: options.decode,
      limits: options.limits)
    out.pointee = try Handle.make(file)
  }
}

@_cdecl("actionclip_video_free") @implementation
public func actionclip_video_free(_ video: OpaquePointer!) {
  Handle.release(video, VideoFile.self)
}

@_cdecl("actionclip_video_get_info") @implementation
public func actionclip_video_get_info(
  _ video: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_video_info>!
) -> Int32 {
  information(video, info_out) { (file) throws(Failure) in try file.info() }
}

@_cdecl("actionclip_video_get_outline") @implementation
public func actionclip_video_get_outline(
  _ video: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_video_info>!
) -> Int32 {
  information(video, info_out) { (file) throws(Failure) in try file.outline() }
}

private func information(
  _ video: OpaquePointer?, _ info_out: UnsafeMutablePointer<actionclip_video_info>?,
  of ask: (VideoFile) throws(Failure) -> VideoInfo
) -> Int32 {
  longCall { () throws(Failure) in
    let file = try Handle.object(video, VideoFile.self)
    // The struct is checked first, since decoding the video may take long.
    let out = try required(info_out, "info_out")
    try SizedStruct.checkSize(of: UnsafePointer(out), oldest: oldestVideoInfo, "info_out")
    file.beginCall()
    let known = try ask(file)
    var info = actionclip_video_info()
    info.width = Int32(clamping: file.width)
    info.height = Int32(clamping: file.height)
    info.rotation = Int32(clamping: file.rotation)
    info.frame_count = Int64(known.frameCount)
    info.damaged_frames = known.damagedFrames.map(Int64.init) ?? -1
    info.duration = known.duration
    info.frame_rate = known.averageFrameRate
    try SizedStruct.write(info, to: out, oldest: oldestVideoInfo, "info_out")
  }
}

@_cdecl("actionclip_video_read_frames") @implementation
public func actionclip_video_read_frames(
  _ video: OpaquePointer!, _ indices: UnsafePointer<Int64>!, _ index_count: Int,
  _ rgb_out: UnsafeMutablePointer<UInt8>!, _ rgb_capacity: Int,
  _ seconds_out: UnsafeMutablePointer<Double>!, _ seconds_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let file = try Handle.object(video, VideoFile.self)
    let indices = try required(indices, "indices")
    let wanted = try count(index_count, "index_count")
    let frameBytes = try product([file.height, file.width, 3], "rgb_out")
    let needed = try product([wanted, frameBytes], "rgb_out")
    let rgb = try output(rgb_out, capacity: rgb_capacity, needed: needed, "rgb_out")
    if let seconds_out {
      _ = try output(seconds_out, capacity: seconds_capacity, needed: wanted, "seconds_out")
    }
    // Every index is checked before a frame is decoded.
    file.beginCall()
    let frames = try file.outline().frameCount
    for i in 0..<wanted where indices[i] < 0 || indices[i] >= Int64(frames) {
      throw .argument("indices[\(i)] is \(indices[i]), outside the video's \(frames) frames")
    }
    try file.readFrames(
      UnsafeBufferPointer(start: indices, count: wanted), rgb: rgb, seconds: seconds_out)
  }
}

@_cdecl("actionclip_video_frames_between") @implementation
public func actionclip_video_frames_between(
  _ video: OpaquePointer!, _ start: Double, _ end: Double, _ first_out: UnsafeMutablePointer<Int64>!,
  _ count_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let file = try Handle.object(video, VideoFile.self)
    let span = try TimeSpan(from: start, to: end)
    let first = try required(first_out, "first_out")
    let count = try required(count_out, "count_out")
    file.beginCall()
    let frames = try file.frames(in: span)
    first.pointee = Int64(frames.lowerBound)
    count.pointee = Int64(frames.count)
  }
}

@_cdecl("actionclip_encode_video") @implementation
public func actionclip_encode_video(
  _ model: OpaquePointer!, _ video: OpaquePointer!,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encode(model, video, in: nil, options, video_out, video_capacity, frame_out, frame_capacity)
}

@_cdecl("actionclip_encode_video_between") @implementation
public func actionclip_encode_video_between(
  _ model: OpaquePointer!, _ video: OpaquePointer!, _ start: Double, _ end: Double,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encode(model, video, in: (start, end), options, video_out, video_capacity, frame_out, frame_capacity)
}

private func encode(
  _ model: OpaquePointer?, _ video: OpaquePointer?, in times: (start: Double, end: Double)?,
  _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ video_out: UnsafeMutablePointer<Float>?, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>?, _ frame_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let file = try Handle.object(video, VideoFile.self)
    var span: TimeSpan?
    if let times { span = try TimeSpan(from: times.start, to: times.end) }
    let options = try preprocessOptions(options, else: loaded.preset)
    let outputs = try EmbeddingOutputs(
      loaded, videos: 1, video_out, video_capacity, frame_out, frame_capacity)
    try loaded.encode(file, in: span, options, video: outputs.video, frame: outputs.frame)
  }
}

@_cdecl("actionclip_sample_indices") @implementation
public func actionclip_sample_indices(
  _ frame_count: Int64, _ segments: Int32, _ indices_out: UnsafeMutablePointer<Int64>!,
  _ indices_capacity: Int
) -> Int32 {
  sample(frame_count, segments, ACTIONCLIP_SAMPLING_ACTIONCLIP, 0, indices_out, indices_capacity)
}

@_cdecl("actionclip_sample_indices_by") @implementation
public func actionclip_sample_indices_by(
  _ sampling: Int32, _ frame_count: Int64, _ frame_rate: Double, _ segments: Int32,
  _ indices_out: UnsafeMutablePointer<Int64>!, _ indices_capacity: Int
) -> Int32 {
  sample(frame_count, segments, sampling, frame_rate, indices_out, indices_capacity)
}

@_cdecl("actionclip_model_sampling") @implementation
public func actionclip_model_sampling(_ model: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in
    switch try Handle.resolve(model, LoadedModel.self).preset.sampling {
    case .reference: Int(ACTIONCLIP_SAMPLING_ACTIONCLIP)
    case .mmaction2: Int(ACTIONCLIP_SAMPLING_MMACTION2)
    case .openVCLIP: Int(ACTIONCLIP_SAMPLING_OPEN_VCLIP)
    case .openVCLIPStart: Int(ACTIONCLIP_SAMPLING_OPEN_VCLIP_START)
    case .openVCLIPEnd: Int(ACTIONCLIP_SAMPLING_OPEN_VCLIP_END)
    }
  }
}

private func sample(
  _ frame_count: Int64, _ segments: Int32, _ sampling: Int32, _ frame_rate: Double,
  _ indices_out: UnsafeMutablePointer<Int64>?, _ indices_capacity: Int
) -> Int32 {
  boundary { () throws(Failure) in
    let choice: FrameChoice
    switch sampling {
    case ACTIONCLIP_SAMPLING_ACTIONCLIP: choice = .reference
    case ACTIONCLIP_SAMPLING_MMACTION2: choice = .mmaction2
    case ACTIONCLIP_SAMPLING_OPEN_VCLIP: choice = .openVCLIP
    case ACTIONCLIP_SAMPLING_OPEN_VCLIP_START: choice = .openVCLIPStart
    case ACTIONCLIP_SAMPLING_OPEN_VCLIP_END: choice = .openVCLIPEnd
    default: throw .argument("sampling is \(sampling), expected ACTIONCLIP_SAMPLING_*")
    }
    let chosen = try FrameSampling(
      frameCount: Int(frame_count), segments: Int(segments), by: choice, frameRate: frame_rate)
    let out = try output(
      indices_out, capacity: indices_capacity, needed: Int(segments), "indices_out")
    for segment in 0..<Int(segments) { out[segment] = Int64(chosen.index(segment)) }
  }
}
