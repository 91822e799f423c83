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
  /// The first ones of `waiting` that a step has taken on.
  private(set) var inStep = 0
  var pictures: Pictures
  var windows: WindowQueue

  /// Set while a step encodes this stream's frames.
  private(set) var isStepping = false
  /// Threads that wait to reset the stream; meanwhile no step begins.
  var resetting = 0
  /// The cancel token of that step.
  private var stepToken: OpaquePointer?
  /// Set by `finish`: no more frames come.
  var isFinished = false
  /// Set once the last run has ended after `finish`.
  var isClosed = false
  private(set) var isCancelled = false
  var counts = Counts()

  /// The account of every frame pushed: `pushed` is the sum of the others and of those that wait.
  struct Counts: BitwiseCopyable {
    var pushed: Int64 = 0
    var notDue: Int64 = 0
    var refused: Int64 = 0
    var dropped: Int64 = 0
    var encoded: Int64 = 0
  }

  /// - Parameters:
  ///   - kept: pictures of encoded frames that the windows to come need.
  ///   - size: S.
  ///   - embeddingSize: E.
  init(_ settings: StreamSettings, kept: Int, size: Int, embeddingSize: Int) throws(Failure) {
    // Those that wait, as many in a step, and one that is being written.
    let queue = settings.queueFrames
    waiting = try FixedRing(capacity: 2 * queue)
    pictures = try Pictures(count: 2 * queue + 1 + kept, size: size)
    windows = try WindowQueue(capacity: settings.queueWindows, size: embeddingSize)
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

  /// Whether a sampled frame finds no room.
  var isFull: Bool { waiting.count - inStep >= settings.queueFrames }

  /// Adds a sampled frame by the stream's overflow policy, and returns whether older ones were dropped for it.
  func queue(_ frame: SampledFrame) -> Bool {
    let before = waiting.count
    switch settings.overflow {
    case .latest: while waiting.count > inStep { drop(at: inStep) }
    case .dropOldest where isFull: drop(at: inStep)
    // Only a push adds frames, so there still is the room that it found.
    case .dropOldest, .dropNewest, .wait: break
    }
    let dropped = before - waiting.count
    waiting.append(frame)
    return dropped > 0
  }

  private func drop(at index: Int) {
    pictures.give(waiting.remove(at: index).picture)
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

  /// The work for a step. Nothing while another step encodes this stream.
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

  /// Begins a step on this stream. Returns the work that it may do; without work no step begins.
  /// - Parameter token: cancels the step.
  func beginStep(_ token: OpaquePointer) -> Work {
    let work = work
    guard !work.isNone else { return work }
    (isStepping, inStep, stepToken) = (true, work.frames, token)
    return work
  }

  /// Leaves all but the first `frames` of the step's frames waiting.
  func narrowStep(to frames: Int) { inStep = frames }

  /// Ends a step that encoded its frames: they wait no more.
  /// - Parameter keeps: whether their pictures are kept, for the caller to give back.
  func commitStep(keeps: Bool) {
    for _ in 0..<inStep {
      let frame = waiting.removeFirst().element
      if !keeps { pictures.give(frame.picture) }
    }
    counts.encoded += Int64(inStep)
    endStep()
  }

  /// Ends a step that failed: its frames wait again, or are dropped. Where the queue's length bounds the delay, the oldest
  /// of more than fit are dropped too.
  func abandonStep(dropping: Bool) {
    if dropping { for _ in 0..<inStep { drop(at: 0) } }
    endStep()
    guard settings.overflow == .dropOldest || settings.overflow == .latest else { return }
    while waiting.count > settings.queueFrames { drop(at: 0) }
  }

  private func endStep() { (isStepping, inStep, stepToken) = (false, 0, nil) }

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
    while waiting.count > 0 { pictures.give(waiting.removeFirst().element.picture) }
    windows.removeAll()
    sampler = FrameSampler(settings.sampling, gap: settings.gap)
    maker = StreamState.maker(settings)
    (isFinished, isClosed, isCancelled) = (false, false, false)
    counts = Counts()
  }
}
