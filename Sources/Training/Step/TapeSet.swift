import Model
import System

/// The tapes of a step: some of the batch's first clips have one each, and all others take the last one in turn.
final class TapeSet {
  private let own: [VideoTape]
  private let common: VideoTape?
  /// The clip that the common tape holds.
  private var inCommon: Int?
  /// Clips from 0 on whose own tapes are written.
  private var written = 0

  /// One tape, which all clips take in turn.
  convenience init(_ model: TrainableModel) throws(Failure) {
    try self.init(model, full: 0, inputs: 0, clips: 1)
  }

  /// `full` of the first clips keep all activations, and `inputs` clips after them each block's input.
  init(_ model: TrainableModel, full: Int, inputs: Int, clips: Int) throws(Failure) {
    var own: [VideoTape] = []
    for clip in 0..<full + inputs { own.append(try model.tape(keepsAll: clip < full)) }
    self.own = own
    common = own.count < clips ? try model.tape(keepsAll: model.keepsActivations) : nil
  }

  /// The tape of a clip.
  subscript(clip: Int) -> VideoTape {
    if clip < own.count { return own[clip] }
    guard let common else { preconditionFailure("a step has more clips than tapes") }
    return common
  }

  /// Notes that a clip's forward pass has written its tape.
  func wrote(_ clip: Int) {
    if clip < own.count { written = max(written, clip + 1) } else { inCommon = clip }
  }

  /// Whether a clip's tape holds its forward pass.
  func holds(_ clip: Int) -> Bool { clip < own.count ? clip < written : clip == inCommon }

  /// Notes that a backward pass has used a clip's tape up.
  func used(_ clip: Int) { if clip >= own.count { inCommon = nil } }

  /// Notes that the model has changed.
  func forget() { (inCommon, written) = (nil, 0) }
}
