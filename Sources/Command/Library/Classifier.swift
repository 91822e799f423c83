import CActionCLIP

/// A classifier that learns labels from clips: owns the library's handle.
final class Classifier {
  let handle: OpaquePointer
  private let embeddingSize: Int
  private let videoSize: Int

  private init(_ handle: OpaquePointer?, _ model: Model) throws(LibraryError) {
    guard let handle else { throw LibraryError(status: 0, message: "no classifier was given") }
    self.handle = handle
    (embeddingSize, videoSize) = (model.embeddingSize, model.videoSize)
  }

  /// Makes a classifier of labels in templates, or without any in the model's own or the reference's.
  convenience init(_ model: Model, labels: [String], templates: [String]) throws {
    var made: OpaquePointer?
    try withCStrings(labels) { labelTexts in
      try withCStrings(templates) { templateTexts in
        try check(
          actionclip_classifier_create(
            model.handle, labelTexts, labels.count, templates.isEmpty ? nil : templateTexts, templates.count,
            Int32(ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR), &made))
      }
    }
    try self.init(made, model)
  }

  /// Makes a classifier of labels that texts describe.
  convenience init(_ model: Model, labels: [String], _ descriptions: Descriptions) throws {
    let described = try descriptions.rows(for: labels)
    var made: OpaquePointer?
    try withCStrings(labels) { labelTexts in
      try withCStrings(described.texts) { texts in
        try check(
          actionclip_classifier_create_described(
            model.handle, labelTexts, labels.count, texts, described.labelOfText, described.weights,
            described.texts.count, Int32(ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR), &made))
      }
    }
    try self.init(made, model)
  }

  /// Loads a classifier that was saved.
  convenience init(_ path: FilePath, for model: Model) throws(LibraryError) {
    var loaded: OpaquePointer?
    try check(withCString(path) { actionclip_classifier_load(model.handle, $0, &loaded) }, on: path)
    try self.init(loaded, model)
  }

  /// Writes the classifier as one file, which replaces an earlier one when it is whole.
  func save(to path: FilePath, keepsClips: Bool) throws(LibraryError) {
    try check(withCString(path) { actionclip_classifier_save(handle, $0, keepsClips ? 1 : 0) }, on: path)
  }

  deinit { actionclip_classifier_free(handle) }

  /// The present labels.
  var labels: [String] {
    get throws(LibraryError) {
      try withList { list in
        (0..<max(0, actionclip_label_list_count(list))).compactMap {
          actionclip_label_list_label(list, $0).map { String(cString: $0) }
        }
      }
    }
  }

  /// The direction of each label among embeddings, [labels, E].
  var directions: [Float] {
    get throws(LibraryError) {
      try withList { (list) throws(LibraryError) in
        let count = Int(max(0, actionclip_label_list_count(list))) * embeddingSize
        var directions = [Float](repeating: 0, count: count)
        try check(actionclip_label_list_directions(list, &directions, count))
        return directions
      }
    }
  }

  /// A video whose most probable label has a smaller probability shows none of the labels; 0: no such limit.
  var rejectThreshold: Float {
    get throws(LibraryError) { try withList { Float(max(0, actionclip_label_list_reject_threshold($0))) } }
  }

  /// For each label the independent probability from which on a video shows it.
  var independentThresholds: [Double] {
    get throws(LibraryError) {
      try withList { list in
        (0..<max(0, actionclip_label_list_count(list))).map {
          max(0, actionclip_label_list_threshold(list, $0))
        }
      }
    }
  }

  /// Probabilities [videos, labels] that do not depend on each other, from videos' rows [videos, V].
  func independentProbabilities(videos: [Float]) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, videoSize)
    let labels = actionclip_classifier_label_count(handle)
    var result = [Float](repeating: 0, count: rows * Int(max(0, labels)))
    let capacity = result.count
    try withList { (list) throws(LibraryError) in
      try check(actionclip_label_list_score_independent(list, videos, rows, &result, capacity))
    }
    return result
  }

  private func withList<Result>(
    _ body: (OpaquePointer?) throws(LibraryError) -> Result
  ) throws(LibraryError) -> Result {
    var list: OpaquePointer?
    try check(actionclip_classifier_label_list(handle, &list))
    defer { actionclip_label_list_free(list) }
    return try body(list)
  }

  func set(labels: [String]) throws {
    try withCStrings(labels) { texts in
      try check(actionclip_classifier_set_labels(handle, texts, labels.count, nil))
    }
  }

  /// The clips that it has; none if it was saved without them.
  var examples: [actionclip_example] {
    get throws(LibraryError) {
      var examples: [actionclip_example] = []
      for index in 0..<max(0, actionclip_classifier_example_count(handle)) {
        var example = actionclip_example()
        example.struct_size = UInt32(MemoryLayout<actionclip_example>.size)
        try check(actionclip_classifier_example(handle, index, &example))
        examples.append(example)
      }
      return examples
    }
  }

  /// Adds a clip as an example of a label. Views with equal embeddings, as short clips have them, count once.
  func add(_ label: String, views embeddings: [Float], clip: Int64) throws(LibraryError) {
    var distinct: [ArraySlice<Float>] = []
    for start in stride(from: 0, to: embeddings.count, by: videoSize) {
      let view = embeddings[start..<start + videoSize]
      if !distinct.contains(where: { $0.elementsEqual(view) }) { distinct.append(view) }
    }
    let ids = [Int64](repeating: clip, count: distinct.count)
    let videos = distinct.flatMap { $0 }
    try check(
      label.withCString { actionclip_classifier_add_examples(handle, $0, videos, distinct.count, ids) })
  }

  /// Fits the classifier to its clips.
  /// - Parameter acceptRate: the share of known clips that the limit for "none of these" lets pass; nil: the library's.
  func fit(_ method: FitMethod, acceptRate: Double?) throws(LibraryError) {
    var options = actionclip_fit_options()
    actionclip_fit_options_init(&options)
    options.method = method.code
    if let acceptRate { options.accept_rate = acceptRate }
    try check(actionclip_classifier_fit(handle, &options, nil))
  }

  /// Probabilities [videos, labels], each row summing to 1, from videos' rows [videos, V].
  /// - Parameter scale: the factor on cosines; 0: the usual one.
  func probabilities(videos: [Float], scale: Float = 0) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, videoSize)
    let labels = actionclip_classifier_label_count(handle)
    var result = [Float](repeating: 0, count: rows * Int(max(0, labels)))
    let capacity = result.count
    try check(
      actionclip_classifier_score(
        handle, videos, rows, scale, &result, capacity, nil, nil))
    return result
  }
}
