import System

/// A tokenizer of pieces that are no byte pairs of CLIP's: SigLIP's. Immutable after loading.
protocol PieceModel: AnyObject, Sendable {
  /// The number of ids that texts can have.
  var count: Int { get }
  /// The id of the mark at the end of a text.
  var endOfText: Int32 { get }
  /// The id that fills a row after the end of its text.
  var padding: Int32 { get }

  /// Appends the ids of a text, without the mark at its end. Fails if the text is not UTF-8, or too long.
  func append(_ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>) throws(Failure)

  /// Appends a tokenizer file that gives the same ids.
  func write(to file: inout GrowingArray<UInt8>) throws(Failure)
}

extension PieceModel {
  /// Refuses a vocabulary of another size than the model's, `size`. A model's table of embeddings may be filled up to a
  /// multiple of 128 rows.
  func check(vocabularySize size: Int?) throws(Failure) {
    guard let size, count > size || size - count >= 128 else { return }
    throw Failure(
      .vocabularyMismatch, "the tokenizer has \(count) tokens, but the model's vocabulary has \(size)")
  }

  /// Writes the row of a text for the text encoder: its ids, as many as there is room for, the mark at the end, and
  /// padding up to the row's end. A row has room for at least two ids.
  func encodeRow(_ ids: UnsafeBufferPointer<Int32>, into row: UnsafeMutableBufferPointer<Int32>) {
    let kept = min(ids.count, row.count - 1)
    for index in 0..<kept { row[index] = ids[index] }
    row[kept] = endOfText
    for index in kept + 1..<row.count { row[index] = padding }
  }
}
