/// MeanP: the mean of a video's frame embeddings.
enum MeanPooling {
  /// out [E] = mean over t of (x [T, E] + added [T, E]); `added` may be nil.
  static func apply(
    _ x: UnsafePointer<Float>, plus added: UnsafePointer<Float>?, frames: Int, size: Int,
    to out: UnsafeMutablePointer<Float>
  ) {
    out.update(repeating: 0, count: size)
    for t in 0..<frames {
      let row = x + t * size
      if let added {
        let other = added + t * size
        for i in 0..<size { out[i] += other[i] + row[i] }
      } else {
        for i in 0..<size { out[i] += row[i] }
      }
    }
    let scale = 1 / Float(frames)
    for i in 0..<size { out[i] *= scale }
  }
}
