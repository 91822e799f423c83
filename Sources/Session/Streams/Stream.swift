import Model
import Preprocess
import Streams
import System

/// Frames of a camera that arrive one by one, and windows over them that are encoded as videos. One thread may push,
/// another step, a third take windows, and any thread cancel or look. Pushes wait for each other, and a step leaves out
/// a stream that another one encodes.
///
/// A sampled frame is cropped to the network's input as it is pushed, so that only crops are kept. Their memory is
/// taken when the stream is made.
public final class Stream: Sendable {
  let loaded: LoadedModel
  public let settings: StreamSettings
  let state: Monitor<StreamState>
  let pictures: Pictures
  let history: StreamHistory
  /// The latest frame as the causal temporal shift needs it; nil unless the stream is causal.
  let causal: CausalState?
  let places: WindowPlaces
  let normalization: CropNormalization
  private let preprocessor: Monitor<Preprocessor>

  /// - Throws: `.invalidArgument` for an option out of its range; `.outOfMemory`.
  public init(_ loaded: LoadedModel, _ options: StreamOptions) throws(Failure) {
    let c = loaded.configuration
    guard !options.isCausal || c.temporalShift != .off else {
      throw Failure(
        .optionConflict,
        "mode is ACTIONCLIP_STREAM_CAUSAL, and the model has no temporal shift; streams of it are"
          + " ACTIONCLIP_STREAM_EXACT")
    }
    settings = try StreamSettings(options, frames: c.frames, declared: loaded.frameIntervalNanoseconds)
    self.loaded = loaded
    causal = options.isCausal ? try loaded.model.makeCausalState() : nil
    history = try StreamHistory(
      length: c.frames, size: c.embeddingSize,
      keepsEmbeddings: loaded.model.framesAreIndependent || options.isCausal)
    let count = StreamState.pictures(settings, kept: history.keepsPictures ? c.frames : 0)
    pictures = try Pictures(count: count, size: c.imageSize)
    state = Monitor(try StreamState(settings, pictures: count, videoSize: c.videoSize))
    places = WindowPlaces(length: c.frames, warmUp: settings.warmUp, choice: loaded.preset.sampling)
    normalization = try CropNormalization(size: c.imageSize, options: options.preprocess)
    preprocessor = Monitor(try Preprocessor(size: c.imageSize, options: options.preprocess))
  }

  // MARK: - Pushing

  /// The answer to a pushed frame.
  public enum PushOutcome: Sendable {
    case queued
    /// It is not sampled; its pixels were not read.
    case notDue
    /// It is queued, and older frames were dropped for it.
    case replaced
    case dropped
    /// It was not taken, for want of room, and may be pushed again.
    case full
  }

  /// Takes a frame, whose memory is free again on return. `frame` is asked for its view whether or not it is due.
  /// - Parameter timestamp: nanoseconds, later than the timestamp of the frame before.
  /// - Throws: `.invalidArgument` for a bad frame or timestamp, which is counted and changes nothing else;
  ///   `.cancelled`.
  public func push(
    at timestamp: Int64, _ frame: () throws(Failure) -> FrameView
  ) throws(Failure) -> PushOutcome {
    let outcome = try preprocessor.withLock { (preprocessor) throws(Failure) in
      let view: FrameView
      do throws(Failure) { view = try frame() } catch { throw refused(error) }
      let admission = try state.withLock { (state) throws(Failure) in try admit(timestamp, state) }
      switch admission {
      case .decided(let outcome): return outcome
      case .due(let place, let picture):
        do throws(Failure) {
          try preprocessor.crop(view, into: pictures.crop(picture))
        } catch {
          state.withLock { $0.freePictures.give(picture) }
          throw refused(error)
        }
        return try state.withLock { (state) throws(Failure) in
          try queue(place, picture, at: timestamp, state)
        }
      }
    }
    if outcome == .queued || outcome == .replaced { loaded.streams.announce() }
    return outcome
  }

  private enum Admission {
    case decided(PushOutcome)
    /// The frame is to be cropped into this picture.
    case due(FrameSampler.Place, picture: Int32)
  }

  /// Decides about a frame before its pixels are read.
  private func admit(_ timestamp: Int64, _ state: StreamState) throws(Failure) -> Admission {
    try state.checkNotCancelled()
    let place: FrameSampler.Place
    do throws(Failure) {
      guard !state.isFinished else { throw Stream.finished }
      place = try state.sampler.place(at: timestamp)
    } catch {
      state.countRefused()
      throw error
    }
    guard place.isDue else {
      state.sampler.take(place, at: timestamp)
      state.counts.pushed += 1
      state.counts.notDue += 1
      return .decided(.notDue)
    }
    if state.isFull, settings.overflow == .wait { return .decided(.full) }
    if state.isFull, settings.overflow == .dropNewest {
      state.sampler.take(place, at: timestamp)
      state.counts.pushed += 1
      state.counts.dropped += 1
      return .decided(.dropped)
    }
    guard let picture = state.freePictures.take() else {
      throw Failure(.internal, "no picture of the stream is free")
    }
    return .due(place, picture: picture)
  }

  /// Queues a frame whose crop is written.
  private func queue(
    _ place: FrameSampler.Place, _ picture: Int32, at timestamp: Int64, _ state: StreamState
  ) throws(Failure) -> PushOutcome {
    guard !state.isCancelled, !state.isFinished else {
      state.freePictures.give(picture)
      if state.isCancelled { throw .cancelled }
      state.countRefused()
      throw Stream.finished
    }
    let frame = SampledFrame(
      picture: picture, timestamp: timestamp, push: state.counts.pushed, run: place.run, due: place.due)
    state.sampler.take(place, at: timestamp)
    state.counts.pushed += 1
    return state.queue(frame) ? .replaced : .queued
  }

  private static var finished: Failure {
    .argument("the stream is finished; begin a new one with actionclip_stream_reset")
  }

  /// Counts a frame that is refused, and returns the error of its push. A cancelled stream counts nothing.
  private func refused(_ error: Failure) -> Failure {
    state.withLock { state in
      if state.isCancelled { return .cancelled }
      state.countRefused()
      return error
    }
  }

  // MARK: - Taking windows

  public enum NextWindow: Sendable {
    case window(StreamWindow)
    /// None is ready now.
    case none
    /// The stream is finished, and all its windows were taken.
    case end
  }

  /// Takes the oldest window that waits and copies its embedding to `embedding` [E].
  public func next(embedding: UnsafeMutablePointer<Float>) throws(Failure) -> NextWindow {
    let next = try state.withLock { (state) throws(Failure) -> NextWindow in
      try state.checkNotCancelled()
      guard state.windows.count > 0 else { return state.isClosed ? .end : .none }
      return .window(state.windows.removeFirst(to: embedding))
    }
    if case .window = next { loaded.streams.announce() }
    return next
  }

  // MARK: - The life of a stream

  /// Says that no more frames come, so that steps make the windows of the end.
  public func finish() throws(Failure) {
    try state.withLock { (state) throws(Failure) in
      try state.checkNotCancelled()
      state.isFinished = true
    }
    loaded.streams.announce()
  }

  /// Makes the stream as new, cancelled or not. Waits for a step in progress, and then for a push.
  public func reset() {
    // Announced first, so that a thread that steps again and again cannot keep it waiting for ever. The step is waited
    // for before pushes are held up, so that no push waits for it.
    state.withLock { $0.resetting += 1 }
    state.wait(until: { !$0.isStepping }) { _ in }
    preprocessor.withLock { _ in
      state.change { state in
        state.resetting -= 1
        history.releasePictures { state.freePictures.give($0) }
        history.reset()
        state.reset()
      }
    }
    loaded.streams.announce()
  }

  /// Ends a step in progress within the time of one frame, and refuses all calls but `reset` from now on.
  public func cancel() {
    state.withLock { $0.cancel() }
    loaded.streams.announce()
  }

  /// The account of all frames, and the state of the stream, at one moment.
  public struct Statistics: Sendable {
    public var isFinished = false
    public var pushed: Int64 = 0
    public var notDue: Int64 = 0
    public var refused: Int64 = 0
    public var dropped: Int64 = 0
    public var encoded: Int64 = 0
    /// Sampled frames that wait for a step, or are in one.
    public var pending: Int64 = 0
    /// The number of windows made.
    public var windows: Int64 = 0
    /// The number of windows that wait to be taken.
    public var waitingWindows: Int64 = 0
    /// The number of gaps, each of which began a new run.
    public var gaps: Int64 = 0
    /// The latest timestamp; nil before the first frame.
    public var newest: Int64?
  }

  public var statistics: Statistics {
    state.withLock { state in
      Statistics(
        isFinished: state.isFinished, pushed: state.counts.pushed, notDue: state.counts.notDue,
        refused: state.counts.refused, dropped: state.counts.dropped, encoded: state.counts.encoded,
        pending: Int64(state.waiting.count), windows: state.windows.added,
        waitingWindows: Int64(state.windows.count), gaps: state.sampler.gaps, newest: state.sampler.newest)
    }
  }

  /// Bytes of memory that the stream took when it was made.
  public var memory: Int {
    history.memory + (causal?.bytes ?? 0) + pictures.memory + state.withLock { $0.windows.memory }
  }

  /// E, numbers of an embedding.
  public var videoSize: Int { loaded.configuration.videoSize }

  /// The number of frames that the network encodes from one window to the next.
  public var framesPerHop: Int { history.keepsPictures ? settings.frames : settings.hop }
}
