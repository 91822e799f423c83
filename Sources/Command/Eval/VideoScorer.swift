/// Computes the probability of every class for a video, averaged over its views.
struct VideoScorer {
  let encoder: VideoEncoder
  let labels: LabelScorer

  /// Checks the options before any video is opened, so that their errors are not reported as a video's.
  func checkOptions() throws(LibraryError) {
    // An embedding of zeros has no direction, and a classifier may refuse it.
    _ = try labels.probabilities(videos: [1] + [Float](repeating: 0, count: encoder.model.videoSize - 1))
    try encoder.checkOptions()
  }

  /// The probability of every class, [classes], for a row's video or its part, and the number of damaged frames.
  func scores(
    of row: VideoList.Row, at path: FilePath
  ) throws(LibraryError) -> (scores: [Float], damaged: Int64) {
    let (embeddings, damaged) = try encoder.embeddings(of: row, at: path)
    let rows = try labels.probabilities(videos: embeddings)
    let classes = labels.labels.count
    let count = rows.count / classes
    let scores = (0..<classes).map { place in
      let sum = (0..<count).reduce(0.0) { $0 + Double(rows[$1 * classes + place]) }
      return Float(sum / Double(count))
    }
    return (scores, damaged)
  }
}
