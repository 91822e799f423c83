import CActionCLIP

/// Computes the probability of every class for a video, averaged over its views.
struct VideoScorer {
  let model: Model
  /// Text embeddings, [templates, classes, E].
  let texts: [Float]
  let templates: Int
  let classes: Int
  let scale: Float
  /// The resize to use instead of the model's own, if any.
  let resize: Resize?
  let views: Views
  let decode: Decode
  /// Decoder threads; 0: one per available processor.
  let threads: Int32

  /// Checks the options before any video is opened, so that their errors are not reported as a video's.
  func checkOptions() throws(LibraryError) {
    _ = try model.probabilities(
      videos: [Float](repeating: 0, count: model.embeddingSize), texts: texts, templates: templates,
      classes: classes, scale: scale)
    _ = try indices(frameCount: 1, frameRate: 0)
    _ = try model.preprocessing(resize)
  }

  /// The probability of every class, [classes], and the number of the video's damaged frames.
  func scores(of path: FilePath) throws(LibraryError) -> (scores: [Float], damaged: Int64) {
    let (embeddings, damaged) = try Video.open(path, threads: threads, decode: decode) {
      (video) throws(LibraryError) in
      let embeddings = try views.isSingle ? video.encode(with: model, resize: resize) : encode(video)
      return (embeddings, try video.outline().damaged_frames)
    }
    let rows = try model.probabilities(
      videos: embeddings, texts: texts, templates: templates, classes: classes, scale: scale)
    let count = rows.count / classes
    let scores = (0..<classes).map { place in
      let sum = (0..<count).reduce(0.0) { $0 + Double(rows[$1 * classes + place]) }
      return Float(sum / Double(count))
    }
    return (scores, damaged)
  }

  /// Frame indices for all clips, [T * clips]. The model's rule picks one frame from each of T * clips segments, and
  /// clips take segments in turn. So each clip covers the whole video, and clips differ where there are frames
  /// enough.
  private func indices(frameCount: Int64, frameRate: Double) throws(LibraryError) -> [Int64] {
    try model.indices(of: frameCount, segments: model.frames * Int(views.clips), frameRate: frameRate)
  }

  /// Embeddings of all views, [crops * clips, E].
  private func encode(_ video: Video) throws(LibraryError) -> [Float] {
    let (frames, clips) = (model.frames, Int(views.clips))
    let side = model.info.image_size
    let squareBytes = Int(side) * Int(side) * 3
    let outline = try video.outline()
    let crops = try video.squares(
      at: indices(frameCount: outline.frame_count, frameRate: outline.frame_rate), for: model,
      resize: resize, crops: views.cropPositions
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
