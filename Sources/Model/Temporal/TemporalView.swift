import System
import Numerics

/// Frames whose tokens attend to those of their neighbours too, in every block of the image encoder: keys and values of the
/// `reach` frames before and behind stand beside a frame's own. Beyond the ends of a video they are zeros, which take their
/// part in the softmax. Source: Open-VCLIP slowfast/models/torch_utils/functional.py, `expand_temporal_view` (one frame
/// on each side), `_step2` and `_step3`.
struct TemporalView {
  /// Frames on each side; 0: each frame sees itself alone.
  let reach: Int
  let frames: Int  // T
  let tokens: Int  // of a frame

  /// Keys of a frame.
  var longest: Int { (2 * reach + 1) * tokens }

  private var perSequence: Int { 2 * reach * tokens }

  /// Floats of workspace that `neighbours` takes.
  func floats(sequences: Int) -> Int {
    reach == 0
      ? 0 : Workspace.integers(sequences * perSequence) + Workspace.offsets(sequences: sequences)
  }

  /// For sequences that are the frames of whole videos, one after the other; nil where none sees another.
  func neighbours(_ workspace: Workspace, sequences: Int) throws(NumericsError) -> Sequences.Before? {
    guard reach > 0 else { return nil }
    let rows = try workspace.takeIntegers(sequences * perSequence)
    let places = try workspace.takeOffsets(sequences: sequences, length: perSequence)
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
    return Sequences.Before(rows: rows, places: places)
  }
}
