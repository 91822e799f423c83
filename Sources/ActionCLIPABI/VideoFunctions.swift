import CActionCLIP
import System
import Model
import Preprocess
import Video

// Video files: opening, information, frames by index, and a whole file to its embedding.

/// What an actionclip_video handle holds. Used by one thread at a time, so not Sendable.
final class OpenedVideo: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5076_6964  // "ACLIPvid"
  static let name = "video"
  let file: VideoFile
  init(_ file: VideoFile) { self.file = file }
}

private let oldestVideoOptions = 16
private let oldestVideoInfo = 48

private var defaultVideoOptions: actionclip_video_options { actionclip_video_options() }

@_cdecl("actionclip_video_options_init_sized") @implementation
public func actionclip_video_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_video_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultVideoOptions, oldest: oldestVideoOptions)
}

private func videoOptions(
  _ pointer: UnsafePointer<actionclip_video_options>?
) throws(Failure) -> (threads: Int, maxPixels: Int, decode: DecodeChoice, limits: ReadingLimits) {
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
  return (
    try threadCount(options.threads, "threads"),
    options.max_pixels == 0 ? VideoFile.defaultMaxPixels : Int(options.max_pixels), decode, limits
  )
}

@_cdecl("actionclip_video_open") @implementation
public func actionclip_video_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_video_options>!,
  _ video_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try required(path, "path")
    let out = try required(video_out, "video_out")
    let (threads, maxPixels, decode, limits) = try videoOptions(options)
    let file: VideoFile
    file = try VideoFile(
      path: path, threads: threads, maxPixels: maxPixels, decode: decode, limits: limits)
    out.pointee = try Handle.make(OpenedVideo(file))
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
    let (threads, maxPixels, decode, limits) = try videoOptions(options)
    let file: VideoFile
    file = try VideoFile(
      bytes: bytes, threads: threads, maxPixels: maxPixels, decode: decode, limits: limits)
    out.pointee = try Handle.make(OpenedVideo(file))
  }
}

@_cdecl("actionclip_video_free") @implementation
public func actionclip_video_free(_ video: OpaquePointer!) {
  Handle.release(video, OpenedVideo.self)
}

@_cdecl("actionclip_video_get_info") @implementation
public func actionclip_video_get_info(
  _ video: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_video_info>!
) -> Int32 {
  facts(video, info_out) { (file) throws(VideoError) in try file.info() }
}

@_cdecl("actionclip_video_get_outline") @implementation
public func actionclip_video_get_outline(
  _ video: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_video_info>!
) -> Int32 {
  facts(video, info_out) { (file) throws(VideoError) in try file.outline() }
}

private func facts(
  _ video: OpaquePointer?, _ info_out: UnsafeMutablePointer<actionclip_video_info>?,
  of ask: (VideoFile) throws(VideoError) -> VideoInfo
) -> Int32 {
  longCall { () throws(Failure) in
    let file = try Handle.object(video, OpenedVideo.self).file
    // The struct is checked before the video is decoded for it.
    let out = try required(info_out, "info_out")
    try SizedStruct.checkSize(of: UnsafePointer(out), oldest: oldestVideoInfo, "info_out")
    let facts: VideoInfo
    file.beginCall()
    facts = try ask(file)
    var info = actionclip_video_info()
    info.width = Int32(clamping: file.width)
    info.height = Int32(clamping: file.height)
    info.rotation = Int32(clamping: file.rotation)
    info.frame_count = Int64(facts.frameCount)
    info.damaged_frames = facts.damagedFrames.map(Int64.init) ?? -1
    info.duration = facts.duration
    info.frame_rate = facts.averageFrameRate
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
    let file = try Handle.object(video, OpenedVideo.self).file
    let indices = try required(indices, "indices")
    let wanted = try count(index_count, "index_count")
    let frameBytes = try product([file.height, file.width, 3], "rgb_out")
    let needed = try product([wanted, frameBytes], "rgb_out")
    let rgb = try output(rgb_out, capacity: rgb_capacity, needed: needed, "rgb_out")
    if let seconds_out {
      _ = try output(seconds_out, capacity: seconds_capacity, needed: wanted, "seconds_out")
    }
    // Every index is known to exist before anything is written.
    file.beginCall()
    let frames: Int
    frames = try file.outline().frameCount
    for i in 0..<wanted where indices[i] < 0 || indices[i] >= Int64(frames) {
      throw .argument("indices[\(i)] is \(indices[i]), outside the video's \(frames) frames")
    }
    // Decoding may fail half-way, so frames are gathered elsewhere first.
    try withBuffer(UInt8.self, count: needed, for: "\(wanted) frames") { (pixels) throws(Failure) in
      try withBuffer(Double.self, count: wanted, for: "\(wanted) times") { (seconds) throws(Failure) in
        guard let gathered = pixels.baseAddress, let times = seconds.baseAddress else { return }
        try readFrames(file, indices, wanted) { frame, place in
          let target = gathered + place * frameBytes
          for row in 0..<frame.height {
            (target + row * frame.width * 3).update(
              from: frame.pixels + row * frame.stride, count: frame.width * 3)
          }
          times[place] = frame.seconds
        }
        rgb.update(from: gathered, count: needed)
        seconds_out?.update(from: times, count: wanted)
      }
    }
  }
}

/// Calls `emit` once for every place in `indices`, decoding each wanted frame once; again where the video turns out to
/// be damaged.
private func readFrames(
  _ file: VideoFile, _ indices: UnsafePointer<Int64>, _ count: Int,
  emit: (VideoFrame, _ place: Int) -> Void
) throws(Failure) {
  try withBuffer(Int.self, count: count, for: "\(count) indices") { (places) throws(Failure) in
    for i in 0..<count { places[i] = i }
    places.heapSort { (indices[$0], $0) < (indices[$1], $1) }
    // A piece at a time: what is kept of a piece is small, and going on costs nothing.
    var next = 0
    while next < count {
      let first = next
      let wasIndexed = file.isIndexed
      try readPiece(file, distinctFrames(indices, places, from: first)) {
        next = first
      } emit: { frame in
        while next < count, Int(indices[places[next]]) == frame.index {
          emit(frame, places[next])
          next += 1
        }
      }
      guard next > first else {
        throw Failure(.videoDecode, "\(next) of \(count) frames could be decoded again")
      }
      // The packets have not told the frames: those before may have been others.
      if wasIndexed, !file.isIndexed, first > 0 { next = 0 }
    }
  }
}

/// The next frames that are wanted, each once, as many as are read at a time.
private func distinctFrames(
  _ indices: UnsafePointer<Int64>, _ places: UnsafeMutableBufferPointer<Int>, from first: Int
) -> [Int] {
  let most = 1024
  var distinct: [Int] = []
  for place in places[first...] where distinct.last != Int(indices[place]) {
    if distinct.count == most { break }
    distinct.append(Int(indices[place]))
  }
  return distinct
}

private func readPiece(
  _ file: VideoFile, _ frames: [Int], begin: () -> Void, emit: (VideoFrame) -> Void
) throws(Failure) {
  do throws(VideoReadError<Never>) {
    try file.readFrames(frames, begin: begin) { (frame) throws(Never) in emit(frame) }
  } catch {
    switch error {
    case .video(let error): throw error
    }
  }
}

@_cdecl("actionclip_encode_video") @implementation
public func actionclip_encode_video(
  _ model: OpaquePointer!, _ video: OpaquePointer!,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let file = try Handle.object(video, OpenedVideo.self).file
    let options = try preprocessOptions(options, else: loaded.preset)
    let outputs = try EmbeddingOutputs(
      loaded, videos: 1, video_out, video_capacity, frame_out, frame_capacity)
    let (frames, perFrame) = (loaded.configuration.frames, loaded.model.pixelsPerFrame)
    let preprocessor: Preprocessor
    preprocessor = try Preprocessor(size: loaded.configuration.imageSize, options: options)
    try withBuffer(
      Float.self, count: try product([frames, perFrame], "frames"), for: "\(frames) frames"
    ) { (pixels) throws(Failure) in
      guard let base = pixels.baseAddress else { return }
      file.beginCall()
      let encoding = VideoEncoding(loaded, file, base)
      defer { encoding.stop() }
      try readChosenFrames(file, count: frames, by: loaded.preset.sampling) {
        encoding.stop()
      } emit: { (frame, places) throws(Failure) in
        try checkCancelled()
        // The first place is computed and the others, of a clip with fewer frames, are copies.
        let first = base + places.lowerBound * perFrame
        let image = try ImageView(
          base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride,
          format: .rgb)
        try preprocessor.pixels(
          image, into: UnsafeMutableBufferPointer(start: first, count: perFrame))
        for place in places.dropFirst() {
          (base + place * perFrame).update(from: first, count: perFrame)
        }
        encoding.arrive(upTo: places.upperBound)
      }
      try encoding.finish(outputs)
    }
  }
}

/// A rule's choice of `count` frames; `emit` gets each distinct frame with the run of places it
/// takes (the choice never decreases, so equal indices stand together). What was emitted before `begin` is
/// called does not count.
private func readChosenFrames(
  _ file: VideoFile, count: Int, by choice: FrameChoice, begin: () -> Void,
  emit: (VideoFrame, _ places: Range<Int>) throws(Failure) -> Void
) throws(Failure) {
  var chosen: [Int] = []
  var place = 0
  let frameRate = choice.asksForFrameRate ? try frameRate(of: file) : usualFrameRate
  do throws(VideoReadError<Failure>) {
    try file.readChosen { frameCount in
      // Within its limits for any count that a file can have; an empty choice would be a defect
      // that the check below answers.
      chosen =
        (try? sampleIndices(frameCount: frameCount, segments: count, by: choice, frameRate: frameRate)) ?? []
      var distinct: [Int] = []
      for index in chosen where distinct.last != index { distinct.append(index) }
      return distinct
    } begin: { (_) throws(Failure) in
      begin()
      place = 0
    } emit: { (frame) throws(Failure) in
      var end = place
      while end < chosen.count, chosen[end] == frame.index { end += 1 }
      try emit(frame, place..<end)
      place = end
    }
  } catch {
    switch error {
    case .video(let error): throw error
    case .emit(let failure): throw failure
    }
  }
  guard place == count else {
    throw Failure(.internal, "\(place) of \(count) chosen frames were decoded")
  }
}

/// The average; the usual one where it is not known.
private func frameRate(of file: VideoFile) throws(Failure) -> Double {
  let rate: Double
  rate = try file.outline().averageFrameRate
  return rate > 0 && rate <= maximumFrameRate ? rate : usualFrameRate
}
