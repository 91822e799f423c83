import CActionCLIP

/// Scores videos against the prompts of all classes.
struct VideoScorer {
  let model: Model
  /// [templates, classes, E]
  let texts: [Float]
  let templates: Int
  let classes: Int
  let scale: Float
  /// nil: the model's own.
  let resize: Resize?
  let views: Views
  let decode: Decode
  /// That decode; 0: one per available processor.
  let threads: Int32

  /// Finds out before any video is opened whether the options can be worked with: what is wrong with
  /// them is no video's fault.
  func checkOptions() throws(LibraryError) {
    _ = try model.probabilities(
      videos: [Float](repeating: 0, count: model.embeddingSize), texts: texts, templates: templates,
      classes: classes, scale: scale)
    _ = try indices(frameCount: 1, frameRate: 0)
    _ = try model.preprocessing(resize)
  }

  /// The probability of every class, [classes], and how many of the video's frames are damaged.
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

  /// The model's rule for T times as many segments as there are clips gives the frames, and the
  /// clips take them in turn: each clip has one frame from each T-th of the video, and no two clips
  /// the same where there are frames enough.
  private func indices(frameCount: Int64, frameRate: Double) throws(LibraryError) -> [Int64] {
    try model.indices(of: frameCount, segments: model.frames * Int(views.clips), frameRate: frameRate)
  }

  /// [crops * clips, E]
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
