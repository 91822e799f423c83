import Numerics
import System
import Training

/// The clips and texts of a pack, one text a clip.
final class PackedBatch: TrainingBatch {
  let labels: LabelSets
  private let pixels: FloatBuffer  // [B, T, 3, S, S]
  private let ids: GrowingArray<Int32>  // [B, C]

  init(pixels: FloatBuffer, tokens: FloatBuffer, labels: LabelSets) throws(Failure) {
    self.pixels = pixels
    self.labels = labels
    let ids = try GrowingArray<Int32>(uninitialized: tokens.count)
    for place in 0..<tokens.count {
      guard let id = Int32(exactly: tokens[place]) else {
        throw Failure(.invalid, "tokens has \(tokens[place])")
      }
      ids.base[place] = id
    }
    self.ids = ids
  }

  var textCount: Int { labels.count }
  var tokens: UnsafePointer<Int32> { UnsafePointer(ids.base) }

  func write(clip: Int, to target: UnsafeMutablePointer<Float>) throws(Failure) {
    let count = pixels.count / labels.count
    target.update(from: pixels.base + clip * count, count: count)
  }
}
