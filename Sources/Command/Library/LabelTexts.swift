import CActionCLIP

/// Text embeddings of labels, and how a score weighs them.
struct LabelTexts {
  /// The embeddings, [templates, classes, E].
  let embeddings: [Float]
  let templates: Int
  let classes: Int
  /// The weight of each template in a score; nil: equal weights.
  var weights: [Float]?
}

extension Model {
  /// Encodes every label in every template. Without templates: the model's own with their weights, else the
  /// reference's. Shows progress on a terminal.
  func encode(labels: [String], templates: [String]) throws -> LabelTexts {
    let own = Int(actionclip_model_template_count(handle))
    let count =
      !templates.isEmpty ? templates.count : own > 0 ? own : Int(actionclip_template_count())
    var texts = [Float](repeating: 0, count: count * labels.count * embeddingSize)
    // In groups, to show progress; the embeddings do not depend on the grouping.
    let groupSize = max(1, 1024 / max(1, count))
    var progress =
      labels.count > groupSize
      ? Progress(total: labels.count, of: "labels encoded", onlyOnTerminal: true) : nil
    defer { if progress != nil { Progress.clear() } }
    for start in stride(from: 0, to: labels.count, by: groupSize) {
      let some = Array(labels[start..<min(start + groupSize, labels.count)])
      let part = try encode(some, templates, count)
      for template in 0..<count {
        let place = (template * labels.count + start) * embeddingSize
        let size = some.count * embeddingSize
        texts.replaceSubrange(place..<place + size, with: part[(template * size)..<(template + 1) * size])
      }
      progress?.step(by: some.count)
    }
    return LabelTexts(
      embeddings: texts, templates: count, classes: labels.count,
      weights: templates.isEmpty && own > 0 ? templateWeights : nil)
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

  /// Encodes labels by the texts that describe them, one embedding for each.
  func encode(labels: [String], _ descriptions: Descriptions) throws -> LabelTexts {
    let described = try descriptions.rows(for: labels)
    var embeddings = [Float](repeating: 0, count: labels.count * embeddingSize)
    let capacity = embeddings.count
    try withCStrings(labels) { labelTexts in
      try withCStrings(described.texts) { pointers in
        try check(
          actionclip_encode_descriptions(
            handle, labelTexts, labels.count, pointers, described.labelOfText, described.weights,
            described.texts.count, Int32(ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR), &embeddings, capacity))
      }
    }
    return LabelTexts(embeddings: embeddings, templates: 1, classes: labels.count)
  }

  /// Whether each frame of a video scores by itself, so that the length of a video's embedding counts.
  var scoresFrames: Bool { info.frame_scores != 0 }

  /// Probabilities [videos, classes] from videos' rows [videos, V], each row summing to 1, but not of a model that scores
  /// each label by itself. A scale of 0 is the model's usual one.
  func probabilities(
    videos: [Float], _ texts: LabelTexts, scale: Float
  ) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, videoSize)
    var result = [Float](repeating: 0, count: rows * texts.classes)
    let capacity = result.count
    try check(
      actionclip_model_probabilities(
        handle, videos, rows, texts.embeddings, texts.weights, texts.templates, texts.classes, scale, &result,
        capacity))
    return result
  }
}
