import CActionCLIP

extension StreamedWindows {
  /// Calls `take` with the start and the end in nanoseconds of a video's windows, and their embeddings [windows, E],
  /// some windows at a time. The stream is as new.
  func windows(
    of video: Video, by stream: FrameStream,
    take: ([(start: Int64, end: Int64)], [Float]) throws(LibraryError) -> Void
  ) throws(LibraryError) {
    try video.requireTimes()
    let duration = Int64((min(try video.outline().duration, 4e9) * 1e9).rounded())
    if !isLive, duration <= stream.info.frame_interval_ns * Int64(model.frames) {
      // The video is one window, and the model's rule chooses its frames as it does for classify.
      return try take([(0, duration)], video.encode(with: model, resize: resize))
    }
    let shown = shown(by: stream)
    try encode(video, by: stream) { (found, embeddings) throws(LibraryError) in
      try take(found.map { ($0.start_ns, min(duration, $0.end_ns + shown)) }, embeddings)
    }
  }

  /// Nanoseconds that a frame stands for, which is the time up to the next one. In live video that time is not known
  /// yet.
  private func shown(by stream: FrameStream) -> Int64 { isLive ? 0 : stream.info.frame_interval_ns }

  /// The scores of a video's windows against labels.
  func scores(of video: Video, by scorer: LabelScorer) throws(LibraryError) -> WindowScores {
    let stream = try stream()
    var scores = WindowScores(labels: scorer.labels.count)
    try windows(of: video, by: stream) { (times, embeddings) throws(LibraryError) in
      let rows = try scorer.probabilities(videos: embeddings)
      for (place, time) in times.enumerated() {
        scores.add(
          start: time.start, end: time.end, hole: shown(by: stream),
          scores: rows[place * scores.labels..<(place + 1) * scores.labels])
      }
    }
    return scores
  }
}
