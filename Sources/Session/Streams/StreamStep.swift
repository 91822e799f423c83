import CShims
import Model
import Numerics
import Preprocess
import Streams
import System

/// The memory of one step over many streams, which encodes their waiting frames in one batch. Steps reuse it.
///
/// The streams' locks are held only to take frames on and to hand results over. A step that fails changes nothing.
final class StreamStep: FrameSource, @unchecked Sendable {
  // Unchecked: while a step encodes, the model's threads only read.

  /// The share of one stream in the step.
  private struct Part: BitwiseCopyable {
    /// The stream's index among the step's streams.
    let stream: Int
    let available: StreamState.Work
    /// The place of the share's first frame in `frames`, and the number of its frames, which follow one another.
    var first = 0
    var count = 0
    /// Whether the stream's last run ends with this step.
    var closes: Bool { available.closes && count == available.frames }
    /// The stream's windows as they go on after these frames.
    var maker: WindowMaker?
    /// The place of the share's first window in `windows`, and the number of its windows.
    var firstWindow = 0
    var windows = 0
    /// How many frames the stream had encoded before this step.
    var encoded: Int64 = 0
  }

  /// The number of frames that one stream had in a step.
  private struct Share: BitwiseCopyable {
    /// The stream's index among the step's streams.
    let stream: Int
    let frames: Int
  }

  /// A crop that the encoder asks for.
  private struct Crop: BitwiseCopyable {
    let stream: Int
    let pixels: UnsafePointer<UInt8>
  }

  private let token: OpaquePointer
  private var streams = StreamList()
  private var parts = GrowingArray<Part>()
  private var frames = GrowingArray<SampledFrame>()
  private var windows = GrowingArray<WindowSpan>()
  private var crops = GrowingArray<Crop>()
  private var runs = GrowingArray<CausalRun>()
  private var embeddings: FloatBuffer  // [frames, E]
  private var rows: FloatBuffer  // [windows, T, E]
  private var joined: FloatBuffer  // [windows, E]
  /// The share that gets a frame first if not all can have one, so that no stream is always the last.
  private var turn = 0
  /// Whether numbers overflowed in windows, whose frames one by one did not.
  private var overflowsInWindows = false
  /// The shares of the latest step over several streams in which numbers overflowed.
  private var overflowed = GrowingArray<Share>()

  init() throws(Failure) {
    let nothing = try FloatBuffer(count: 0)
    (embeddings, rows, joined) = (nothing, nothing, nothing)
    guard let token = cshims_token_create() else { throw .outOfMemory("a cancel token") }
    self.token = token
  }

  deinit { cshims_token_release(token) }

  /// Encodes waiting frames of `count` streams of one model, at most `limit`, and makes the windows that they complete.
  /// A stream that another step encodes is left out. Returns the number of frames encoded.
  ///
  /// If numbers overflow, the frames of that stream are dropped, those of the others are encoded, and it throws.
  /// - Parameter stream: gives the stream at an index in 0 ..< count.
  func run(
    count: Int, limit: Int, _ stream: (Int) throws(Failure) -> Stream
  ) throws(Failure) -> Int {
    overflowed.removeAll()
    do throws(Failure) { return try runTogether(count: count, limit: limit, stream) } catch {
      guard error.kind == .notFinite else { throw error }
      // Each stream by itself, so that only the one whose numbers overflow loses frames.
      for share in overflowed.view {
        do throws(Failure) {
          _ = try runTogether(count: 1, limit: share.frames) { (_) throws(Failure) in
            try stream(share.stream)
          }
        } catch { if error.kind != .notFinite { throw error } }
      }
      throw error
    }
  }

  /// Runs a step that succeeds or fails as a whole.
  ///
  /// Numbers that overflow would do so in each later step. If only one stream has a share in the step, its frames are
  /// dropped, and with them earlier ones which windows to come would share, if the cause may lie in those. If several
  /// have, the step changes nothing, and `overflowed` says which shares it had.
  private func runTogether(
    count: Int, limit: Int, _ stream: (Int) throws(Failure) -> Stream
  ) throws(Failure) -> Int {
    cshims_token_set(token, 0)
    cshims_use_call_token(token)
    defer {
      cshims_use_call_token(nil)
      streams.removeAll()
      parts.removeAll()
      frames.removeAll()
      windows.removeAll()
      crops.removeAll()
      runs.removeAll()
    }
    for index in 0..<count { try streams.append(stream(index)) }
    for index in 1..<max(count, 1) { try streams[index].check(belongsTo: streams[0].loaded, index) }
    var isDone = false
    var dropsFrames = false
    overflowsInWindows = false
    defer { if !isDone { abandon(dropping: dropsFrames) } }
    try begin()
    allot(limit)
    leaveOutIdleShares()
    try takeFrames()
    guard !parts.isEmpty else { return 0 }
    // Frames that are taken on leave room for others.
    streams[0].loaded.streams.announce()
    try plan()
    do throws(Failure) { try encode() } catch {
      guard error.kind == .notFinite else { throw error }
      dropsFrames = parts.count == 1
      if !dropsFrames { try keepShares() }
      throw error
    }
    commit()
    isDone = true
    return frames.count
  }

  private func keepShares() throws(Failure) {
    for part in parts.view { try overflowed.append(Share(stream: part.stream, frames: part.count)) }
  }

  // MARK: - Taking frames on

  /// Begins the step on each stream that has work; first on those whose windows are encoded anew, so that the frames
  /// which are encoded once follow one another.
  private func begin() throws(Failure) {
    // Before any stream's step begins, so that refused memory leaves none begun.
    try parts.append(repeating: Part(stream: 0, available: StreamState.Work()), count: streams.count)
    parts.removeAll()
    var dropped = false
    defer { if dropped { streams[0].loaded.streams.announce() } }
    for keepsPictures in [true, false] {
      for index in 0..<streams.count where streams[index].history.keepsPictures == keepsPictures {
        let work = try streams[index].state.withLock { (state) throws(Failure) in
          try state.checkNotCancelled()
          if state.dropOldFrames() { dropped = true }
          return state.beginStep(token)
        }
        if !work.isNone { try parts.append(Part(stream: index, available: work)) }
      }
    }
  }

  /// Shares `limit` frames out, one after the other to each stream.
  private func allot(_ limit: Int) {
    var left = limit
    turn = parts.isEmpty ? 0 : (turn + 1) % parts.count
    var isMore = true
    while isMore, left > 0 {
      isMore = false
      for step in 0..<parts.count where left > 0 {
        let index = (turn + step) % parts.count
        guard parts[index].count < parts[index].available.frames else { continue }
        parts[index].count += 1
        left -= 1
        isMore = true
      }
    }
  }

  /// Ends the step on streams that have no share in it.
  private func leaveOutIdleShares() {
    var kept = 0
    for index in 0..<parts.count {
      let part = parts[index]
      if part.count == 0, !part.closes {
        streams[part.stream].state.change { $0.abandonStep(dropping: false) }
      } else {
        parts[kept] = part
        kept += 1
      }
    }
    parts.removeLast(to: kept)
  }

  /// Copies the frames of each share.
  private func takeFrames() throws(Failure) {
    for index in 0..<parts.count {
      let stream = streams[parts[index].stream]
      parts[index].first = frames.count
      parts[index].encoded = stream.history.count
      let count = parts[index].count
      parts[index].maker = try stream.state.withLock { (state) throws(Failure) in
        state.allot(count)
        for place in 0..<count { try frames.append(state.waiting[place]) }
        return state.maker
      }
    }
  }

  /// Finds the windows that the frames complete.
  private func plan() throws(Failure) {
    for index in 0..<parts.count {
      var part = parts[index]
      guard var maker = part.maker else { continue }
      part.firstWindow = windows.count
      for place in part.first..<part.first + part.count {
        let (tail, window) = maker.add(run: frames[place].run)
        if let tail { try windows.append(tail) }
        if let window { try windows.append(window) }
      }
      if part.closes, let tail = maker.close() { try windows.append(tail) }
      part.windows = windows.count - part.firstWindow
      part.maker = maker
      parts[index] = part
    }
  }

  // MARK: - Encoding

  private func encode() throws(Failure) {
    let model = streams[0].loaded.model
    let size = model.configuration.embeddingSize
    // The parts before `split` encode their windows anew, `anew` of them; the others encode each frame once.
    var split = 0
    while split < parts.count, streams[parts[split].stream].history.keepsPictures { split += 1 }
    let once = split..<parts.count
    let anew = split < parts.count ? parts[split].firstWindow : windows.count
    try StreamStep.grow(&joined, rows: windows.count, model.videoSize)
    if anew > 0 {
      try forEachPlace(of: 0..<split) { (part, _, _, number) throws(Failure) in
        try appendCrop(of: frame(number, of: part), part.stream)
      }
      try model.encode(self, videos: anew, videoOut: joined.base, frameOut: nil)
    }
    guard !once.isEmpty else { return }
    let first = parts[split].first
    // Memory is taken before the causal states move on.
    try StreamStep.grow(&embeddings, rows: frames.count, size)
    try StreamStep.grow(&rows, rows: windows.count - anew, model.configuration.frames * size)
    try encodeFrames(once, count: frames.count - first, to: embeddings.base + first * size)
    guard windows.count > anew else { return }
    do throws(Failure) {
      try gatherEmbeddings(once, after: anew, size)
      try model.join(rows.base, videos: windows.count - anew, to: joined.base + anew * size)
    } catch {
      overflowsInWindows = error.kind == .notFinite
      for run in runs.view { run.state._withUnsafeGuaranteedRef { $0.undo() } }
      throw error
    }
  }

  /// Encodes the frames of parts whose frames are encoded once.
  private func encodeFrames(
    _ once: Range<Int>, count: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard count > 0 else { return }
    crops.removeAll()
    for index in once {
      let part = parts[index]
      for place in part.first..<part.first + part.count { try appendCrop(of: frames[place], part.stream) }
      let stream = streams[part.stream]
      guard part.count > 0, let state = stream.causal else { continue }
      let run = frames[part.first].run
      // A state of an earlier run is not needed again, whether or not this step succeeds.
      if stream.history.causalRun != run { state.reset() }
      stream.history.causalRun = run
      try runs.append(CausalRun(state, frames: part.count))
    }
    let model = streams[0].loaded.model
    if runs.isEmpty {
      try model.encodeFrames(self, count: count, to: out)
    } else {
      do throws(Failure) { try model.encodeCausal(self, runs: runs.view, to: out) } catch {
        runs.removeAll()
        throw error
      }
    }
  }

  /// Replaces a buffer that is too small for `rows` rows of `size` floats.
  private static func grow(_ buffer: inout FloatBuffer, rows: Int, _ size: Int) throws(Failure) {
    let (needed, overflow) = rows.multipliedReportingOverflow(by: size)
    guard !overflow else { throw .outOfMemory("\(rows) windows") }
    if buffer.count < needed { buffer = try FloatBuffer(count: max(needed, 2 * buffer.count)) }
  }

  /// Calls `body` for each place of each window of these parts with the number of its frame among those of the stream.
  private func forEachPlace(
    of parts: Range<Int>,
    _ body: (_ part: Part, _ window: Int, _ place: Int, _ number: Int64) throws(Failure) -> Void
  ) throws(Failure) {
    for index in parts {
      let part = self.parts[index]
      let places = streams[part.stream].places
      for window in part.firstWindow..<part.firstWindow + part.windows {
        let span = windows[window]
        try places.forEach(of: span.frames) { (place, frame) throws(Failure) in
          try body(part, window, place, span.first + Int64(frame))
        }
      }
    }
  }

  /// Copies the embeddings of the windows of these parts to `rows`; the first of them is window `first`.
  private func gatherEmbeddings(_ parts: Range<Int>, after first: Int, _ size: Int) throws(Failure) {
    try forEachPlace(of: parts) { (part, window, place, number) throws(Failure) in
      let stream = streams[part.stream]
      let row = rows.base + ((window - first) * stream.settings.frames + place) * size
      if number >= part.encoded {
        row.update(from: embeddings.base + (part.first + Int(number - part.encoded)) * size, count: size)
      } else if let kept = stream.history.embedding(number) {
        row.update(from: kept, count: size)
      }
    }
  }

  /// The frame with a number among those of the stream: one of the step's, or one of the latest before it.
  private func frame(_ number: Int64, of part: Part) -> SampledFrame {
    number >= part.encoded
      ? frames[part.first + Int(number - part.encoded)] : streams[part.stream].history.frame(number)
  }

  private func appendCrop(of frame: SampledFrame, _ stream: Int) throws(Failure) {
    guard let pixels = streams[stream].pictures.crop(frame.picture).baseAddress else { return }
    try crops.append(Crop(stream: stream, pixels: pixels))
  }

  func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    let crop = crops[index]
    streams[crop.stream].normalization.apply(crop.pixels, to: pixels)
  }

  // MARK: - Handing over

  private func commit() {
    let c = streams[0].loaded.configuration
    for part in parts.view {
      let stream = streams[part.stream]
      let history = stream.history
      stream.state.change { state in
        state.commitStep(keeps: history.keepsPictures)
        // Windows are described before the frames that they begin with leave the history.
        for window in part.firstWindow..<part.firstWindow + part.windows {
          let span = windows[window]
          let (first, last) = (frame(span.first, of: part), frame(span.last, of: part))
          state.windows.append(
            StreamWindow(
              sequence: state.windows.added, start: first.timestamp, end: last.timestamp,
              firstPush: first.push, lastPush: last.push, frames: span.frames,
              dropped: last.due - first.due + 1 - Int64(span.frames), followsGap: span.followsGap,
              isTail: span.isTail), joined.base + window * c.videoSize)
        }
        for place in part.first..<part.first + part.count {
          history.append(frames[place], UnsafePointer(embeddings.base + place * c.embeddingSize)) {
            state.freePictures.give($0)
          }
        }
        if let maker = part.maker { state.maker = maker }
        if part.closes { state.isClosed = true }
      }
    }
    streams[0].loaded.streams.announce()
  }

  /// Ends the step on every stream where it began.
  private func abandon(dropping: Bool) {
    for part in parts.view {
      let stream = streams[part.stream]
      stream.state.change { state in
        state.abandonStep(dropping: dropping)
        // An earlier frame of the window may be the cause.
        guard dropping, overflowsInWindows || stream.history.keepsPictures else { return }
        stream.history.releasePictures { state.freePictures.give($0) }
        state.maker.forget()
      }
    }
    if !parts.isEmpty { streams[0].loaded.streams.announce() }
  }
}
