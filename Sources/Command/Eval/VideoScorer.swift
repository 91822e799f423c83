/// Computes the probability of every class for a video, averaged over its views.
struct VideoScorer {
  let encoder: VideoEncoder
  let texts: LabelTexts
  let scale: Float

  /// Checks the options before any video is opened, so that their errors are not reported as a video's.
  func checkOptions() throws(LibraryError) {
    let model = encoder.model
    _ = try model.probabilities(
      videos: [Float](repeating: 0, count: model.embeddingSize), texts, scale: scale)
    try encoder.checkOptions()
  }

  /// The probability of every class, [classes], for a video or a part of it, and the number of damaged frames.
  func scores(
    of path: FilePath, in span: TimeSpan?
  ) throws(LibraryError) -> (scores: [Float], damaged: Int64) {
    let (embeddings, damaged) = try encoder.embeddings(of: path, in: span)
    let rows = try encoder.model.probabilities(videos: embeddings, texts, scale: scale)
    let count = rows.count / texts.classes
    let scores = (0..<texts.classes).map { place in
      let sum = (0..<count).reduce(0.0) { $0 + Double(rows[$1 * texts.classes + place]) }
      return Float(sum / Double(count))
    }
    return (scores, damaged)
  }
}
