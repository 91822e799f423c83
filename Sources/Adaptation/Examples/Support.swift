import Numerics
import System

/// Labelled embeddings of videos at one moment, as a fit takes them. It never changes, and any number of threads may
/// read it.
public final class Support: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  /// Embeddings of unit length. [n, E]
  public let rows: FloatBuffer
  /// The label of each row. [n]
  public let labels: GrowingArray<Int>
  /// The clip of each row: rows that share a number are views of one clip, and are left out together. [n]
  public let clips: GrowingArray<Int64>
  public let embeddingSize: Int

  public var count: Int { labels.count }

  public init(
    rows: FloatBuffer, labels: consuming GrowingArray<Int>, clips: consuming GrowingArray<Int64>,
    embeddingSize: Int
  ) {
    precondition(labels.count == clips.count && rows.count >= labels.count * embeddingSize)
    self.rows = rows
    self.labels = labels
    self.clips = clips
    self.embeddingSize = embeddingSize
  }
}
