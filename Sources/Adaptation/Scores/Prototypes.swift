import Numerics
import System

extension ClipScores {
  /// Scores by prototypes: a label's score is the cosine with the mean of its clips.
  static func prototypes(_ rows: OrderedRows, pool: ThreadPool?) throws(Failure) -> ClipScores {
    let scores = try ClipScores(rows)
    let sums = try rows.labelSums()
    for column in 0..<rows.labelCount {
      let length = DenseVector.norm(sums.row(column), rows.embeddingSize)
      let (from, to) = (sums.row(column), scores.weights.row(column))
      for i in 0..<rows.embeddingSize { to[i] = length > 0 ? from[i] / length : 0 }
    }
    try scores.clipLeftOut.view.addProduct(rows.rows.view, scores.weights.view.transposed, pool: pool)
    scores.labelLeftOut.view.copy(scores.clipLeftOut.view)
    // A clip has its part in the prototype of its own label alone.
    let rest = try GrowingArray<Double>(uninitialized: rows.embeddingSize)
    for clip in 0..<rows.clipCount {
      let views = rows.clipRows(clip)
      let column = rows.columns[views.lowerBound]
      rest.base.update(from: sums.row(column), count: rows.embeddingSize)
      for row in views {
        let (x, weight) = (rows.row(row), rows.weights[row])
        for i in 0..<rows.embeddingSize { rest.base[i] -= weight * x[i] }
      }
      let length = DenseVector.norm(rest.base, rows.embeddingSize)
      for row in views {
        var cosine = Double.nan
        if rows.hasSiblings(row), length > 0 {
          cosine = DenseVector.dot(rows.row(row), rest.base, rows.embeddingSize) / length
        }
        scores.clipLeftOut[row, column] = cosine
      }
    }
    extendLifetime(sums)
    return scores
  }
}

extension OrderedRows {
  /// The sum of each label's clips, a clip being the mean of its views. [S, E]
  func labelSums() throws(Failure) -> DenseMatrix {
    let sums = try DenseMatrix(rows: labelCount, columns: embeddingSize)
    for row in 0..<count {
      let (x, sum, weight) = (rows.row(row), sums.row(columns[row]), weights[row])
      for i in 0..<embeddingSize { sum[i] += weight * x[i] }
    }
    return sums
  }
}
