import CActionCLIP

/// Labels with their embeddings, which score videos and learn from clips. Any number of threads may use a classifier at
/// once, and it may outlive its model.
public final class Classifier: Sendable {
  /// The C classifier, for functions that this wrapper lacks. It is freed with the object.
  public nonisolated(unsafe) let handle: OpaquePointer
  private let videoSize: Int

  /// Makes a classifier of labels, in templates like "a clip of {}" or with nil in the model's own.
  public init(_ model: Model, labels: [String], templates: [String]? = nil) throws(Failure) {
    handle = try withCStrings(labels) { (labels, count) throws(Failure) in
      try withCStrings(templates) { (templates, templateCount) throws(Failure) in
        try made {
          actionclip_classifier_create(
            model.handle, labels, count, templates, templateCount, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, $0)
        }
      }
    }
    videoSize = Int(model.info.video_size)
  }

  /// Loads a classifier that was saved, for the model that it was taught with.
  public init(_ model: Model, path: String) throws(Failure) {
    handle = try made { actionclip_classifier_load(model.handle, path, $0) }
    videoSize = Int(model.info.video_size)
  }

  deinit { actionclip_classifier_free(handle) }

  /// Writes the classifier as one file, with its clips or with sums over them alone.
  public func save(_ path: String, keepClips: Bool = true) throws(Failure) {
    try check(actionclip_classifier_save(handle, path, keepClips ? 1 : 0))
  }

  /// Sets the labels, of which only new ones are encoded.
  public func setLabels(_ labels: [String]) throws(Failure) {
    try withCStrings(labels) { (labels, count) throws(Failure) in
      try check(actionclip_classifier_set_labels(handle, labels, count, nil))
    }
  }

  /// Scores a video's row [V]: each label with its probability, the most probable first. A scale of 0 is the usual one.
  public func rank(
    _ video: [Float], scale: Float = 0
  ) throws(Failure) -> [(label: String, probability: Float)] {
    guard video.count == videoSize else {
      throw Failure(
        status: ACTIONCLIP_ERROR_INVALID_ARGUMENT,
        message: "an embedding of \(video.count) numbers, not \(videoSize)")
    }
    // A list, since another thread may set other labels meanwhile.
    let list = try made { actionclip_classifier_label_list(handle, $0) }
    defer { actionclip_label_list_free(list) }
    let labels = try texts(actionclip_label_list_count(list)) { actionclip_label_list_label(list, $0) }
    var probabilities = [Float](repeating: 0, count: labels.count)
    try check(actionclip_label_list_score(list, video, 1, scale, &probabilities, probabilities.count))
    return zip(labels, probabilities).map { (label: $0, probability: $1) }.sorted {
      $0.probability > $1.probability
    }
  }

  /// Adds the part of a video from `start` to `end` in seconds as a clip of a label, in 1 to 100 views.
  public func add(
    _ label: String, _ video: inout Video, from start: Double = 0, to end: Double = .infinity,
    views: Int32 = 1
  ) throws(Failure) {
    try check(actionclip_classifier_add_video(handle, label, video.handle, start, end, views, nil, -1))
  }

  /// Fits the classifier to its clips.
  public func fit() throws(Failure) { try check(actionclip_classifier_fit(handle, nil, nil)) }
}
