import CActionCLIP

/// Trains a copy of a model on clips: owns the library's handle. One thread uses it.
final class Tuner {
  private let handle: OpaquePointer
  private let model: Model

  /// - Parameters:
  ///   - templates: prompts; empty: the model's own, else the reference's.
  ///   - cache: a file that keeps what no training changes of clips; nil: none.
  init(
    _ model: Model, labels: [String], templates: [String], cache: FilePath?,
    _ options: actionclip_tuner_options
  ) throws {
    var options = options
    var made: OpaquePointer?
    try withCStrings(labels) { labelTexts in
      try withCStrings(templates) { templateTexts in
        try check(
          withCString(cache) { cache in
            options.cache_path = cache
            return actionclip_tuner_create(
              model.handle, labelTexts, labels.count, templates.isEmpty ? nil : templateTexts,
              templates.count, &options, &made)
          })
      }
    }
    guard let made else { throw LibraryError(status: 0, message: "no tuner was given") }
    (handle, self.model) = (made, model)
  }

  deinit { actionclip_tuner_free(handle) }

  static var defaultOptions: actionclip_tuner_options {
    var options = actionclip_tuner_options()
    actionclip_tuner_options_init(&options)
    return options
  }

  /// Adds a video, or a part of it, as a clip to train on.
  func add(
    _ video: Video, in span: TimeSpan?, labels: [Int], views: Int32, resize: Resize?
  ) throws(LibraryError) {
    var options = try model.preprocessing(resize)
    try check(
      actionclip_tuner_add_video(
        handle, labels.map { Int32(clamping: $0) }, labels.count, video.handle, span?.start ?? 0,
        span?.end ?? .infinity, views, &options, Int32(ACTIONCLIP_CLIP_TRAINED)))
  }

  /// Adds a video file, or a part of it, as a clip to train on that is decoded at each draw.
  func add(
    file path: FilePath, _ opening: actionclip_video_options, in span: TimeSpan?, labels: [Int],
    resize: Resize?
  ) throws(LibraryError) {
    var (options, opening) = (try model.preprocessing(resize), opening)
    try check(
      actionclip_tuner_add_video_file(
        handle, labels.map { Int32(clamping: $0) }, labels.count, path.cString, span?.start ?? 0,
        span?.end ?? .infinity, &options, &opening, Int32(ACTIONCLIP_CLIP_TRAINED)), on: path)
  }

  /// Adds a clip of black pictures, which stands for any other of its size.
  func addBlank(label: Int, frames: Int) throws(LibraryError) {
    let pixels = [UInt8](repeating: 0, count: 3)
    let status = pixels.withUnsafeBufferPointer { pixels in
      let image = actionclip_image(
        data: pixels.baseAddress, row_stride: 0, width: 1, height: 1,
        pixel_format: Int32(ACTIONCLIP_PIXEL_RGB), reserved: 0)
      let images = [actionclip_image](repeating: image, count: frames)
      return actionclip_tuner_add_frames(
        handle, [Int32(clamping: label)], 1, images, frames, nil, Int32(ACTIONCLIP_CLIP_TRAINED))
    }
    try check(status)
  }

  /// Sizes, and the memory that training takes. From the first call on no clip can be added.
  func info() throws(LibraryError) -> actionclip_tuner_info {
    try filled { actionclip_tuner_get_info(handle, $0) }
  }

  func step() throws(LibraryError) -> actionclip_tuner_result {
    try filled { actionclip_tuner_step(handle, $0) }
  }

  /// Writes the state, whole or not at all.
  func save(to path: FilePath) throws(LibraryError) {
    try check(withCString(path) { actionclip_tuner_save(handle, $0) }, on: path)
  }

  func load(from path: FilePath) throws(LibraryError) {
    try check(withCString(path) { actionclip_tuner_load(handle, $0) }, on: path)
  }

  /// A new model of (1 - share) base + share tuned weights.
  func model(share: Double) throws(LibraryError) -> Model {
    var made: OpaquePointer?
    try check(actionclip_tuner_model(handle, share, &made))
    return try Model(taking: made)
  }
}

extension Model {
  /// A new model of (1 - share) of this one's weights and share of another's.
  func mixed(with other: Model, share: Double) throws(LibraryError) -> Model {
    var made: OpaquePointer?
    try check(actionclip_models_interpolate(handle, other.handle, share, &made))
    return try Model(taking: made)
  }
}
