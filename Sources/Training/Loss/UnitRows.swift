import Numerics
import System

/// Embeddings scaled to unit length, in doubles, and the gradient of that.
struct UnitRows {
  let unit: DenseMatrix  // [count, size]
  /// The length of each embedding, [count, 1]; 0 for an embedding of zeros, which stays as it is.
  private let lengths: DenseMatrix

  init(_ rows: UnsafePointer<Float>, count: Int, size: Int) throws(Failure) {
    unit = try DenseMatrix(rows: count, columns: size, floats: rows, stride: size)
    lengths = try DenseMatrix(rows: count, columns: 1)
    for row in 0..<count {
      let own = unit.row(row)
      let length = DenseVector.norm(own, size)
      lengths.row(row)[0] = length
      guard length > 0 else { continue }
      for i in 0..<size { own[i] /= length }
    }
  }

  /// Writes the gradient of the embeddings, from that of the unit rows, to `out` [count, size]. An embedding of zeros
  /// has none.
  func writeGradient(_ gradient: DenseMatrix, to out: UnsafeMutablePointer<Float>) {
    let size = unit.columns
    for row in 0..<unit.rows {
      let (own, g, to) = (unit.row(row), gradient.row(row), out + row * size)
      let (along, length) = (DenseVector.dot(own, g, size), lengths.row(row)[0])
      for i in 0..<size { to[i] = length > 0 ? Float((g[i] - own[i] * along) / length) : 0 }
    }
    extendLifetime((self, gradient))
  }
}
