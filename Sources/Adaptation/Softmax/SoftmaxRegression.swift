import Glibc
import Numerics
import System

/// Softmax regression whose weights are held to the texts (the objective of CLAP, arXiv 2312.12730):
///
///     mean over clips of -log softmax(scale · x · w)[label]  +  anchor · sum over c of λ_c |w_c - t_c|^2
///
/// λ_c is the mean probability that the words alone give to the right label over the clips of label c, so a label whose
/// words say nothing is free. Labels without examples keep w_c = t_c. The objective is strictly convex in the
/// differences d_c = w_c - t_c of labels with examples.
final class SoftmaxRegression {
  /// Folds of clips, and of labels, that are left out together.
  static let folds = 5
  /// λ_c is at least this, so that the objective is strictly convex for words that are never right.
  private static let leastConfidence = 1e-3
  private static let evaluationLimit = 500

  private let rows: OrderedRows
  private let texts: TextCosines
  private let scale: Double
  private let pool: ThreadPool?
  /// anchor · λ_c. [S]
  private let anchors: GrowingArray<Double>
  /// The number of each row's fold of clips. [n]
  private let clipFolds: GrowingArray<Int>
  /// scale · x · d. [n, S]
  private let changes: DenseMatrix

  init(
    _ rows: OrderedRows, _ texts: TextCosines, anchor: Double, pool: ThreadPool?
  ) throws(Failure) {
    (self.rows, self.texts, self.scale, self.pool) = (rows, texts, texts.scale, pool)
    var confidence = try GrowingArray<Double>(repeating: 0, count: rows.labelCount)
    for row in 0..<rows.count {
      let (column, cosines) = (rows.columns[row], texts.all.row(row))
      var sum = 0.0
      var peak = -1.0
      for label in 0..<texts.labelCount { peak = max(peak, cosines[label]) }
      for label in 0..<texts.labelCount { sum += exp(scale * (cosines[label] - peak)) }
      let right = exp(scale * (cosines[rows.labels[column]] - peak)) / sum
      confidence[column] += rows.weights[row] * right / Double(rows.clipCounts[column])
    }
    for column in 0..<rows.labelCount {
      confidence[column] = anchor * max(confidence[column], SoftmaxRegression.leastConfidence)
    }
    anchors = confidence
    let folds = try GrowingArray<Int>(uninitialized: rows.count)
    for clip in 0..<rows.clipCount {
      for row in rows.clipRows(clip) { folds.base[row] = clip % SoftmaxRegression.folds }
    }
    clipFolds = folds
    changes = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
  }

  /// Rows and labels that a fit does without.
  private enum LeftOut {
    case nothing
    case clips(fold: Int)
    case labels(fold: Int)
  }

  private func isLeftOut(_ row: Int, _ leftOut: LeftOut) -> Bool {
    switch leftOut {
    case .nothing: false
    case .clips(let fold): clipFolds[row] == fold
    case .labels: isFixed(rows.columns[row], leftOut)
    }
  }

  /// Whether a label keeps its words, since all of its clips are left out.
  private func isFixed(_ column: Int, _ leftOut: LeftOut) -> Bool {
    if case .labels(let fold) = leftOut { return column % SoftmaxRegression.folds == fold }
    return false
  }

  /// The differences d that minimise the objective, and those of each fold's fit as scores that were left out.
  func scores() throws(Failure) -> ClipScores {
    let scores = try ClipScores(rows)
    let whole = try minimum(.nothing, from: nil)
    let fold = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
    for index in 0..<SoftmaxRegression.folds {
      for leftOut in [LeftOut.clips(fold: index), .labels(fold: index)] {
        if case .labels = leftOut, texts.labelCount == rows.labelCount { continue }
        let differences = try minimum(leftOut, from: whole)
        fold.view.clear()
        try fold.view.addProduct(
          rows.rows.view, differences.view.transposed, scale: scale, pool: pool)
        for row in 0..<rows.count where isLeftOut(row, leftOut) {
          let target: DenseMatrix
          if case .clips = leftOut { target = scores.clipLeftOut } else { target = scores.labelLeftOut }
          target.row(row).update(from: fold.row(row), count: rows.labelCount)
        }
      }
    }
    for column in 0..<rows.labelCount {
      let (from, to) = (whole.row(column), scores.weights.row(column))
      for i in 0..<rows.embeddingSize { to[i] = scale * from[i] }
    }
    extendLifetime(fold)
    extendLifetime(whole)
    return scores
  }

  /// The differences that minimise the objective without what is left out. [S, E]
  private func minimum(_ leftOut: LeftOut, from start: DenseMatrix?) throws(Failure) -> DenseMatrix {
    let size = rows.embeddingSize
    let point = try DenseMatrix(rows: rows.labelCount, columns: size)
    let gradient = try DenseMatrix(rows: rows.labelCount, columns: size)
    let flat = try GrowingArray<Double>(repeating: 0, count: rows.labelCount * size)
    var clips = 0.0
    for row in 0..<rows.count where !isLeftOut(row, leftOut) { clips += rows.weights[row] }
    guard clips > 0 else { return point }
    if let start {
      for column in 0..<rows.labelCount where !isFixed(column, leftOut) {
        (flat.base + column * size).update(from: start.row(column), count: size)
      }
    }
    var minimiser = try LimitedMemoryBFGS(count: rows.labelCount * size)
    let tolerance = start == nil ? 1e-7 : 1e-5
    _ = try minimiser.minimise(flat.base, tolerance: tolerance, limit: SoftmaxRegression.evaluationLimit) {
      (x, to) throws(Failure) in
      for column in 0..<rows.labelCount { point.row(column).update(from: x + column * size, count: size) }
      let value = try evaluate(point, gradient, clips: clips, leftOut)
      for column in 0..<rows.labelCount {
        (to + column * size).update(from: gradient.row(column), count: size)
      }
      return value
    }
    for column in 0..<rows.labelCount {
      point.row(column).update(from: flat.base + column * size, count: size)
    }
    return point
  }

  private func evaluate(
    _ point: DenseMatrix, _ gradient: DenseMatrix, clips: Double, _ leftOut: LeftOut
  ) throws(Failure) -> Double {
    changes.view.clear()
    try changes.view.addProduct(rows.rows.view, point.view.transposed, scale: scale, pool: pool)
    var value = 0.0
    for row in 0..<rows.count {
      let residuals = changes.row(row)
      guard !isLeftOut(row, leftOut) else {
        for column in 0..<rows.labelCount { residuals[column] = 0 }
        continue
      }
      value += rows.weights[row] / clips * loss(row, residuals, weight: rows.weights[row] / clips)
      for column in 0..<rows.labelCount where isFixed(column, leftOut) { residuals[column] = 0 }
    }
    gradient.view.clear()
    try gradient.view.addProduct(changes.view.transposed, rows.rows.view, scale: scale, pool: pool)
    for column in 0..<rows.labelCount {
      let (d, g, anchor) = (point.row(column), gradient.row(column), anchors[column])
      for i in 0..<rows.embeddingSize {
        value += anchor * d[i] * d[i]
        g[i] += 2 * anchor * d[i]
      }
    }
    return value
  }

  /// -log p(label) of a row; turns its changes of logits into `weight` · (p - one-hot).
  private func loss(_ row: Int, _ changes: UnsafeMutablePointer<Double>, weight: Double) -> Double {
    let cosines = texts.all.row(row)
    let others = texts.logSumsOfOthers[row]
    var peak = others
    for column in 0..<rows.labelCount {
      changes[column] += scale * cosines[rows.labels[column]]
      peak = max(peak, changes[column])
    }
    let own = changes[rows.columns[row]]
    var sum = exp(others - peak)
    for column in 0..<rows.labelCount {
      changes[column] = exp(changes[column] - peak)
      sum += changes[column]
    }
    for column in 0..<rows.labelCount { changes[column] *= weight / sum }
    changes[rows.columns[row]] -= weight
    return log(sum) + peak - own
  }
}
