import Numerics
import System

/// MeanP: the mean of a video's frame embeddings. Joint models have it too: with one embedding per video, which is its
/// own mean.
struct MeanHead: TemporalHead {
  static let kind = TemporalHeadKind(1, "MeanP")
  static let recognisedBy: String? = nil

  let frames: Int
  let size: Int

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    frames = c.frameRowsPerVideo
    size = c.embeddingSize
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Void,
    _ pool: ThreadPool
  ) throws(Failure) {
    writeMeans(of: x, plus: nil, videos: videos, to: out)
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
