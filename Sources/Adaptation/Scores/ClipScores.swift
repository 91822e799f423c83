import Numerics
import System

/// Scores of labels by their clips: linear in a video's embedding, one column for each label with examples. With them
/// come the scores that the support's rows get when they were not there, in closed form.
final class ClipScores: @unchecked Sendable {
  // Unchecked: whoever makes the scores fills them before it shares them.

  /// A video x scores weights · x + offsets. [S, E]
  let weights: DenseMatrix
  /// [S]
  var offsets: GrowingArray<Double>
  /// The score of each row with its clip left out. In the column of the row's own label stands NaN where the label has
  /// no other clip. [n, S]
  let clipLeftOut: DenseMatrix
  /// The score of each row with all clips of its label left out. The column of its own label is not defined. [n, S]
  let labelLeftOut: DenseMatrix

  init(_ rows: OrderedRows) throws(Failure) {
    weights = try DenseMatrix(rows: rows.labelCount, columns: rows.embeddingSize)
    offsets = try GrowingArray(repeating: 0, count: rows.labelCount)
    clipLeftOut = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
    labelLeftOut = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
  }

  /// The spread of scores of wrong labels.
  func wrong(_ rows: OrderedRows) -> Spread {
    var spread = Spread()
    for row in 0..<rows.count {
      let (own, scores) = (rows.columns[row], clipLeftOut.row(row))
      for column in 0..<rows.labelCount where column != own {
        spread.add(scores[column], weight: rows.weights[row])
      }
    }
    return spread
  }
}
