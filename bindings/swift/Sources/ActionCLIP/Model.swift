import CActionCLIP

/// A loaded model, which any number of threads may use at once.
public final class Model: Sendable {
  /// The C model, for functions that this wrapper lacks. It is freed with the object.
  public nonisolated(unsafe) let handle: OpaquePointer
  /// Sizes and options, after every choice was resolved; the fields are those of actionclip.h.
  public let info: actionclip_model_info

  /// Loads a file or folder of weights, a model of Hugging Face's cache by its name, or with nil the default model.
  /// `tokenizer` is the path of a merge list or tokenizer.json. `configure` changes further options of loading.
  public init(
    _ path: String? = nil, tokenizer: String? = nil,
    configure: (inout actionclip_model_options) -> Void = { _ in }
  ) throws(Failure) {
    var options = actionclip_model_options()
    actionclip_model_options_init(&options)
    configure(&options)
    handle = try withCStrings(tokenizer.map { [$0] }) { (texts, _) throws(Failure) in
      if let texts { options.tokenizer_path = texts[0] }
      return try made { actionclip_model_load(path, &options, $0) }
    }
    var info = actionclip_model_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_model_info>.size)
    actionclip_model_get_info(handle, &info)
    self.info = info
  }

  deinit { actionclip_model_free(handle) }

  /// The labels that the model's file names.
  public var labels: [String] {
    get throws(Failure) {
      try texts(actionclip_model_label_count(handle)) { actionclip_model_label(handle, $0) }
    }
  }

  /// The model's own templates: those of its file, else of its family.
  public var templates: [String] {
    get throws(Failure) {
      try texts(actionclip_model_template_count(handle)) { actionclip_model_template(handle, $0) }
    }
  }

  /// Encodes a video, or its part from `start` to `end` in seconds, to its row [V], in most models
  /// its embedding.
  public func encode(
    _ video: inout Video, from start: Double = 0, to end: Double = .infinity
  ) throws(Failure) -> [Float] {
    var out = [Float](repeating: 0, count: Int(info.video_size))
    try check(
      actionclip_encode_video_between(handle, video.handle, start, end, nil, &out, out.count, nil, 0))
    return out
  }

  /// Encodes texts to embeddings, [texts, E], row by row.
  public func encode(_ prompts: [String], truncate: Bool = false) throws(Failure) -> [Float] {
    var out = [Float](repeating: 0, count: prompts.count * Int(info.embedding_size))
    try withCStrings(prompts) { (texts, count) throws(Failure) in
      try check(actionclip_encode_prompts(handle, texts, count, truncate ? 1 : 0, &out, out.count))
    }
    return out
  }

  /// Encodes videos given as RGB bytes, [videos, T, height, width, 3], to rows [videos, V].
  public func encode(rgb: [UInt8], width: Int, height: Int) throws(Failure) -> [Float] {
    let sides = 1...65535
    guard sides.contains(width), sides.contains(height), rgb.count % (width * height * 3) == 0 else {
      throw Failure(
        status: ACTIONCLIP_ERROR_INVALID_ARGUMENT,
        message: "\(rgb.count) bytes are no frames of \(width) x \(height) pixels of RGB")
    }
    let size = width * height * 3
    let frames = rgb.count / size
    var out = [Float](repeating: 0, count: frames / Int(info.frames) * Int(info.video_size))
    let status = rgb.withUnsafeBufferPointer { bytes in
      let images = (0..<frames).map { frame in
        actionclip_image(
          data: bytes.baseAddress.map { $0 + frame * size }, row_stride: 0, width: Int32(width),
          height: Int32(height), pixel_format: ACTIONCLIP_PIXEL_RGB, reserved: 0)
      }
      return actionclip_encode_frames(handle, images, frames, nil, &out, out.count, nil, 0)
    }
    try check(status)
    return out
  }
}
