import Numerics
import System

extension ExampleSet {
  /// A set from a file, checked.
  /// - Parameters:
  ///   - clips: the id of each clip and the index of its label, [clips, 2].
  ///   - clipOfRow: the clip of each embedding, [n].
  ///   - embeddings: of unit length, [n, E].
  convenience init(
    labels: TextList, clips: borrowing GrowingArray<Int64>, clipOfRow: borrowing GrowingArray<Int64>,
    _ embeddings: FloatBuffer, size: Int
  ) throws(Failure) {
    let count = clips.count / 2
    // Far from the ends, so that the next id is one.
    let ids = -(1 << 62)...Int64.max
    for clip in 0..<count {
      guard ids.contains(clips[2 * clip]), (0..<Int64(labels.count)).contains(clips[2 * clip + 1]) else {
        throw .invalid("clip \(clip) of the file has no sound id or label")
      }
    }
    for row in 0..<clipOfRow.count {
      guard (0..<Int64(count)).contains(clipOfRow[row]) else {
        throw .invalid("example \(row) of the file belongs to no clip")
      }
      var square = 0.0
      let embedding = embeddings.base + row * size
      for i in 0..<size { square += Double(embedding[i]) * Double(embedding[i]) }
      guard abs(square - 1) < 1e-3 else {
        throw .invalid("example \(row) of the file has no embedding of length 1")
      }
    }
    extendLifetime(embeddings)
    var given = try GrowingArray<ExampleClip>(capacity: count)
    for clip in 0..<count {
      try given.append(
        ExampleClip(id: clips[2 * clip], label: Int(clips[2 * clip + 1]), views: 0, lastRow: -1))
    }
    var rows = try GrowingArray<Int>(capacity: clipOfRow.count)
    for row in 0..<clipOfRow.count { try rows.append(Int(clipOfRow[row])) }
    try self.init(labels: labels, clips: given, clipOfRow: rows, embeddings, size: size)
    for clip in 0..<count where self.clips[clip].views == 0 || self.clip(self.clips[clip].id) != clip {
      throw .invalid("clip \(clip) of the file has no embedding, or the id of another")
    }
  }
}
