import CActionCLIP

extension Model {
  /// Token ids of texts, [texts, C]. Texts that are too long are cut.
  func tokens(of texts: [String]) throws -> [Int32] {
    var tokens = [Int32](repeating: 0, count: texts.count * contextLength)
    let capacity = tokens.count
    try withCStrings(texts) { pointers in
      try check(
        actionclip_tokenize(
          handle, pointers, texts.count, Int32(ACTIONCLIP_TEXT_TRUNCATE), &tokens, capacity))
    }
    return tokens
  }

  /// The reference's prompt templates.
  static var referenceTemplates: [String] {
    (0..<actionclip_template_count()).compactMap { actionclip_template($0).map { String(cString: $0) } }
  }

  /// Encodes token rows [rows, C] to text embeddings [rows, E].
  func encode(tokens: [Int32], rows: Int) throws(LibraryError) -> [Float] {
    var texts = [Float](repeating: 0, count: rows * embeddingSize)
    let capacity = texts.count
    try check(actionclip_encode_tokens(handle, tokens, tokens.count, rows, &texts, capacity))
    return texts
  }

  /// Encodes pixels [videos*T, 3, S, S] to videos' rows [videos, V] and frame embeddings [videos*T, E]; with
  /// joint tokens, frame embeddings are [videos, E].
  func encode(pixels: [Float], videos: Int) throws(LibraryError) -> (videos: [Float], frames: [Float]) {
    let frameRows = info.joint != 0 ? videos : videos * frames
    var video = [Float](repeating: 0, count: videos * videoSize)
    var frame = [Float](repeating: 0, count: frameRows * embeddingSize)
    let (videoCapacity, frameCapacity) = (video.count, frame.count)
    try check(
      actionclip_encode_pixels(
        handle, pixels, pixels.count, videos * frames, &video, videoCapacity, &frame, frameCapacity))
    return (video, frame)
  }

  /// The model's own preprocessing options. A resize given here replaces theirs, and their short side by its default.
  func preprocessing(_ resize: Resize?) throws(LibraryError) -> actionclip_preprocess_options {
    var options = actionclip_preprocess_options()
    actionclip_preprocess_options_init(&options)
    try check(actionclip_model_preprocess_options(handle, &options))
    if let resize { (options.resize, options.short_side) = (resize.code, 0) }
    return options
  }

  /// The rule by which the model's frames are chosen, ACTIONCLIP_SAMPLING_*.
  var sampling: Int32 {
    get throws(LibraryError) {
      let rule = actionclip_model_sampling(handle)
      if rule < 0 { try check(rule) }
      return rule
    }
  }

  /// Indices [segments] of the frames that the model's rule chooses, or another one, ACTIONCLIP_SAMPLING_*.
  func indices(
    of frameCount: Int64, segments: Int, frameRate: Double, by rule: Int32? = nil
  ) throws(LibraryError) -> [Int64] {
    var indices = [Int64](repeating: 0, count: segments)
    let rule = if let rule { rule } else { try sampling }
    try check(
      actionclip_sample_indices_by(
        rule, frameCount, frameRate > 0 ? frameRate : 30, Int32(clamping: segments), &indices,
        segments))
    return indices
  }

  /// Encodes square RGB crops of S pixels [videos*T, S, S, 3], as `Video.squares` makes them, to videos' rows
  /// [videos, V].
  func encode(squares: [UInt8]) throws(LibraryError) -> [Float] {
    let side = info.image_size
    let bytes = Int(side) * Int(side) * 3
    let count = squares.count / bytes
    var embeddings = [Float](repeating: 0, count: count / frames * videoSize)
    let capacity = embeddings.count
    // The crops are S pixels wide, so CLIP's resize, to a short side of S, leaves them as they are.
    var options = try preprocessing(.clip)
    let status = squares.withUnsafeBufferPointer { pixels in
      let images = (0..<count).map { place in
        actionclip_image(
          data: pixels.baseAddress.map { $0 + place * bytes }, row_stride: 0, width: side, height: side,
          pixel_format: Int32(ACTIONCLIP_PIXEL_RGB), reserved: 0)
      }
      return actionclip_encode_frames(handle, images, count, &options, &embeddings, capacity, nil, 0)
    }
    try check(status)
    return embeddings
  }
}
