import System
import TensorNames

extension Configuration {
  /// The side of SigLIP's pictures, `declared`, which may be up to a patch longer than the patches of a grid.
  func side(_ declared: Int, grid: Int) throws(Failure) -> Int {
    guard declared / patchSize == grid else {
      throw Failure(
        .invalid,
        "the file says that its pictures are \(declared) pixels wide, but by its tensors they have \(grid) patches of "
          + "\(patchSize) pixels in a row")
    }
    return declared
  }

  /// Refuses steps between frames in models whose class tokens do not carry what a frame shows, and learned words in
  /// texts that are seen whole.
  func refuseMixing() throws(Failure) {
    guard let unusualForm,
      joint || temporalShift != .off || temporalView > 0 || hasMessages || visualPrompts > 0
        || contextVectors > 0 && textForm != .causal
    else { return }
    let what =
      joint
      ? "joint space-time tokens"
      : temporalShift != .off
        ? "temporal shift"
        : temporalView > 0
          ? "a temporal view" : hasMessages ? "message tokens" : "learned prompts"
    throw Failure(
      .unsupported,
      "\(unusualForm) is not computed with \(what): its frames are encoded each by itself, and a temporal head joins "
        + "them")
  }
}
