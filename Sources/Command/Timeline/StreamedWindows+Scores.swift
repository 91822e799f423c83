import CActionCLIP

extension StreamedWindows {
  /// The scores of a video's windows against labels.
  func scores(of video: Video, by scorer: LabelScorer) throws(LibraryError) -> WindowScores {
    try video.requireTimes()
    let info = try video.outline()
    let duration = Int64((min(info.duration, 4e9) * 1e9).rounded())
    let stream = try stream()
    let interval = stream.info.frame_interval_ns
    var scores = WindowScores(labels: scorer.labels.count)
    if !isLive, duration <= interval * Int64(model.frames) {
      // The video is one window, and the model's rule chooses its frames as it does for classify.
      let embedding = try video.encode(with: model, resize: resize)
      scores.add(start: 0, end: duration, scores: try scorer.probabilities(videos: embedding)[...])
      return scores
    }
    // A frame stands for the time up to the next one. In live video that time is not known yet.
    let last = isLive ? 0 : interval
    try encode(video, by: stream) { (found, embeddings) throws(LibraryError) in
      let rows = try scorer.probabilities(videos: embeddings)
      for (place, window) in found.enumerated() {
        scores.add(
          start: window.start_ns, end: min(duration, window.end_ns + last), hole: last,
          scores: rows[place * scores.labels..<(place + 1) * scores.labels])
      }
    }
    return scores
  }
}
