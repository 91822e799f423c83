import CActionCLIP
import Model
import Preprocess
import Session
import System

// Functions that encode frames and pixels, as videos or singly, and join frame embeddings.

private let oldestPreprocessOptions = 40

private var defaultPreprocessOptions: actionclip_preprocess_options { cOptions(of: .actionCLIP) }

private func cOptions(of preset: Preset) -> actionclip_preprocess_options {
  var options = actionclip_preprocess_options()
  options.resize =
    switch preset.resize {
    case .actionCLIP: ACTIONCLIP_RESIZE_ACTIONCLIP
    case .clip: ACTIONCLIP_RESIZE_CLIP
    case .huggingFace: ACTIONCLIP_RESIZE_HUGGING_FACE
    case .mmaction2: ACTIONCLIP_RESIZE_MMACTION2
    case .square: ACTIONCLIP_RESIZE_SQUARE
    case .squareBilinear: ACTIONCLIP_RESIZE_SQUARE_BILINEAR
    case .huggingFaceBilinear: ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR
    case .clipBilinear: ACTIONCLIP_RESIZE_CLIP_BILINEAR
    }
  options.short_side = Int32(clamping: preset.shortSide ?? 0)
  options.mean = preset.mean
  options.std = preset.std
  return options
}

@_cdecl("actionclip_preprocess_options_init_sized") @implementation
public func actionclip_preprocess_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_preprocess_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultPreprocessOptions, oldest: oldestPreprocessOptions)
}

@_cdecl("actionclip_model_preprocess_options") @implementation
public func actionclip_model_preprocess_options(
  _ model: OpaquePointer!, _ options_out: UnsafeMutablePointer<actionclip_preprocess_options>!
) -> Int32 {
  boundary { () throws(Failure) in
    let loaded = try Handle.resolve(model, LoadedModel.self)
    try SizedStruct.write(
      cOptions(of: loaded.preset), to: options_out, oldest: oldestPreprocessOptions, "options_out")
  }
}

/// Checks and converts the caller's preprocessing options; NULL gives those of `preset`.
func preprocessOptions(
  _ pointer: UnsafePointer<actionclip_preprocess_options>?, else preset: Preset = .actionCLIP
) throws(Failure) -> PreprocessOptions {
  if pointer == nil { return preset.options }
  let given = try SizedStruct.read(
    pointer, defaults: defaultPreprocessOptions, oldest: oldestPreprocessOptions, "options")
  var options = PreprocessOptions(mean: given.mean, std: given.std)
  switch given.resize {
  case ACTIONCLIP_RESIZE_ACTIONCLIP: options.mode = .actionCLIP
  case ACTIONCLIP_RESIZE_CLIP: options.mode = .clip
  case ACTIONCLIP_RESIZE_HUGGING_FACE: options.mode = .huggingFace
  case ACTIONCLIP_RESIZE_MMACTION2: options.mode = .mmaction2
  case ACTIONCLIP_RESIZE_SQUARE: options.mode = .square
  case ACTIONCLIP_RESIZE_SQUARE_BILINEAR: options.mode = .squareBilinear
  case ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR: options.mode = .huggingFaceBilinear
  case ACTIONCLIP_RESIZE_CLIP_BILINEAR: options.mode = .clipBilinear
  default: throw .argument("resize is \(given.resize), expected ACTIONCLIP_RESIZE_*")
  }
  switch given.crop {
  case ACTIONCLIP_CROP_CENTER: options.crop = .center
  case ACTIONCLIP_CROP_START: options.crop = .start
  case ACTIONCLIP_CROP_END: options.crop = .end
  default: throw .argument("crop is \(given.crop), expected ACTIONCLIP_CROP_*")
  }
  options.shortSide = given.short_side == 0 ? nil : Int(given.short_side)
  return options
}

/// Checks the caller's image and makes a view of it; nothing is copied.
func imageView(_ image: actionclip_image, _ name: @autoclosure () -> String) throws(Failure) -> FrameView {
  guard let format = pixelFormat(image.pixel_format), image.pixel_format <= ACTIONCLIP_PIXEL_GRAY else {
    throw .argument(
      "\(name()): pixel_format is \(image.pixel_format), expected ACTIONCLIP_PIXEL_RGB to _GRAY")
  }
  guard image.reserved == 0 else { throw .argument("\(name()): reserved is not 0") }
  guard let data = image.data else { throw .argument("\(name()): data is NULL") }
  do {
    return FrameView(
      try ImageView(
        base: data, width: Int(image.width), height: Int(image.height),
        rowStride: Int(image.row_stride), format: format))
  } catch { throw error.about(name()) }
}

/// The format of whole pixels that a constant of the header stands for.
func pixelFormat(_ code: Int32) -> PixelFormat? {
  switch code {
  case ACTIONCLIP_PIXEL_RGB: .rgb
  case ACTIONCLIP_PIXEL_BGR: .bgr
  case ACTIONCLIP_PIXEL_RGBA: .rgba
  case ACTIONCLIP_PIXEL_BGRA: .bgra
  case ACTIONCLIP_PIXEL_GRAY: .gray
  case ACTIONCLIP_PIXEL_RGBX: .rgbx
  case ACTIONCLIP_PIXEL_BGRX: .bgrx
  case ACTIONCLIP_PIXEL_GRAY16: .gray16
  default: nil
  }
}

/// Checks the caller's images and makes views of them; nothing is copied.
func imageViews(
  _ images: UnsafePointer<actionclip_image>, _ count: Int
) throws(Failure) -> GrowingArray<FrameView> {
  var views = try GrowingArray<FrameView>(capacity: count)
  for index in 0..<count { try views.append(imageView(images[index], "frames[\(index)]")) }
  return views
}

/// The caller's outputs for video and frame embeddings, whose capacities are checked before anything is computed.
struct EmbeddingOutputs {
  let video: UnsafeMutablePointer<Float>
  let frame: UnsafeMutablePointer<Float>?

  init(
    _ loaded: LoadedModel, videos: Int, _ video_out: UnsafeMutablePointer<Float>?,
    _ video_capacity: Int, _ frame_out: UnsafeMutablePointer<Float>?, _ frame_capacity: Int
  ) throws(Failure) {
    video = try videoRows(loaded, videos, video_out, video_capacity)
    let rows = try product([videos, loaded.model.frameRowsPerVideo], "frame_out")
    frame = try frame_out.map { (frame_out) throws(Failure) in
      try embeddings(loaded, rows: rows, frame_out, frame_capacity, "frame_out")
    }
  }
}

/// Checks that an output has room for videos' rows, [videos, videoSize].
func videoRows(
  _ loaded: LoadedModel, _ videos: Int, _ out: UnsafeMutablePointer<Float>?, _ capacity: Int
) throws(Failure) -> UnsafeMutablePointer<Float> {
  let size = loaded.model.videoSize
  do throws(Failure) {
    return try output(
      out, capacity: capacity, needed: product([videos, size], "video_out"), "video_out")
  } catch {
    guard error.kind == .bufferTooSmall, size > loaded.configuration.embeddingSize else { throw error }
    throw Failure(
      .bufferTooSmall,
      "\(error.message): a video's row in this model is its embedding and its patches, \(size) floats (video_size of "
        + "actionclip_model_info)")
  }
}

/// Checks that an output has room for `rows` embeddings, [rows, E].
func embeddings(
  _ loaded: LoadedModel, rows: Int, _ out: UnsafeMutablePointer<Float>?, _ capacity: Int, _ name: String
) throws(Failure) -> UnsafeMutablePointer<Float> {
  let needed = try product([rows, loaded.configuration.embeddingSize], name)
  return try output(out, capacity: capacity, needed: needed, name)
}

/// The number of videos in `frameCount` frames, which must be a multiple of the model's T.
func videoCount(_ loaded: LoadedModel, frameCount: Int) throws(Failure) -> Int {
  let frames = loaded.configuration.frames
  let count = try count(frameCount, "frame_count")
  guard count % frames == 0 else {
    throw .argument("frame_count is \(count), not a multiple of the model's \(frames) frames per video")
  }
  return count / frames
}

@_cdecl("actionclip_encode_frames") @implementation
public func actionclip_encode_frames(
  _ model: OpaquePointer!, _ frames: UnsafePointer<actionclip_image>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encodeVideos(
    model, frames, frame_count, options, video_out, video_capacity, frame_out, frame_capacity,
    views: imageViews)
}

/// Encodes videos, given as images or camera frames, which `views` checks.
func encodeVideos<Picture>(
  _ model: OpaquePointer?, _ frames: UnsafePointer<Picture>?, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ video_out: UnsafeMutablePointer<Float>?, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>?, _ frame_capacity: Int,
  views: (UnsafePointer<Picture>, Int) throws(Failure) -> GrowingArray<FrameView>
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let pictures = try required(frames, "frames")
    let videos = try videoCount(loaded, frameCount: frame_count)
    let options = try preprocessOptions(options, else: loaded.preset)
    let outputs = try EmbeddingOutputs(
      loaded, videos: videos, video_out, video_capacity, frame_out, frame_capacity)
    // The options and every picture are checked before work begins.
    let preprocessors = try PreprocessorPool(size: loaded.configuration.imageSize, options: options)
    let views = try views(pictures, frame_count)
    try loaded.model.encode(
      ImageFrames(views.view, preprocessors), videos: videos, videoOut: outputs.video,
      frameOut: outputs.frame)
  }
}

@_cdecl("actionclip_encode_pixels") @implementation
public func actionclip_encode_pixels(
  _ model: OpaquePointer!, _ pixels: UnsafePointer<Float>!, _ pixel_count: Int,
  _ frame_count: Int, _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let pixels = try required(pixels, "pixels")
    let videos = try videoCount(loaded, frameCount: frame_count)
    try checkPixelCount(loaded, pixel_count, frame_count)
    let outputs = try EmbeddingOutputs(
      loaded, videos: videos, video_out, video_capacity, frame_out, frame_capacity)
    try loaded.model.encode(
      PixelFrames(pixels), videos: videos, videoOut: outputs.video, frameOut: outputs.frame)
  }
}

private func checkPixelCount(_ loaded: LoadedModel, _ pixelCount: Int, _ frames: Int) throws(Failure) {
  let side = loaded.configuration.imageSize
  let needed = try product([frames, 3, side, side], "pixels")
  guard pixelCount == needed else {
    throw .argument(
      "pixel_count is \(pixelCount), expected \(needed): \(frames) frames of 3x\(side)x\(side)")
  }
}

@_cdecl("actionclip_encode_single_frames") @implementation
public func actionclip_encode_single_frames(
  _ model: OpaquePointer!, _ frames: UnsafePointer<actionclip_image>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  encodeSingleFrames(model, frames, frame_count, options, frame_out, frame_capacity, views: imageViews)
}

/// Encodes single images or camera frames, which `views` checks.
func encodeSingleFrames<Picture>(
  _ model: OpaquePointer?, _ frames: UnsafePointer<Picture>?, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ frame_out: UnsafeMutablePointer<Float>?, _ frame_capacity: Int,
  views: (UnsafePointer<Picture>, Int) throws(Failure) -> GrowingArray<FrameView>
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let pictures = try required(frames, "frames")
    let count = try count(frame_count, "frame_count")
    let options = try preprocessOptions(options, else: loaded.preset)
    let out = try embeddings(loaded, rows: count, frame_out, frame_capacity, "frame_out")
    let preprocessors = try PreprocessorPool(size: loaded.configuration.imageSize, options: options)
    let views = try views(pictures, count)
    try loaded.encodeSingle(ImageFrames(views.view, preprocessors), count: count, to: out)
  }
}

@_cdecl("actionclip_encode_single_pixels") @implementation
public func actionclip_encode_single_pixels(
  _ model: OpaquePointer!, _ pixels: UnsafePointer<Float>!, _ pixel_count: Int, _ frame_count: Int,
  _ frame_out: UnsafeMutablePointer<Float>!, _ frame_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let pixels = try required(pixels, "pixels")
    let count = try count(frame_count, "frame_count")
    try checkPixelCount(loaded, pixel_count, count)
    let out = try embeddings(loaded, rows: count, frame_out, frame_capacity, "frame_out")
    try loaded.encodeSingle(PixelFrames(pixels), count: count, to: out)
  }
}

@_cdecl("actionclip_join_frames") @implementation
public func actionclip_join_frames(
  _ model: OpaquePointer!, _ frames: UnsafePointer<Float>!, _ frame_count: Int,
  _ video_out: UnsafeMutablePointer<Float>!, _ video_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let frames = try required(frames, "frames")
    let (count, rows) = (try count(frame_count, "frame_count"), loaded.model.frameRowsPerVideo)
    guard count % rows == 0 else {
      throw .argument("frame_count is \(count), not a multiple of the model's \(rows) frames per video")
    }
    _ = try product([count, loaded.configuration.embeddingSize, 4], "frames")
    guard !loaded.model.textsDependOnVideo else {
      throw Failure(
        .optionConflict,
        "frames' embeddings do not make a video's row in this model (X-CLIP), which holds its patches too: encode whole "
          + "videos")
    }
    let out = try embeddings(loaded, rows: count / rows, video_out, video_capacity, "video_out")
    try loaded.model.join(frames, videos: count / rows, to: out)
  }
}
