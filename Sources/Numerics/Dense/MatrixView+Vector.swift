import CKernels
import System

extension MatrixView {
  /// Adds scale · self · x to y, for vectors x [columns] and y [rows]. The bits are the same for any number of threads.
  public func multiply(
    _ x: UnsafePointer<Double>, addingTo y: UnsafeMutablePointer<Double>, scale: Double = 1,
    pool: ThreadPool? = nil
  ) {
    defer { withExtendedLifetime(self) {} }
    let share = max(64, (1 << 19) / max(columns, 1))  // rows of a task
    pool.share(rows, share) { part, _ in
      if elements.columnStride == 1 {
        for row in part { y[row] += scale * ckernels_dense_dot(columns, elements.at(row, 0), x) }
      } else {
        for column in 0..<columns {
          ckernels_dense_add_scaled(
            part.count, scale * x[column], elements.at(part.lowerBound, column), y + part.lowerBound)
        }
      }
    }
  }
}
