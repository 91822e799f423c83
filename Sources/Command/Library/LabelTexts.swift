import CActionCLIP
import Glibc

/// Text embeddings of labels, and how a score weighs them.
struct LabelTexts {
  /// The embeddings, [templates, classes, E].
  let embeddings: [Float]
  let templates: Int
  let classes: Int
  /// The weight of each template in a score; nil: equal weights.
  var weights: [Float]?

  /// One embedding for each label: the weighted mean over templates of embeddings of unit length.
  func joined(size: Int) -> LabelTexts {
    var sums = [Double](repeating: 0, count: classes * size)
    for row in 0..<templates * classes {
      let own = embeddings[row * size..<(row + 1) * size]
      let length = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let share = Double(weights?[row / classes] ?? 1) / max(length, .leastNormalMagnitude)
      let place = row % classes * size
      for (i, number) in own.enumerated() { sums[place + i] += share * Double(number) }
    }
    return LabelTexts(embeddings: sums.map { Float($0) }, templates: 1, classes: classes)
  }
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
    let made = LabelTexts(
      embeddings: texts, templates: count, classes: labels.count,
      weights: templates.isEmpty && own > 0 ? templateWeights : nil)
    return scoresFrames ? made.joined(size: embeddingSize) : made
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
  /// each label by itself.
  func probabilities(
    videos: [Float], _ texts: LabelTexts, scale: Float
  ) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, videoSize)
    if info.sigmoid_scores != 0 { return try sigmoids(of: videos, rows, texts, scale: scale) }
    guard videoSize == embeddingSize else {
      return try probabilities(moving: texts, by: videos, rows, scale: scale)
    }
    guard scoresFrames else { return try cosineProbabilities(videos: videos, texts, scale: scale) }
    var result: [Float] = []
    for start in stride(from: 0, to: videos.count, by: embeddingSize) {
      let video = Array(videos[start..<start + embeddingSize])
      let length = Float(video.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
      result += try cosineProbabilities(videos: video, texts, scale: scale * length)
    }
    return result
  }

  private func cosineProbabilities(
    videos: [Float], _ texts: LabelTexts, scale: Float
  ) throws(LibraryError) -> [Float] {
    let rows = videos.count / max(1, embeddingSize)
    var result = [Float](repeating: 0, count: rows * texts.classes)
    let capacity = result.count
    try check(
      actionclip_probabilities_weighted(
        videos, rows, texts.embeddings, texts.weights, texts.templates, texts.classes, embeddingSize, scale,
        &result, capacity))
    return result
  }
  /// Probabilities for a model in which each video moves the texts that it is compared with.
  private func probabilities(
    moving texts: LabelTexts, by videos: [Float], _ rows: Int, scale: Float
  ) throws(LibraryError) -> [Float] {
    let (templates, classes) = (texts.templates, texts.classes)
    var logits = [Float](repeating: 0, count: rows * templates * classes)
    let capacity = logits.count
    try check(
      actionclip_model_similarity(
        handle, videos, rows, texts.embeddings, templates * classes, scale, &logits, capacity))
    var result = [Float](repeating: 0, count: rows * classes)
    for row in 0..<rows * templates {
      let own = logits[row * classes..<(row + 1) * classes].map(Double.init)
      let peak = own.max() ?? 0
      let exponents = own.map { exp($0 - peak) }
      let share = Double(texts.weights?[row % templates] ?? 1 / Float(templates)) / exponents.reduce(0, +)
      for place in 0..<classes {
        result[row / templates * classes + place] += Float(exponents[place] * share)
      }
    }
    return result
  }

  /// The mean over templates of sigmoid(scale * cosine + bias).
  private func sigmoids(
    of videos: [Float], _ rows: Int, _ texts: LabelTexts, scale: Float
  ) throws(LibraryError) -> [Float] {
    let (templates, classes) = (texts.templates, texts.classes)
    var logits = [Float](repeating: 0, count: rows * templates * classes)
    let capacity = logits.count
    try check(
      actionclip_similarity(
        videos, rows, texts.embeddings, templates * classes, embeddingSize, scale, &logits, capacity))
    var result = [Float](repeating: 0, count: rows * classes)
    let sum = texts.weights?.reduce(0) { $0 + Double($1) } ?? Double(templates)
    for (place, logit) in logits.enumerated() {
      let (row, template, label) = (
        place / (templates * classes), place / classes % templates, place % classes
      )
      let share = Double(texts.weights?[template] ?? 1) / sum
      result[row * classes + label] += Float(share / (1 + exp(-Double(logit) - Double(info.logit_bias))))
    }
    return result
  }
}
