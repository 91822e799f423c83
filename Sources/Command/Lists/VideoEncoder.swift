import CActionCLIP

/// Encodes the videos of a list, whole or in part, in one or more views.
struct VideoEncoder {
  let model: Model
  /// The resize to use instead of the model's own, if any.
  let resize: Resize?
  let views: Views
  let opening: VideoOpening
  private let last = LastVideo()

  /// The video whose part was encoded last, still open: parts of one recording follow each other in lists.
  private final class LastVideo {
    var opened: (path: [UInt8], frames: ListedFrames?, video: Video)?
  }

  /// Checks the options before any video is opened, so that their errors are not reported as a video's.
  func checkOptions() throws(LibraryError) {
    _ = try indices(frameCount: 1, frameRate: 0)
    _ = try model.preprocessing(resize)
  }

  /// Encodes the videos of a list one after another, and shows the progress. `take` gets the embeddings of each video's
  /// views, [views, E], or the reason why there are none.
  func encode(
    _ rows: [VideoList.Row], in root: FilePath,
    take: (VideoList.Row, VideoOutcome<[Float]>) throws(LibraryError) -> Void
  ) throws(LibraryError) {
    var progress = Progress(total: rows.count)
    for row in rows {
      try take(
        row,
        try row.attempt(in: root) { (path) throws(LibraryError) in try embeddings(of: row, at: path) })
      progress.step()
    }
    Progress.clear()
  }

  /// The embeddings of the views of a row's video or of its part, [views, E], and the number of damaged frames.
  func embeddings(
    of row: VideoList.Row, at path: FilePath
  ) throws(LibraryError) -> (embeddings: [Float], damaged: Int64) {
    let span = row.span
    let kept = last.opened.flatMap {
      span != nil && $0.path == path.bytes && $0.frames == row.frames ? $0.video : nil
    }
    last.opened = nil
    // A fresh video decides about errors.
    if let kept, let found = try? embeddings(of: kept, in: span), (try? kept.isIndexed) == true {
      last.opened = (path.bytes, row.frames, kept)
      return found
    }
    var opened: Video?
    let found = try Video.open(path, opening, row.frames) {
      (video) throws(LibraryError) in
      opened = video
      return try embeddings(of: video, in: span)
    }
    if span != nil, let opened, try opened.isIndexed { last.opened = (path.bytes, row.frames, opened) }
    return found
  }

  /// The embeddings of the views of an open video or of its part, [views, E], and the number of damaged frames.
  func embeddings(
    of video: Video, in span: TimeSpan?
  ) throws(LibraryError) -> (embeddings: [Float], damaged: Int64) {
    let embeddings =
      try views.isSingle ? video.encode(with: model, in: span, resize: resize) : encode(video, in: span)
    return (embeddings, try video.outline().damaged_frames)
  }

  /// Frame indices for all clips, [T, clips]. The model's rule picks one frame from each of T * clips segments, and
  /// clips take segments in turn. So each clip covers the whole video, and clips differ where there are frames
  /// enough. Three clips of an Open-VCLIP are its own: at the beginning, in the middle and at the end.
  func indices(frameCount: Int64, frameRate: Double) throws(LibraryError) -> [Int64] {
    let (frames, clips) = (model.frames, Int(views.clips))
    guard clips == 3, try model.sampling == ACTIONCLIP_SAMPLING_OPEN_VCLIP else {
      return try model.indices(of: frameCount, segments: frames * clips, frameRate: frameRate)
    }
    let rules = [
      ACTIONCLIP_SAMPLING_OPEN_VCLIP_START, ACTIONCLIP_SAMPLING_OPEN_VCLIP,
      ACTIONCLIP_SAMPLING_OPEN_VCLIP_END,
    ]
    let chosen = try rules.map { (rule) throws(LibraryError) in
      try model.indices(of: frameCount, segments: frames, frameRate: frameRate, by: Int32(rule))
    }
    return (0..<frames).flatMap { segment in chosen.map { $0[segment] } }
  }

  /// Rows of all views, [crops * clips, V].
  private func encode(_ video: Video, in span: TimeSpan?) throws(LibraryError) -> [Float] {
    let (frames, clips) = (model.frames, Int(views.clips))
    let side = model.info.image_size
    let squareBytes = Int(side) * Int(side) * 3
    let outline = try video.outline()
    let part =
      try span.map { (span) throws(LibraryError) in try video.frames(in: span) } ?? 0..<outline.frame_count
    let chosen = try indices(frameCount: Int64(part.count), frameRate: outline.frame_rate)
    let crops = try video.squares(
      at: chosen.map { part.lowerBound + $0 }, for: model, resize: resize, crops: views.cropPositions
    ).squares
    var embeddings: [Float] = []
    for squares in crops {
      for clip in 0..<clips {
        var chosen: [UInt8] = []
        chosen.reserveCapacity(frames * squareBytes)
        for segment in 0..<frames {
          let at = (segment * clips + clip) * squareBytes
          chosen += squares[at..<(at + squareBytes)]
        }
        embeddings += try model.encode(squares: chosen)
      }
    }
    return embeddings
  }
}
