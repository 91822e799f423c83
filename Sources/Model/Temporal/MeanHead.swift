import Numerics
import System

/// MeanP: the mean of a video's frame embeddings. Joint models have it too: with one embedding per video, which is its
/// own mean. Where each frame scores by itself, it is the mean of the frames' directions (Open-VCLIP
/// slowfast/models/temporalclip_video_model.py, `forward`): its product with a text of unit length is the mean of the
/// frames' cosines.
struct MeanHead: TemporalHead {
  static let kind = TemporalHeadKind(1, "MeanP")
  static let recognisedBy: String? = nil

  let frames: Int
  let size: Int
  /// Whether frames count at unit length.
  let takesDirections: Bool

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    frames = c.frameRowsPerVideo
    size = c.embeddingSize
    takesDirections = c.scoresFrames
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Void,
    _ pool: ThreadPool
  ) throws(Failure) {
    guard takesDirections else { return writeMeans(of: x, plus: nil, videos: videos, to: out) }
    for video in 0..<videos {
      let mean = out + video * size
      mean.update(repeating: 0, count: size)
      for t in 0..<frames {
        let row = x + (video * frames + t) * size
        let scale = inverseLength(of: row) / Float(frames)
        for i in 0..<size { mean[i] += row[i] * scale }
      }
    }
  }

  /// 1 over the length of a frame's embedding [E]; 0 where it is all zeros, which has no direction.
  func inverseLength(of row: UnsafePointer<Float>) -> Float {
    var sum = 0.0
    for i in 0..<size { sum += Double(row[i]) * Double(row[i]) }
    return sum > 0 ? Float(1 / sum.squareRoot()) : 0
  }
}

extension TemporalHead {
  /// Writes the mean over t of x [videos, T, E] + added [videos, T, E] to out [videos, E]; `added` may be nil.
  func writeMeans(
    of x: UnsafePointer<Float>, plus added: UnsafePointer<Float>?, videos: Int,
    to out: UnsafeMutablePointer<Float>
  ) {
    let scale = 1 / Float(frames)
    for video in 0..<videos {
      let mean = out + video * size
      mean.update(repeating: 0, count: size)
      for t in 0..<frames {
        let place = (video * frames + t) * size
        let row = x + place
        if let added {
          let other = added + place
          for i in 0..<size { mean[i] += other[i] + row[i] }
        } else {
          for i in 0..<size { mean[i] += row[i] }
        }
      }
      for i in 0..<size { mean[i] *= scale }
    }
  }
}
