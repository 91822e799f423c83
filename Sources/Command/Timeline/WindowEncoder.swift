import CActionCLIP

/// Encodes the windows over one video, from the first to the last. A frame is read once: going back would decode from the
/// beginning again. Where the model's frames do not see each other, a frame is encoded once too, and its embedding is
/// joined with those of each window; else its picture is kept, and each window is encoded as a video of its own. Both
/// give the same bits.
struct WindowEncoder {
  private let model: Model
  private let video: Video
  private let resize: Resize?
  /// Numbers of the frames that some window wants, ascending.
  private let wanted: [Int64]
  private var next = 0
  private var pictures = FrameRows<UInt8>()
  private var embeddings = FrameRows<Float>()
  /// Times of the frames that have been read.
  private(set) var times: FrameTimes
  /// Pictures of the frames that have been read; nil if none are wanted.
  private(set) var thumbnails: Thumbnails?

  /// `inside` are the T frames of a window, counted from its beginning.
  init(
    _ model: Model, _ video: Video, resize: Resize?, starts: [Int], inside: [Int64], times: FrameTimes,
    thumbnails: Thumbnails?
  ) {
    self.model = model
    self.video = video
    self.resize = resize
    self.times = times
    self.thumbnails = thumbnails
    wanted = Set(starts.flatMap { start in inside.map { $0 + Int64(start) } }).sorted()
  }

  /// Embeddings [windows, E] of windows that begin at `starts`, none before those of an earlier call.
  mutating func encode(starts: ArraySlice<Int>, inside: [Int64]) throws(LibraryError) -> [Float] {
    guard let first = starts.first else { return [] }
    let frames = starts.flatMap { start in inside.map { $0 + Int64(start) } }
    let missing = Array(wanted[next...].prefix { $0 <= frames[frames.count - 1] })
    next += missing.count
    let read = try video.squares(
      at: missing, for: model, resize: resize, crops: [Int32(ACTIONCLIP_CROP_CENTER)])
    times.add(missing, read.seconds)
    thumbnails?.add(read.squares[0], at: read.seconds)
    guard model.info.frames_independent != 0 else {
      pictures.drop(before: Int64(first))
      pictures.add(missing, read.squares[0])
      return try model.encode(squares: pictures.rows(of: frames))
    }
    embeddings.drop(before: Int64(first))
    if !missing.isEmpty { embeddings.add(missing, try model.encodeSingle(squares: read.squares[0])) }
    return try model.join(frames: embeddings.rows(of: frames))
  }
}

/// A row of equally many elements for each frame that a window to come may want.
private struct FrameRows<Element> {
  private var rows: [Int64: [Element]] = [:]

  /// Keeps the rows of `elements` [frames, row].
  mutating func add(_ frames: [Int64], _ elements: [Element]) {
    let size = elements.count / max(1, frames.count)
    for (place, frame) in frames.enumerated() {
      rows[frame] = Array(elements[place * size..<(place + 1) * size])
    }
  }

  mutating func drop(before frame: Int64) { rows = rows.filter { $0.key >= frame } }

  func rows(of frames: [Int64]) -> [Element] { frames.flatMap { rows[$0] ?? [] } }
}
