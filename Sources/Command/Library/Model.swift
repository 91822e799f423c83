import CActionCLIP

/// A loaded model: the handle, freed with the object, and what it is.
final class Model {
  let handle: OpaquePointer
  let info: actionclip_model_info

  /// Without a path: the default model.
  init(
    path: FilePath?, options: actionclip_model_options = Model.defaultOptions, tokenizer: FilePath? = nil,
    base: FilePath? = nil, expectedHash: String? = nil, openCLIPName: String? = nil
  ) throws(LibraryError) {
    var options = options
    var loaded: OpaquePointer?
    let status = withCString(tokenizer) { tokenizer in
      withCString(base) { base in
        withCString(expectedHash) { expected in
          withCString(openCLIPName) { name in
            options.tokenizer_path = tokenizer
            options.base_path = base
            options.expected_sha256 = expected
            options.open_clip_name = name
            return withCString(path) { actionclip_model_load($0, &options, &loaded) }
          }
        }
      }
    }
    if let path { try check(status, on: path) } else { try check(status) }
    guard let loaded else { throw LibraryError(status: status, message: "no model was given") }
    var info = actionclip_model_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_model_info>.size)
    let described = actionclip_model_get_info(loaded, &info)
    if described != ACTIONCLIP_OK {
      defer { actionclip_model_free(loaded) }
      try check(described)
    }
    handle = loaded
    self.info = info
  }

  deinit { actionclip_model_free(handle) }

  static var defaultOptions: actionclip_model_options {
    var options = actionclip_model_options()
    actionclip_model_options_init(&options)
    return options
  }

  /// Whose layout its file has.
  var family: String { actionclip_model_family(handle).map { String(cString: $0) } ?? "" }

  /// The notes that its file keeps, by their keys.
  var notes: [(key: String, text: String)] {
    (0..<max(0, actionclip_model_note_count(handle))).compactMap { index in
      actionclip_model_note_key(handle, index).map { String(cString: $0) }.map { ($0, note($0) ?? "") }
    }
  }

  var embeddingSize: Int { Int(info.embedding_size) }
  var contextLength: Int { Int(info.context_length) }
  var frames: Int { Int(info.frames) }

  /// What the model's file says besides; empty or nil where it says nothing.
  var labels: [String] {
    (0..<max(0, actionclip_model_label_count(handle))).map {
      String(cString: actionclip_model_label(handle, $0))
    }
  }
  var templates: [String] {
    (0..<max(0, actionclip_model_template_count(handle))).map {
      String(cString: actionclip_model_template(handle, $0))
    }
  }
  /// One line for each property of the model that neither its file nor the options state.
  var assumptions: [String] {
    var lines: [String] = []
    while let line = actionclip_model_assumption(handle, Int32(lines.count)) {
      lines.append(OptionHints.withFlags(String(cString: line)))
    }
    return lines
  }
  /// The model's note on a label that it never learned, or on itself where `label` is nil. Nil: no note.
  func labelNote(_ label: String?) throws(LibraryError) -> String? {
    var size = 0
    try check(withCString(label) { actionclip_model_label_note(handle, $0, nil, 0, &size) })
    guard size > 1 else { return nil }
    var text = [CChar](repeating: 0, count: size)
    try check(withCString(label) { actionclip_model_label_note(handle, $0, &text, size, &size) })
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// In hexadecimal; nil unless it was asked for.
  var sha256: String? { actionclip_model_sha256(handle).map { String(cString: $0) } }
  func note(_ key: String) -> String? { actionclip_model_note(handle, key).map { String(cString: $0) } }

  /// [templates, labels, E]; no templates: the model's own, else the reference's. A terminal sees how far it is.
  func encode(labels: [String], templates: [String]) throws -> (texts: [Float], templates: Int) {
    let own = Int(actionclip_model_template_count(handle))
    let count =
      !templates.isEmpty ? templates.count : own > 0 ? own : Int(actionclip_template_count())
    var texts = [Float](repeating: 0, count: count * labels.count * embeddingSize)
    // A few at a time, to tell of; the embeddings are the same for any number.
    let together = max(1, 1024 / max(1, count))
    var progress =
      labels.count > together
      ? Progress(total: labels.count, of: "labels encoded", onlyOnTerminal: true) : nil
    defer { if progress != nil { Progress.clear() } }
    for start in stride(from: 0, to: labels.count, by: together) {
      let some = Array(labels[start..<min(start + together, labels.count)])
      let part = try encode(some, templates, count)
      for template in 0..<count {
        let place = (template * labels.count + start) * embeddingSize
        let size = some.count * embeddingSize
        texts.replaceSubrange(place..<place + size, with: part[(template * size)..<(template + 1) * size])
      }
      progress?.step(by: some.count)
    }
    return (texts, count)
  }

  private func encode(_ labels: [String], _ templates: [String], _ count: Int) throws -> [Float] {
    var texts = [Float](repeating: 0, count: count * labels.count * embeddingSize)
    let capacity = texts.count
    try withCStrings(labels) { labelTexts in
      try withCStrings(templates) { templateTexts in
        try check(
          actionclip_encode_labels(
            handle, labelTexts, labels.count, templates.isEmpty ? nil : templateTexts, templates.count,
            Int32(ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR), &texts, capacity))
      }
    }
    return texts
  }

  /// The token ids of texts, [texts, C]; a text that is too long is cut.
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

  /// The templates of the reference.
  static var referenceTemplates: [String] {
    (0..<actionclip_template_count()).compactMap { actionclip_template($0).map { String(cString: $0) } }
  }

  /// [rows, E] from [rows, C].
  func encode(tokens: [Int32], rows: Int) throws(LibraryError) -> [Float] {
    var texts = [Float](repeating: 0, count: rows * embeddingSize)
    let capacity = texts.count
    try check(actionclip_encode_tokens(handle, tokens, tokens.count, rows, &texts, capacity))
    return texts
  }

  /// Videos [videos, E] and frames [videos*T, E] ([videos, E] when joint) from [videos*T, 3, S, S].
  func encode(pixels: [Float], videos: Int) throws(LibraryError) -> (videos: [Float], frames: [Float]) {
    let frameRows = info.joint != 0 ? videos : videos * frames
    var video = [Float](repeating: 0, count: videos * embeddingSize)
    var frame = [Float](repeating: 0, count: frameRows * embeddingSize)
    let (videoCapacity, frameCapacity) = (video.count, frame.count)
    try check(
      actionclip_encode_pixels(
        handle, pixels, pixels.count, videos * frames, &video, videoCapacity, &frame, frameCapacity))
    return (video, frame)
  }

  /// [videos, classes], each row summing to 1, from videos [videos, E] and texts [templates, classes, E].
  func probabilities(
    videos: [Float], texts: [Float], templates: Int, classes: Int, scale: Float
  ) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, embeddingSize)
    var result = [Float](repeating: 0, count: rows * classes)
    let capacity = result.count
    try check(
      actionclip_probabilities(
        videos, rows, texts, templates, classes, embeddingSize, scale, &result, capacity))
    return result
  }
}

extension Model {
  /// How pictures become the network's input: the model's own way, but with another resize if one is named.
  func preprocessing(_ resize: Resize?) throws(LibraryError) -> actionclip_preprocess_options {
    var options = actionclip_preprocess_options()
    actionclip_preprocess_options_init(&options)
    try check(actionclip_model_preprocess_options(handle, &options))
    if let resize { (options.resize, options.short_side) = (resize.code, 0) }
    return options
  }

  /// The model's own rule, by which frames are chosen.
  var sampling: Int32 {
    get throws(LibraryError) {
      let rule = actionclip_model_sampling(handle)
      if rule < 0 { try check(rule) }
      return rule
    }
  }

  /// The choice of frames by that rule.
  func indices(
    of frameCount: Int64, segments: Int, frameRate: Double
  ) throws(LibraryError) -> [Int64] {
    var indices = [Int64](repeating: 0, count: segments)
    try check(
      actionclip_sample_indices_by(
        try sampling, frameCount, frameRate > 0 ? frameRate : 30, Int32(clamping: segments), &indices,
        segments))
    return indices
  }

  /// Videos [videos, E] from squares of S pixels as `squares` cuts them, [videos*T, S, S, 3].
  func encode(squares: [UInt8]) throws(LibraryError) -> [Float] {
    let side = info.image_size
    let bytes = Int(side) * Int(side) * 3
    let count = squares.count / bytes
    var embeddings = [Float](repeating: 0, count: count / frames * embeddingSize)
    let capacity = embeddings.count
    // The short side is S already: nothing is resized again.
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

enum Library {
  /// What a file is, in lines, whether or not it can be loaded.
  static func describe(_ path: FilePath) throws(LibraryError) -> String {
    var size = 0
    try check(actionclip_file_describe(path.cString, nil, 0, &size), on: path)
    var text = [CChar](repeating: 0, count: size)
    try check(actionclip_file_describe(path.cString, &text, size, &size), on: path)
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// An open video file.
final class Video {
  private let handle: OpaquePointer

  init(path: FilePath, threads: Int32, decode: Decode) throws(LibraryError) {
    var options = actionclip_video_options()
    actionclip_video_options_init(&options)
    options.threads = threads
    options.decode = decode.code
    var opened: OpaquePointer?
    try check(actionclip_video_open(path.cString, &options, &opened))
    guard let opened else { throw LibraryError(status: 0, message: "\(path.shown): no video was given") }
    handle = opened
  }

  deinit { actionclip_video_free(handle) }

  /// What is known without decoding more than was asked for. Of damaged frames, those that were met.
  func outline() throws(LibraryError) -> actionclip_video_info {
    var info = actionclip_video_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_video_info>.size)
    try check(actionclip_video_get_outline(handle, &info))
    info.damaged_frames = max(0, info.damaged_frames)
    return info
  }

  /// Runs `body` with the video at `path`. Where damage has cost frames that its packets had promised,
  /// again with the count of those that decode.
  static func open<Result>(
    _ path: FilePath, threads: Int32, decode: Decode, _ body: (Video) throws(LibraryError) -> Result
  ) throws(LibraryError) -> Result {
    do {
      return try body(Video(path: path, threads: threads, decode: decode))
    } catch {
      guard error.status == ACTIONCLIP_ERROR_INVALID_ARGUMENT, decode != .all else { throw error }
      return try body(Video(path: path, threads: threads, decode: .all))
    }
  }

  /// [E]
  func encode(with model: Model, resize: Resize?) throws(LibraryError) -> [Float] {
    var options = try model.preprocessing(resize)
    var embedding = [Float](repeating: 0, count: model.embeddingSize)
    let capacity = embedding.count
    try check(actionclip_encode_video(model.handle, handle, &options, &embedding, capacity, nil, 0))
    return embedding
  }

  /// One square of each frame, resized and cut: RGB, [crops][indices, side, side, 3], and the frames'
  /// times in seconds. The whole frames are in memory a few at a time. `indices` do not decrease.
  func squares(
    at indices: [Int64], for model: Model, resize: Resize?, crops: [Int32]
  ) throws(LibraryError) -> (squares: [[UInt8]], seconds: [Double]) {
    let side = model.info.image_size
    let info = try outline()
    let (frameBytes, squareBytes) = (Int(info.width) * Int(info.height) * 3, Int(side) * Int(side) * 3)
    let together = max(1, (64 << 20) / frameBytes)
    var result = [[UInt8]](
      repeating: [UInt8](repeating: 0, count: indices.count * squareBytes), count: crops.count)
    var rgb = [UInt8](repeating: 0, count: min(together, indices.count) * frameBytes)
    let capacity = rgb.count
    var seconds: [Double] = []
    for start in stride(from: 0, to: indices.count, by: together) {
      let some = Array(indices[start..<min(start + together, indices.count)])
      var times = [Double](repeating: 0, count: some.count)
      try check(
        actionclip_video_read_frames(handle, some, some.count, &rgb, capacity, &times, some.count))
      seconds += times
      for (place, crop) in crops.enumerated() {
        var options = try model.preprocessing(resize)
        options.crop = crop
        for frame in some.indices {
          let status = rgb.withUnsafeBufferPointer { pixels in
            var image = actionclip_image(
              data: pixels.baseAddress.map { $0 + frame * frameBytes }, row_stride: 0, width: info.width,
              height: info.height, pixel_format: Int32(ACTIONCLIP_PIXEL_RGB), reserved: 0)
            return result[place].withUnsafeMutableBufferPointer { squares in
              let at = (start + frame) * squareBytes
              return actionclip_preprocess_crop(
                &image, side, &options, squares.baseAddress.map { $0 + at }, squares.count - at)
            }
          }
          try check(status)
        }
      }
    }
    return (result, seconds)
  }
}

/// A tokenizer by itself.
final class Tokenizer {
  private let handle: OpaquePointer
  private var ids = [Int32](repeating: 0, count: 256)

  init(path: FilePath) throws(LibraryError) {
    var loaded: OpaquePointer?
    try check(actionclip_tokenizer_load(path.cString, &loaded), on: path)
    guard let loaded else { throw LibraryError(status: 0, message: "\(path.shown): no tokenizer was given") }
    handle = loaded
  }

  deinit { actionclip_tokenizer_free(handle) }

  /// The ids of UTF-8 text, which may hold NUL bytes, without markers.
  func encode(_ text: [UInt8]) throws -> ArraySlice<Int32> {
    var count = 0
    try text.withUnsafeBytes { raw in
      let bytes = raw.assumingMemoryBound(to: CChar.self)
      // An empty array has no address, and the library wants one.
      try withUnsafePointer(to: CChar(0)) { empty in
        let start = bytes.baseAddress ?? empty
        var capacity = ids.count
        var status = actionclip_tokenizer_encode(handle, start, bytes.count, &ids, capacity, &count)
        if status == ACTIONCLIP_ERROR_BUFFER_TOO_SMALL {
          try check(actionclip_tokenizer_encode(handle, start, bytes.count, nil, 0, &count))
          capacity = count
          ids = [Int32](repeating: 0, count: capacity)
          status = actionclip_tokenizer_encode(handle, start, bytes.count, &ids, capacity, &count)
        }
        try check(status)
      }
    }
    return ids.prefix(count)
  }
}

/// Calls `body` with the file's name as a C string, or with NULL.
func withCString(_ path: FilePath?, _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
  guard let path else { return body(nil) }
  return path.cString.withUnsafeBufferPointer { body($0.baseAddress) }
}

/// The same for text.
func withCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
  guard let text else { return body(nil) }
  return text.withCString(body)
}

/// Calls `body` with the texts as C strings, which live as long as the call.
func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  for text in texts {
    starts.append(bytes.count)
    bytes.append(contentsOf: text.utf8CString)
  }
  return try bytes.withUnsafeBufferPointer { buffer in
    var pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
    pointers.append(nil)
    return try pointers.withUnsafeBufferPointer { list in
      guard let first = list.baseAddress else { preconditionFailure("a list with its end is not empty") }
      return try body(first)
    }
  }
}
