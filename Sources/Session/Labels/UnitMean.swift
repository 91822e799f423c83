import Glibc
import Model
import Numerics
import System

/// Weighted means of text embeddings of unit length, themselves scaled to unit length: one embedding for each label.
struct UnitMean: ~Copyable {
  private let size: Int
  /// The weighted sums, [labels, E].
  private var sums: GrowingArray<Double>

  init(labels: Int, size: Int) throws(Failure) {
    self.size = size
    let count = try product([labels, size], "labels")
    do { sums = try GrowingArray(repeating: 0, count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }

  /// Adds an embedding [E], scaled to unit length, to a label's sum.
  func add(_ embedding: UnsafePointer<Float>, to label: Int, weight: Float) {
    let length = UnitMean.length(of: size) { Double(embedding[$0]) }
    guard length > 0, weight > 0 else { return }
    let factor = Double(weight) / length
    let sum = sums.base + label * size
    for i in 0..<size { sum[i] += factor * Double(embedding[i]) }
  }

  /// Adds embeddings [rows, labels, E], with the weight of each row; nil: 1.
  func add(_ embeddings: UnsafePointer<Float>, rows: Int, _ weights: TemplateWeights?) {
    let labels = sums.count / size
    for row in 0..<rows {
      for label in 0..<labels {
        add(embeddings + (row * labels + label) * size, to: label, weight: weights?[row] ?? 1)
      }
    }
  }

  /// Writes every label's mean to out [labels, E].
  func write(to out: UnsafeMutablePointer<Float>) {
    for start in stride(from: 0, to: sums.count, by: size) {
      let sum = sums.base + start
      let length = UnitMean.length(of: size) { sum[$0] }
      // Texts that point in opposite directions have a mean of zeros, which scores as cosine 0.
      for i in 0..<size { out[start + i] = length > 0 ? Float(sum[i] / length) : 0 }
    }
  }

  private static func length(of size: Int, _ number: (Int) -> Double) -> Double {
    var sum = 0.0
    for i in 0..<size { sum += number(i) * number(i) }
    return sum.squareRoot()
  }
}
