import CKernels

/// Arithmetic with vectors of doubles, by the kernels that matrices use.
public enum DenseVector {
  /// The sum of a[i] · b[i].
  public static func dot(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    ckernels_dense_dot(count, a, b)
  }

  /// The length of a vector.
  public static func norm(_ a: UnsafePointer<Double>, _ count: Int) -> Double {
    dot(a, a, count).squareRoot()
  }

  /// Adds scale · x to y.
  public static func add(
    _ scale: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    ckernels_dense_add_scaled(count, scale, x, y)
  }
}
