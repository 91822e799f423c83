import CActionCLIP

/// Turns the terms of a query into directions among embeddings.
struct SearchDirections {
  let model: Model
  let prompts: PromptOptions
  /// A classifier whose labels are looked for by what it learned.
  let classifier: FilePath?
  let opening: VideoOpening
  let resize: Resize?

  /// The direction [E] and the weight of each term.
  func callAsFunction(_ terms: [SearchTerm]) throws -> [(direction: [Float], weight: Float)] {
    let words = terms.compactMap { term -> String? in
      if case .words(let words) = term.meaning { words } else { nil }
    }
    var known = try words.isEmpty ? [] : directions(of: words)
    return try terms.map { term in
      switch term.meaning {
      case .words: (known.removeFirst(), term.weight)
      case .clip(let path, let span): (try embedding(of: path, span), term.weight)
      case .picture(let path): (try embedding(ofPicture: path), term.weight)
      }
    }
  }

  private func directions(of words: [String]) throws -> [[Float]] {
    guard let classifier else {
      let distinct = Array(Set(words)).sorted()
      let made =
        if let descriptions = try prompts.readDescriptions() {
          try Classifier(model, labels: distinct, descriptions)
        } else {
          try Classifier(model, labels: distinct, templates: prompts.template)
        }
      try ModelNotes(model, labels: distinct).tell()
      return try rows(of: made, for: words, of: nil)
    }
    return try rows(of: Classifier(classifier, for: model), for: words, of: classifier)
  }

  private func rows(of made: Classifier, for words: [String], of source: FilePath?) throws -> [[Float]] {
    let labels = try made.labels
    let directions = try made.directions
    return try words.map { words in
      guard let row = labels.firstIndex(of: words) else {
        throw CommandError(
          "\(source?.shown ?? "the words"): '\(words)' is none of its labels: \(SearchDirections.some(of: labels))"
            + Spelling.advice(on: words, among: labels)
        )
      }
      return Array(directions[row * model.embeddingSize..<(row + 1) * model.embeddingSize])
    }
  }

  /// The first labels, and how many more there are.
  private static func some(of labels: [String]) -> String {
    let most = 8
    return labels.prefix(most).joined(separator: ", ")
      + (labels.count > most ? " and \(labels.count - most) more" : "")
  }

  /// The embedding of a picture's only frame.
  private func embedding(ofPicture path: FilePath) throws -> [Float] {
    try Video.open(path, opening) { (video) throws(LibraryError) in
      guard try video.outline().frame_count == 1 else {
        throw LibraryError(
          status: ACTIONCLIP_ERROR_INVALID_ARGUMENT,
          message: "\(path.shown): is no picture but a video: give it by --clip")
      }
      return Array(try video.encode(with: model, resize: resize).prefix(model.embeddingSize))
    }
  }

  private func embedding(of path: FilePath, _ span: TimeSpan?) throws(LibraryError) -> [Float] {
    try Video.open(path, opening) { (video) throws(LibraryError) in
      Array(try video.encode(with: model, in: span, resize: resize).prefix(model.embeddingSize))
    }
  }
}
