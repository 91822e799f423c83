import Numerics
import System

/// The latest T encoded frames of a stream. Only the step in progress uses it, and `Stream.reset` where there is none.
///
/// Where each frame is encoded once, its embedding is kept. Elsewhere its picture is kept, since each window is encoded
/// anew.
final class StreamHistory: @unchecked Sendable {
  private let frames: GrowingArray<SampledFrame>  // [T]; frame n is at n modulo T
  private let embeddings: FloatBuffer?  // [T, E], in the same places
  private let size: Int
  private let length: Int
  /// The number of frames encoded so far.
  private(set) var count: Int64 = 0
  /// The number of the first frame whose picture may still be kept.
  private var firstKept: Int64 = 0
  /// The number of the run whose frames the stream's causal state has seen; -1: no run's.
  var causalRun: Int64 = -1

  /// - Parameters:
  ///   - length: T.
  ///   - size: E.
  ///   - keepsEmbeddings: whether embeddings are kept rather than pictures.
  init(length: Int, size: Int, keepsEmbeddings: Bool) throws(Failure) {
    frames = try GrowingArray(uninitialized: length)
    embeddings = keepsEmbeddings ? try FloatBuffer(count: product([length, size], "frames")) : nil
    self.length = length
    self.size = size
  }

  var memory: Int { 4 * (embeddings?.count ?? 0) }
  var keepsPictures: Bool { embeddings == nil }

  private func place(_ number: Int64) -> Int { Int(number % Int64(length)) }

  /// The frame with this number, one of the latest T.
  func frame(_ number: Int64) -> SampledFrame { frames.base[place(number)] }

  /// The embedding [E] of the frame with this number, one of the latest T, where embeddings are kept.
  func embedding(_ number: Int64) -> UnsafePointer<Float>? {
    embeddings.map { UnsafePointer($0.base + place(number) * size) }
  }

  /// Adds the next frame, with its embedding where embeddings are kept. Where pictures are kept, `released` gets the
  /// picture of the frame that leaves.
  func append(_ frame: SampledFrame, _ embedding: UnsafePointer<Float>?, released: (Int32) -> Void) {
    let place = place(count)
    if keepsPictures, count - Int64(length) >= firstKept { released(frames.base[place].picture) }
    frames.base[place] = frame
    if let embeddings, let embedding {
      (embeddings.base + place * size).update(from: embedding, count: size)
    }
    count += 1
  }

  /// Gives up the pictures of all frames, because no window needs them any more: `released` gets each picture.
  func releasePictures(_ released: (Int32) -> Void) {
    guard keepsPictures else { return }
    let first = max(firstKept, count - Int64(length))
    for number in first..<max(first, count) { released(frame(number).picture) }
    firstKept = count
  }

  /// Begins anew; pictures must have been released.
  func reset() { (count, firstKept, causalRun) = (0, 0, -1) }
}
