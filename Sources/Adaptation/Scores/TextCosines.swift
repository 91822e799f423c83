import Glibc
import Numerics
import System

/// Cosines of the support's rows with the texts of all labels, and how those of wrong labels are spread.
final class TextCosines: @unchecked Sendable {
  // Unchecked: nothing writes to the matrix after `init`.

  /// [n, C]
  let all: DenseMatrix
  /// Whether a label has examples. [C]
  private(set) var hasExamples = GrowingArray<Bool>()
  /// log(sum of exp(scale · cosine)) over the labels without examples; -infinity if there are none. [n]
  private(set) var logSumsOfOthers = GrowingArray<Double>()
  /// The factor that makes logits of cosines.
  let scale: Double
  /// The cosines of wrong labels: their mean and standard deviation over rows and labels.
  let wrong: Spread

  var labelCount: Int { all.columns }

  /// - Parameter texts: a text embedding of unit length for each label. [C, E]
  init(_ rows: OrderedRows, texts: DenseMatrix, scale: Double, pool: ThreadPool?) throws(Failure) {
    self.scale = scale
    all = try DenseMatrix(rows: rows.count, columns: texts.rows)
    try all.view.addProduct(rows.rows.view, texts.view.transposed, pool: pool)
    hasExamples = try GrowingArray(repeating: false, count: texts.rows)
    for column in 0..<rows.labelCount { hasExamples[rows.labels[column]] = true }
    var spread = Spread()
    for row in 0..<rows.count {
      let (own, cosines) = (rows.labels[rows.columns[row]], all.row(row))
      for label in 0..<texts.rows where label != own { spread.add(cosines[label], weight: rows.weights[row]) }
    }
    wrong = spread
    logSumsOfOthers = try GrowingArray(uninitialized: rows.count)
    for row in 0..<rows.count { logSumsOfOthers[row] = logSumOfOthers(row) }
  }

  private func logSumOfOthers(_ row: Int) -> Double {
    let cosines = all.row(row)
    var peak = -Double.infinity
    for label in 0..<labelCount where !hasExamples[label] { peak = max(peak, cosines[label]) }
    guard peak > -Double.infinity else { return peak }
    var sum = 0.0
    for label in 0..<labelCount where !hasExamples[label] { sum += exp(scale * (cosines[label] - peak)) }
    return scale * peak + log(sum)
  }
}

/// The mean and the standard deviation of weighted numbers.
struct Spread {
  private var weight = 0.0
  private var sum = 0.0
  private var squares = 0.0

  mutating func add(_ number: Double, weight: Double) {
    self.weight += weight
    sum += weight * number
    squares += weight * number * number
  }

  /// Nil of no numbers.
  var mean: Double? { weight > 0 ? sum / weight : nil }

  /// At least 1e-6, for it divides. Nil of no numbers.
  var deviation: Double? {
    guard let mean else { return nil }
    return max(max(squares / weight - mean * mean, 0).squareRoot(), 1e-6)
  }
}
