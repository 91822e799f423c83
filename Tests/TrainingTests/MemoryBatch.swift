import Numerics
import System

@testable import Training

/// A batch whose clips lie in memory.
struct MemoryBatch: TrainingBatch {
  let pixels: [Float]
  let ids: FloatBuffer  // their memory, which holds the ids
  let labels: LabelSets
  let textCount: Int

  init(pixels: [Float], tokens: [Int32], labels: LabelSets, textCount: Int) throws {
    self.pixels = pixels
    ids = try FloatBuffer(count: tokens.count)
    let start = UnsafeMutableRawPointer(ids.base).bindMemory(to: Int32.self, capacity: tokens.count)
    for (i, id) in tokens.enumerated() { start[i] = id }
    self.labels = labels
    self.textCount = textCount
  }

  var tokens: UnsafePointer<Int32> {
    UnsafePointer(UnsafeMutableRawPointer(ids.base).assumingMemoryBound(to: Int32.self))
  }

  func write(clip: Int, to target: UnsafeMutablePointer<Float>) throws(Failure) {
    let count = pixels.count / labels.count
    pixels.withUnsafeBufferPointer {
      guard let start = $0.baseAddress else { return }
      target.update(from: start + clip * count, count: count)
    }
  }
}
