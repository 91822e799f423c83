import Numerics
import System

/// The last frame of a run as the causal temporal shift needs it: for each block the channels of its patch tokens that
/// the next frame takes, [layers, tokens, W/8]. It holds the state in use and the next one, which takes its place when a
/// call succeeds. Made by `ActionCLIP.makeCausalState`. One call uses it at a time.
public final class CausalState: @unchecked Sendable {
  // Unchecked: the calls that use a state are one after the other.
  private let first: FloatBuffer
  private let second: FloatBuffer
  private var secondIsInUse = false
  /// Whether a call is writing the next state.
  private var isPending = false

  /// The state before a run's first frame. `count` is the number of floats.
  init(count: Int) throws(Failure) {
    first = try FloatBuffer(count: count)
    second = try FloatBuffer(count: count)
  }

  /// Bytes that a state takes.
  public var bytes: Int { 2 * 4 * first.count }

  /// Forgets all frames: the next one is a run's first, which sees zeros in place of a frame before it.
  public func reset() { (secondIsInUse ? second : first).buffer.update(repeating: 0) }

  /// The number of floats of a state.
  var count: Int { first.count }

  /// The state that a call in progress writes, [layers, tokens, W/8].
  var next: UnsafeMutablePointer<Float> { (secondIsInUse ? first : second).base }

  /// Begins a call: the next state starts as a copy of the one in use.
  func begin() {
    isPending = true
    next.update(from: (secondIsInUse ? second : first).base, count: count)
  }

  /// Ends a call that succeeded. Where a call has several runs of the state, the first of these ends them all.
  func commit() {
    if isPending { secondIsInUse.toggle() }
    isPending = false
  }

  /// Takes back the latest call that succeeded. No other call may have begun since.
  public func undo() { secondIsInUse.toggle() }
}

/// Frames that follow one another in one call of `ActionCLIP.encodeCausal`, after those that the state has seen.
public struct CausalRun: BitwiseCopyable {
  /// The caller keeps the state alive for the call.
  public let state: Unmanaged<CausalState>
  public let frames: Int

  public init(_ state: CausalState, frames: Int) {
    self.state = Unmanaged.passUnretained(state)
    self.frames = frames
  }
}

/// The causal temporal shift over runs of frames, with what came before each run in its state.
struct CausalShift {
  let runs: UnsafeBufferPointer<CausalRun>
  let tokens: Int  // n of a frame, class token first
  let width: Int  // W

  private var fold: Int { width / 8 }

  /// Floats of a state for `layers` blocks.
  func stateCount(layers: Int) -> Int { layers * (tokens - 1) * fold }

  /// Shifts x [frames, n, W] in place before block `layer`: it holds the frames of all runs from number `first` on. Each
  /// frame's channels [fold, 2·fold) change places with the state's, which so becomes that frame's own.
  func apply(
    _ x: UnsafeMutablePointer<Float>, frames: Int, from first: Int, layer: Int, pool: ThreadPool
  ) {
    pool.run(count: tokens - 1) { token, _ in
      let place = (layer * (tokens - 1) + token) * fold
      var begin = -first  // the run's first frame, counted from the first of x
      for run in runs {
        let end = begin + run.frames
        if end > 0 {
          let kept = run.state._withUnsafeGuaranteedRef { $0.next } + place
          for frame in max(begin, 0)..<min(end, frames) {
            swap(kept, x + (frame * tokens + token + 1) * width + fold)
          }
        }
        if end >= frames { return }
        begin = end
      }
    }
  }

  private func swap(_ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>) {
    for i in 0..<fold { (a[i], b[i]) = (b[i], a[i]) }
  }
}
