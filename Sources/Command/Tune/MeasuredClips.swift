import CActionCLIP

/// Clips that measure a model, again and again: their crops are kept, so that no video is read twice.
struct MeasuredClips {
  /// The name in messages and reports.
  let name: String
  /// The clips that could be read.
  let rows: [VideoList.Row]
  /// The labels to choose among.
  let classes: ClassList
  let root: FilePath
  /// Crops of each clip, RGB [T, S, S, 3].
  private let squares: [[UInt8]]

  /// - Parameters:
  ///   - frames: T of the models that are measured.
  ///   - failures: gets the clips that cannot be read.
  init(
    _ name: String, _ rows: [VideoList.Row], of list: VideoList, for model: Model, frames: Int,
    _ pictures: PictureOptions, _ opening: VideoOpening, failures: inout [EvalReport.Failure]
  ) throws(LibraryError) {
    var (read, squares) = ([VideoList.Row](), [[UInt8]]())
    var progress = Progress(total: rows.count, of: "\(name) read", quietSeconds: 10)
    for row in rows {
      let place = "\(list.numbering) \(row.number) of the \(name)"
      let outcome = try row.attempt(in: list.root, place: place) { (path) throws(LibraryError) in
        try Video.open(path, opening, row.frames) { (video) throws(LibraryError) in
          let squares = try video.squares(
            of: row.span, for: model, frames: frames, resize: pictures.resize)
          return (squares, damaged: try video.outline().damaged_frames)
        }
      }
      switch outcome {
      case .read(let crops, _):
        read.append(row)
        squares.append(crops)
      case .failed(let error): failures.append(.init(row: row, error: error))
      }
      progress.step()
    }
    Progress.clear()
    (self.name, self.rows, self.squares) = (name, read, squares)
    (classes, root) = (list.classes, list.root)
  }

  /// Memory that the crops take.
  var bytes: Int64 { squares.reduce(0) { $0 + Int64($1.count) } }

  /// The scores of every clip, against texts of the labels, as `eval` computes them.
  func scores(by model: Model, _ texts: LabelTexts) throws(LibraryError) -> [Scored] {
    var scored: [Scored] = []
    for (row, squares) in zip(rows, squares) {
      let video = try model.encode(squares: squares)
      let scores = try model.probabilities(videos: video, texts, scale: 0)
      scored.append(Scored(classes: row.classes, scores: scores))
    }
    return scored
  }
}

extension Video {
  /// Crops of the frames that the model's rule chooses from the video or from a part of it, RGB [T, S, S, 3].
  fileprivate func squares(
    of span: TimeSpan?, for model: Model, frames count: Int, resize: Resize?
  ) throws(LibraryError) -> [UInt8] {
    let outline = try outline()
    let part = try span.map { (span) throws(LibraryError) in try frames(in: span) } ?? 0..<outline.frame_count
    let chosen = try model.indices(
      of: Int64(part.count), segments: count, frameRate: outline.frame_rate)
    return try squares(
      at: chosen.map { part.lowerBound + $0 }, for: model, resize: resize,
      crops: Views.single.cropPositions
    ).squares[0]
  }
}

/// The shares of clips whose best label, or one of whose best five, is one that they show.
struct Accuracy {
  let top1, top5: Proportion

  init(_ scored: [Scored]) {
    let ranks = scored.map { clip in clip.classes.map { clip.rank(of: $0) }.min() ?? Int.max }
    top1 = Proportion(hits: ranks.count { $0 == 0 }, of: ranks.count)
    top5 = Proportion(hits: ranks.count { $0 < 5 }, of: ranks.count)
  }

  /// An accuracy that was measured earlier.
  init(right: Int, amongFive: Int, clips: Int) {
    top1 = Proportion(hits: right, of: clips)
    top5 = Proportion(hits: amongFive, of: clips)
  }
}
