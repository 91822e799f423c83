/// Computes the probability of every class for a video, averaged over its views. Where frames score by themselves, the
/// views' logits are summed, which are those of the sum of their embeddings.
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
    return (try scores(views: embeddings), damaged)
  }

  /// The probability of every class, [classes], from the rows of a video's views [views, V].
  func scores(views embeddings: [Float]) throws(LibraryError) -> [Float] {
    let (classes, size) = (labels.labels.count, encoder.model.videoSize)
    guard embeddings.count > size else { return try labels.probabilities(videos: embeddings) }
    if encoder.model.scoresFrames {
      return try labels.probabilities(videos: VideoScorer.sum(of: embeddings, rows: embeddings.count / size))
    }
    let rows = try labels.probabilities(videos: embeddings)
    let count = rows.count / classes
    return VideoScorer.sum(of: rows, rows: count, dividedBy: Double(count))
  }

  /// The sum over rows, divided and then rounded once.
  private static func sum(of numbers: [Float], rows: Int, dividedBy divisor: Double = 1) -> [Float] {
    let size = numbers.count / rows
    return (0..<size).map { place in
      Float((0..<rows).reduce(0.0) { $0 + Double(numbers[$1 * size + place]) } / divisor)
    }
  }
}
