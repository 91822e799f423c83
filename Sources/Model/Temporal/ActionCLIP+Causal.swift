import Numerics
import System

extension ActionCLIP {
  /// Makes a state for `encodeCausal`, before any frame.
  public func makeCausalState() throws(Failure) -> CausalState {
    try CausalState(
      count: causalShift(UnsafeBufferPointer(start: nil, count: 0)).stateCount(
        layers: configuration.visionLayers))
  }

  /// Encodes frames that follow those which each run's state has seen, with the causal temporal shift, to `out`
  /// [frames of all runs, E], not normalised. The source has the runs' frames one run after the other. A frame's
  /// embedding has the bits that it has in a video of all frames since the state was made or reset, in a model with
  /// `ShiftForm.causal` and that many frames, however the frames are cut into calls and whatever other runs a call has.
  /// Runs of one state follow each other. Weights trained with two-sided shift are computed the same way, which is
  /// another network than theirs. `out` and the states are written on success only.
  public func encodeCausal(
    _ source: any FrameSource, runs: UnsafeBufferPointer<CausalRun>, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard configuration.temporalShift != .off else {
      throw Failure(.optionConflict, "frames are encoded causally only in a model with temporal shift")
    }
    let shift = causalShift(runs)
    let stateCount = shift.stateCount(layers: configuration.visionLayers)
    let limit = Int.max / 4 / max(pixelsPerFrame, configuration.embeddingSize)
    var frames = 0
    for run in runs {
      guard run.state._withUnsafeGuaranteedRef({ $0.count }) == stateCount else {
        throw Failure(.invalidArgument, "the state of a run of frames is one of another model")
      }
      guard run.frames >= 0, run.frames <= limit - frames else {
        throw Failure(.invalidArgument, "a run has \(run.frames) frames, expected 0 to \(limit - frames)")
      }
      frames += run.frames
    }
    let numbers = frames * configuration.embeddingSize
    try withResults(numbers, 0) { (embeddings, _) throws(Failure) in
      for run in runs { run.state._withUnsafeGuaranteedRef { $0.begin() } }
      try vision.encode(
        source, frames: frames, causal: shift, to: embeddings, pool: pool, workspaces: workspaces)
      try ActionCLIP.check(embeddings, numbers, "input")
      // A block first sees the state's numbers with the next frame: those that overflow would spoil all later frames.
      for run in runs {
        try ActionCLIP.check(run.state._withUnsafeGuaranteedRef { $0.next }, stateCount, "input")
      }
      out.update(from: embeddings, count: numbers)
      for run in runs { run.state._withUnsafeGuaranteedRef { $0.commit() } }
    }
  }

  private func causalShift(_ runs: UnsafeBufferPointer<CausalRun>) -> CausalShift {
    CausalShift(runs: runs, tokens: vision.sequenceLength, width: configuration.visionWidth)
  }
}
