import CShims
import Streams
import System

/// The part of a stream that its lock guards: what was pushed, what waits, and what became of every frame.
final class StreamState {
  let settings: StreamSettings
  var sampler: FrameSampler
  /// The windows up to the latest frame that was encoded.
  var maker: WindowMaker
  /// Sampled frames that are not encoded yet, oldest first.
  private(set) var waiting: FixedRing<SampledFrame>
  /// How many frames at the front of `waiting` the step in progress has taken on.
  private(set) var inStep = 0
  /// Whether the step in progress has said how many frames it takes of those that it could.
  private var isAllotted = false
  /// The places in the stream's `Pictures` that no frame uses.
  var freePictures: FreePlaces
  var windows: WindowQueue

  /// Whether a step encodes this stream's frames.
  private(set) var isStepping = false
  /// The token that cancels the step in progress; nil if there is none.
  private var stepToken: OpaquePointer?
  /// Threads that are about to reset the stream; meanwhile no step begins.
  var resetting = 0
  /// Whether `finish` was called: no more frames come.
  var isFinished = false
  /// Whether the stream has ended: it is finished, and a step has closed its last run.
  var isClosed = false
  private(set) var isCancelled = false
  var counts = Counts()

  /// The account of every frame pushed: `pushed` is the sum of the other numbers and of the frames that wait.
  struct Counts: BitwiseCopyable {
    var pushed: Int64 = 0
    var notDue: Int64 = 0
    var refused: Int64 = 0
    var dropped: Int64 = 0
    var encoded: Int64 = 0
  }

  /// The number of pictures that a stream needs at most: of the frames that wait, of as many in a step, of one that is
  /// being pushed, and of `kept` encoded frames.
  static func pictures(_ settings: StreamSettings, kept: Int) -> Int { 2 * settings.queueFrames + 1 + kept }

  /// - Parameters:
  ///   - pictures: how many the stream has.
  ///   - videoSize: floats of a window's row.
  init(_ settings: StreamSettings, pictures: Int, videoSize: Int) throws(Failure) {
    waiting = try FixedRing(capacity: 2 * settings.queueFrames)
    freePictures = try FreePlaces(count: pictures)
    windows = try WindowQueue(capacity: settings.queueWindows, size: videoSize)
    self.settings = settings
    sampler = FrameSampler(settings.sampling, gap: settings.gap)
    maker = StreamState.maker(settings)
  }

  private static func maker(_ settings: StreamSettings) -> WindowMaker {
    WindowMaker(length: settings.frames, hop: settings.hop, warmUp: settings.warmUp)
  }

  func countRefused() {
    counts.pushed += 1
    counts.refused += 1
  }

  // MARK: - Waiting frames

  /// Whether a sampled frame finds no room. A step in progress makes room for the frames that it takes once it has said
  /// how many these are, so that room which was there does not go away before the next push.
  var isFull: Bool { waiting.count - (isAllotted ? inStep : 0) >= settings.queueFrames }

  /// Adds a sampled frame by the stream's overflow policy, and returns whether older ones were dropped for it.
  func queue(_ frame: SampledFrame) -> Bool {
    let before = waiting.count
    switch settings.overflow {
    // More frames than fit may wait, since a step that had taken frames on can leave them waiting again.
    case .latest, .dropOldest: while waiting.count - inStep >= settings.queueFrames { drop(at: inStep) }
    // The push found room. There is memory even if frames of a step that failed have taken that room again.
    case .dropNewest, .wait: break
    }
    let dropped = before - waiting.count
    waiting.append(frame)
    return dropped > 0
  }

  private func drop(at index: Int) {
    freePictures.give(waiting.remove(at: index).picture)
    counts.dropped += 1
  }

  // MARK: - Steps

  /// The work that a step could do now, as far as the windows have room.
  struct Work: BitwiseCopyable {
    /// Waiting frames that can be encoded.
    var frames = 0
    /// Whether the last run can be closed after them.
    var closes = false
    var isNone: Bool { frames == 0 && !closes }
  }

  /// The work for a step; none while a step is in progress or the stream is about to be reset.
  var work: Work {
    guard !isStepping, resetting == 0 else { return Work() }
    var (maker, room, work) = (maker, windows.room, Work())
    for index in 0..<min(waiting.count, settings.queueFrames) {
      // The causal state is of one run, so a step of such a stream ends with the run.
      if settings.isCausal, waiting[index].run != waiting[0].run { return work }
      let completed = maker.add(run: waiting[index].run)
      room -= (completed.tail == nil ? 0 : 1) + (completed.window == nil ? 0 : 1)
      guard room >= 0 else { return work }
      work.frames = index + 1
    }
    guard isFinished, !isClosed, work.frames == waiting.count else { return work }
    work.closes = maker.close() == nil || room > 0
    return work
  }

  /// Drops waiting frames that are too old, unless a step has taken them on. Returns whether there were any.
  func dropOldFrames() -> Bool {
    guard !isStepping, let newest = sampler.newest else { return false }
    let before = waiting.count
    while waiting.count > 0, newest - waiting[0].timestamp > settings.maximumAge { drop(at: 0) }
    return waiting.count < before
  }

  /// Begins a step on this stream. Returns the work that it may do; without work no step begins. `allot` says how much
  /// of it the step does.
  /// - Parameter token: cancels the step.
  func beginStep(_ token: OpaquePointer) -> Work {
    let work = work
    guard !work.isNone else { return work }
    (isStepping, inStep, stepToken) = (true, work.frames, token)
    return work
  }

  /// Leaves all but the first `frames` of the step's frames waiting.
  func allot(_ frames: Int) { (inStep, isAllotted) = (frames, true) }

  /// Ends a step that encoded its frames: they wait no more.
  /// - Parameter keeps: whether their pictures are kept, for the caller to give back.
  func commitStep(keeps: Bool) {
    for _ in 0..<inStep {
      let frame = waiting.removeFirst().element
      if !keeps { freePictures.give(frame.picture) }
    }
    counts.encoded += Int64(inStep)
    endStep()
  }

  /// Ends a step that failed: its frames wait again, or are dropped. If more frames wait then than fit, and the
  /// overflow policy drops the oldest, it drops as many as are too many.
  func abandonStep(dropping: Bool) {
    if dropping { for _ in 0..<inStep { drop(at: 0) } }
    endStep()
    guard settings.overflow == .dropOldest || settings.overflow == .latest else { return }
    while waiting.count > settings.queueFrames { drop(at: 0) }
  }

  private func endStep() { (isStepping, inStep, isAllotted, stepToken) = (false, 0, false, nil) }

  // MARK: - The life of a stream

  /// Ends the step in progress, if any, and refuses everything until `reset`.
  func cancel() {
    isCancelled = true
    if let stepToken { cshims_token_set(stepToken, 1) }
  }

  func checkNotCancelled() throws(Failure) {
    if isCancelled { throw .cancelled }
  }

  /// Makes the stream as new. No step may be in progress, and kept pictures must have been given back.
  func reset() {
    while waiting.count > 0 { freePictures.give(waiting.removeFirst().element.picture) }
    windows.removeAll()
    sampler = FrameSampler(settings.sampling, gap: settings.gap)
    maker = StreamState.maker(settings)
    (isFinished, isClosed, isCancelled) = (false, false, false)
    counts = Counts()
  }
}
