import System
import Numerics

/// Frames whose tokens attend to those of their neighbours too, in every block of the image encoder: keys and values of
/// the `reach` frames before and behind stand beside a frame's own. Beyond the ends of a video they are zeros, which
/// take their part in the softmax. Source: Open-VCLIP slowfast/models/torch_utils/functional.py, `expand_temporal_view`
/// (one frame on each side), `_step2` and `_step3`.
struct TemporalView {
  /// Frames on each side; 0: each frame sees itself alone.
  let reach: Int
  let frames: Int  // T
  let tokens: Int  // of a frame

  /// Keys of a frame.
  var longest: Int { (2 * reach + 1) * tokens }

  private var perSequence: Int { 2 * reach * tokens }

  /// The rows that come before each frame's own, for sequences that are the frames of whole videos one after the other;
  /// nil where no frame sees another.
  func neighbours(_ workspace: Workspace, sequences: Int) throws(Failure) -> Sequences.Before? {
    guard reach > 0 else { return nil }
    let rows = try workspace.takeIntegers(sequences * perSequence) { rows in
      var next = 0
      for sequence in 0..<sequences {
        let frame = sequence % frames
        for step in -reach...reach where step != 0 {
          let isThere = (0..<frames).contains(frame + step)
          for token in 0..<tokens {
            rows[next] = isThere ? (sequence + step) * tokens + token : -1
            next += 1
          }
        }
      }
    }
    return Sequences.Before(
      rows: rows, offsets: try workspace.takeOffsets(sequences: sequences, length: perSequence))
  }
}
