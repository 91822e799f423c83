import Numerics
import System

/// The score by clips, with the sums that it is made of: enough to take in another clip, without any clip itself.
final class ClipSums: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  /// The labels with examples, in the order of columns. [S]
  let labels: GrowingArray<Int>
  /// A video x scores weights · x + offsets. [S, E]
  let weights: DenseMatrix
  /// [S]
  let offsets: GrowingArray<Double>
  /// Sums for an update; nil of softmax regression.
  private let sums: Sums?

  private enum Sums {
    /// The sum of each label's clips, whose direction is the prototype. [S, E]
    case prototypes(DenseMatrix)
    /// The Cholesky factor of the Gram matrix of embeddings with a constant 1, and ridge · I. [E + 1, E + 1]
    case ridge(CholeskyFactor)
  }

  /// Nil of words alone.
  convenience init?(_ candidate: Candidate, _ rows: OrderedRows) throws(Failure) {
    guard let scores = candidate.scores else { return nil }
    var sums: Sums?
    if candidate.method == .prototypes { sums = .prototypes(try rows.labelSums()) }
    if let (ridge, fit) = candidate.regression { sums = .ridge(try ridge.primalFactor(fit)) }
    let labels = try GrowingArray<Int>(uninitialized: rows.labelCount)
    let offsets = try GrowingArray<Double>(uninitialized: rows.labelCount)
    for column in 0..<rows.labelCount {
      labels.base[column] = rows.labels[column]
      offsets.base[column] = scores.offsets[column]
    }
    self.init(labels: labels, weights: scores.weights, offsets: offsets, sums: sums)
  }

  private init(
    labels: consuming GrowingArray<Int>, weights: DenseMatrix, offsets: consuming GrowingArray<Double>,
    sums: Sums?
  ) {
    self.labels = labels
    self.weights = weights
    self.offsets = offsets
    self.sums = sums
  }

  /// The sums of a file, which were checked.
  convenience init(_ saved: borrowing SavedFit, embeddingSize: Int) throws(Failure) {
    let count = saved.labels.count
    let labels = try GrowingArray<Int>(uninitialized: count)
    labels.base.update(from: saved.labels.base, count: count)
    let offsets = try GrowingArray<Double>(uninitialized: count)
    offsets.base.update(from: saved.offsets.base, count: count)
    let weights = try DenseMatrix(saved.weights.view, rows: count, columns: embeddingSize)
    let sums: Sums? =
      switch saved.method {
      case .prototypes:
        .prototypes(try DenseMatrix(saved.sums.view, rows: count, columns: embeddingSize))
      case .ridge: .ridge(try CholeskyFactor(packedLower: saved.sums.view, order: embeddingSize + 1))
      default: nil
      }
    self.init(labels: labels, weights: weights, offsets: offsets, sums: sums)
  }

  /// Writes labels, weights, offsets and sums.
  func save(to saved: inout SavedFit) throws(Failure) {
    try saved.labels.append(contentsOf: labels.view)
    try saved.offsets.append(contentsOf: offsets.view)
    try weights.append(to: &saved.weights)
    switch sums {
    case .prototypes(let sums): try sums.append(to: &saved.sums)
    case .ridge(let factor):
      let lower = factor.lower
      for row in 0..<factor.order {
        for column in 0...row { try saved.sums.append(lower[row, column]) }
      }
    case nil: break
    }
  }

  /// The sums with one more clip of unit length; nil of softmax regression.
  func adding(
    _ row: UnsafePointer<Float>, label: Int, ridge: Double?
  ) throws(Failure) -> ClipSums? {
    guard let sums else { return nil }
    let size = weights.columns
    let known = (0..<labels.count).first { self.labels[$0] == label }
    let column = known ?? labels.count
    let count = max(labels.count, column + 1)
    var labels = try GrowingArray<Int>(capacity: count)
    var offsets = try GrowingArray<Double>(capacity: count)
    for old in 0..<self.labels.count {
      try labels.append(self.labels[old])
      try offsets.append(self.offsets[old])
    }
    if known == nil {
      try labels.append(label)
      try offsets.append(0)
    }
    let weights = try self.weights.copy(rows: count)
    switch sums {
    case .prototypes(let old):
      let sums = try old.copy(rows: count)
      let sum = sums.row(column)
      for i in 0..<size { sum[i] += Double(row[i]) }
      let (length, weight) = (DenseVector.norm(sum, size), weights.row(column))
      for i in 0..<size { weight[i] = length > 0 ? sum[i] / length : 0 }
      return ClipSums(labels: labels, weights: weights, offsets: offsets, sums: .prototypes(sums))
    case .ridge(let old):
      let factor = try CholeskyFactor(copying: old)
      let feature = try GrowingArray<Double>(uninitialized: size + 1)
      for i in 0..<size { feature.base[i] = Double(row[i]) }
      feature.base[size] = 1
      try factor.update(adding: feature.base)
      // w += A^-1 z (y - z · w), with A after the update (Sherman and Morrison).
      let direction = try GrowingArray<Double>(uninitialized: size + 1)
      direction.base.update(from: feature.base, count: size + 1)
      factor.solveLower(direction.base)
      factor.solveUpper(direction.base)
      for other in 0..<count {
        let weight = weights.row(other)
        let score = DenseVector.dot(weight, feature.base, size) + offsets[other]
        let error = (other == column ? 1 : 0) - score
        DenseVector.add(error, direction.base, to: weight, size)
        offsets[other] += error * direction.base[size]
      }
      extendLifetime(feature)
      return ClipSums(labels: labels, weights: weights, offsets: offsets, sums: .ridge(factor))
    }
  }
}

extension DenseMatrix {
  /// A matrix of these numbers, row by row.
  fileprivate convenience init(
    _ numbers: UnsafeBufferPointer<Double>, rows: Int, columns: Int
  ) throws(Failure) {
    try self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns { self[row, column] = numbers[row * columns + column] }
    }
  }

  /// Appends the numbers, row by row.
  fileprivate func append(to numbers: inout GrowingArray<Double>) throws(Failure) {
    for row in 0..<rows {
      try numbers.append(contentsOf: UnsafeBufferPointer(start: self.row(row), count: columns))
    }
  }

  /// A copy with zeros in the rows beyond these. [rows, columns]
  fileprivate func copy(rows: Int) throws(Failure) -> DenseMatrix {
    let copy = try DenseMatrix(rows: rows, columns: columns)
    copy.view.rows(0..<self.rows).copy(view)
    return copy
  }
}
