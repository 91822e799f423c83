import Glibc
import Numerics
import System

/// Ridge regression of one-hot labels on embeddings with a constant feature beside them, each clip counting once. The
/// hat matrix H gives the prediction for a block b of rows that were left out without another fit:
///
///     left out_b = y_b - (I - H_bb)^-1 (y_b - fitted_b)
///
/// which is exact for any quadratic penalty.
final class Ridge {
  private let rows: OrderedRows
  private let pool: ThreadPool?
  /// Embeddings, a constant 1, scaled by the root of the row's weight. [n, E + 1]
  private let features: DenseMatrix
  /// One-hot labels, scaled likewise. [n, S]
  private let targets: DenseMatrix
  /// features · features^T where there are fewer rows than features, else features^T · features.
  private let gram: DenseMatrix
  private let isDual: Bool

  init(_ rows: OrderedRows, pool: ThreadPool?) throws(Failure) {
    self.rows = rows
    self.pool = pool
    let (n, size) = (rows.count, rows.embeddingSize)
    features = try DenseMatrix(rows: n, columns: size + 1)
    targets = try DenseMatrix(rows: n, columns: rows.labelCount)
    for row in 0..<n {
      let (x, z, root) = (rows.row(row), features.row(row), rows.weights[row].squareRoot())
      for i in 0..<size { z[i] = root * x[i] }
      z[size] = root
      targets[row, rows.columns[row]] = root
    }
    isDual = n <= size + 1
    let order = isDual ? n : size + 1
    gram = try DenseMatrix(rows: order, columns: order)
    try gram.view.addGram(of: isDual ? features.view : features.view.transposed, pool: pool)
  }

  /// The fit at one strength of the penalty: residuals, and what stands in place of I - H.
  final class Fit {
    let ridge: Double
    /// targets - fitted. [n, S]
    fileprivate let residuals: DenseMatrix
    /// With fewer rows than features, the inverse of gram + ridge I [n, n], which is (I - H) / ridge; else
    /// L^-1 · features^T [E + 1, n], whose Gram matrix is H.
    fileprivate let leverage: DenseMatrix
    /// The factor L of gram + ridge I.
    fileprivate let factor: CholeskyFactor
    /// L^-1 · features^T · targets, where there are more rows than features. [E + 1, S]
    fileprivate let moments: DenseMatrix?
    /// The diagonal of I - H. [n]
    fileprivate var free: GrowingArray<Double>

    fileprivate init(
      ridge: Double, residuals: DenseMatrix, leverage: DenseMatrix, factor: CholeskyFactor,
      moments: DenseMatrix?
    ) throws(Failure) {
      (self.ridge, self.residuals, self.leverage) = (ridge, residuals, leverage)
      (self.factor, self.moments) = (factor, moments)
      free = try GrowingArray(repeating: 1, count: residuals.rows)
      if moments == nil {
        for row in 0..<residuals.rows { free[row] = ridge * leverage[row, row] }
        return
      }
      for i in 0..<leverage.rows {
        let (values, free) = (leverage.row(i), free.base)
        for row in 0..<residuals.rows { free[row] -= values[row] * values[row] }
      }
    }
  }

  func fit(_ ridge: Double) throws(Failure) -> Fit {
    let factor = try factor(gram, ridge)
    let (n, order) = (rows.count, features.columns)
    let residuals = try DenseMatrix(rows: n, columns: rows.labelCount)
    if isDual {
      let inverse = try factor.inverse(pool: pool)
      try residuals.view.addProduct(inverse.view, targets.view, scale: ridge, pool: pool)
      return try Fit(ridge: ridge, residuals: residuals, leverage: inverse, factor: factor, moments: nil)
    }
    let half = try DenseMatrix(rows: order, columns: n)
    half.view.copy(features.view.transposed)
    try factor.solveLower(half.view, pool: pool)
    let moments = try DenseMatrix(rows: order, columns: rows.labelCount)
    try moments.view.addProduct(half.view, targets.view, pool: pool)
    residuals.view.copy(targets.view)
    try residuals.view.addProduct(half.view.transposed, moments.view, scale: -1, pool: pool)
    return try Fit(ridge: ridge, residuals: residuals, leverage: half, factor: factor, moments: moments)
  }

  /// The Cholesky factor of features^T · features + ridge I, by which another clip is taken in. [E + 1, E + 1]
  func primalFactor(_ fit: Fit) throws(Failure) -> CholeskyFactor {
    if !isDual { return fit.factor }
    let gram = try DenseMatrix(rows: features.columns, columns: features.columns)
    try gram.view.addGram(of: features.view.transposed, pool: pool)
    return try factor(gram, fit.ridge)
  }

  private func factor(_ gram: DenseMatrix, _ ridge: Double) throws(Failure) -> CholeskyFactor {
    guard let factor = try CholeskyFactor(of: gram.view, ridge: ridge, pool: pool) else {
      throw Failure(.internal, "a ridge of \(ridge) leaves the Gram matrix singular")
    }
    return factor
  }

  /// The weights of a fit. [E + 1, S]
  private func weights(_ fit: Fit) throws(Failure) -> DenseMatrix {
    let weights = try DenseMatrix(rows: features.columns, columns: rows.labelCount)
    if let moments = fit.moments {
      weights.view.copy(moments.view)
      try fit.factor.solveUpper(weights.view, pool: pool)
    } else {
      try weights.view.addProduct(
        features.view.transposed, fit.residuals.view, scale: 1 / fit.ridge, pool: pool)
    }
    return weights
  }

  /// The strength among `ridges`, ascending, with the smallest squared error of clips that were left out: from the middle
  /// one on, as long as the error falls to one side; of equal ones the larger. Clips whose label has no other say nothing
  /// and do not count; if there are no others, the strength is 1.
  func best(of ridges: [Double]) throws(Failure) -> Fit {
    guard (0..<rows.labelCount).contains(where: { rows.clipCounts[$0] > 1 }) else { return try fit(1) }
    var index = ridges.count / 2
    var best = try fit(ridges[index])
    var smallest = try leftOutError(best)
    for step in [1, -1] {
      var moved = false
      while ridges.indices.contains(index + step) {
        let next = try fit(ridges[index + step])
        let error = try leftOutError(next)
        guard error < smallest || step > 0 && error == smallest else { break }
        (index, best, smallest, moved) = (index + step, next, error, true)
      }
      if moved { break }
    }
    return best
  }

  private func leftOutError(_ fit: Fit) throws(Failure) -> Double {
    let errors = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
    errors.view.copy(fit.residuals.view)
    var sum = 0.0
    for clip in 0..<rows.clipCount {
      let views = rows.clipRows(clip)
      guard rows.hasSiblings(views.lowerBound) else { continue }
      try leaveOut(views, fit, errors)
      for row in views {
        let error = errors.row(row)
        for column in 0..<rows.labelCount { sum += error[column] * error[column] }
      }
    }
    extendLifetime(errors)
    return sum
  }

  /// Turns the residuals of a block of rows in `errors` into those of a fit without these rows.
  private func leaveOut(_ block: Range<Int>, _ fit: Fit, _ errors: DenseMatrix) throws(Failure) {
    let size = block.count
    if size == 1 {
      let (error, free) = (errors.row(block.lowerBound), fit.free[block.lowerBound])
      for column in 0..<rows.labelCount { error[column] /= free }
      return
    }
    // A block larger than the features is cheaper to fit without than to take out.
    if !isDual, size > features.columns { return try refit(without: block, fit, errors) }
    let free = try DenseMatrix(rows: size, columns: size)
    if isDual {
      for (i, row) in block.enumerated() {
        for (j, other) in block.enumerated() { free[i, j] = fit.ridge * fit.leverage[row, other] }
      }
    } else {
      free.view.addToDiagonal(1)
      let columns = fit.leverage.view.block(rows: 0..<fit.leverage.rows, columns: block)
      try free.view.addGram(of: columns.transposed, scale: -1, pool: pool)
    }
    guard let factor = try CholeskyFactor(of: free.view, pool: pool) else {
      throw Failure(.internal, "clips that are left out take the fit with them")
    }
    try factor.solve(errors.view.rows(block), pool: pool)
  }

  /// Writes the residuals that a block of rows has with a fit to the other rows.
  private func refit(without block: Range<Int>, _ fit: Fit, _ errors: DenseMatrix) throws(Failure) {
    let rest = try DenseMatrix(rows: gram.rows, columns: gram.columns)
    rest.view.copy(gram.view)
    let own = features.view.rows(block)
    try rest.view.addGram(of: own.transposed, scale: -1, pool: pool)
    let factor = try factor(rest, fit.ridge)
    let weights = try DenseMatrix(rows: gram.rows, columns: rows.labelCount)
    try weights.view.addProduct(features.view.transposed, targets.view, pool: pool)
    try weights.view.addProduct(own.transposed, targets.view.rows(block), scale: -1, pool: pool)
    try factor.solve(weights.view, pool: pool)
    let residuals = errors.view.rows(block)
    residuals.copy(targets.view.rows(block))
    try residuals.addProduct(own, weights.view, scale: -1, pool: pool)
  }

  /// The scores of a fit, with those of clips and of labels that were left out.
  func scores(_ fit: Fit) throws(Failure) -> ClipScores {
    let scores = try ClipScores(rows)
    let (size, weights) = (rows.embeddingSize, try weights(fit))
    for column in 0..<rows.labelCount {
      for i in 0..<size { scores.weights[column, i] = weights[i, column] }
      scores.offsets[column] = weights[size, column]
    }
    scores.clipLeftOut.view.copy(fit.residuals.view)
    for clip in 0..<rows.clipCount { try leaveOut(rows.clipRows(clip), fit, scores.clipLeftOut) }
    scores.labelLeftOut.view.copy(fit.residuals.view)
    for column in 0..<rows.labelCount { try leaveOut(rows.labelRows(column), fit, scores.labelLeftOut) }
    for row in 0..<rows.count {
      let (target, root) = (targets.row(row), rows.weights[row].squareRoot())
      let (clip, label) = (scores.clipLeftOut.row(row), scores.labelLeftOut.row(row))
      for column in 0..<rows.labelCount {
        clip[column] = (target[column] - clip[column]) / root
        label[column] = (target[column] - label[column]) / root
      }
      if !rows.hasSiblings(row) { clip[rows.columns[row]] = .nan }
    }
    return scores
  }
}
